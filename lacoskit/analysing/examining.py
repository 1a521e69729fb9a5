"""Each analysis for each model: its texts made once, each text encoded once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lacoskit.analysing.config import AnalyseConfig
from lacoskit.components import Role
from lacoskit.errors import LacoskitError, NotTold
from lacoskit.evaluating.vectors import KeptVectors, kept_in
from lacoskit.findings import Findings
from lacoskit.models import TextModel, open_model

log = logging.getLogger("lacoskit.analyse")


@dataclass(frozen=True)
class Examination:
    """What was found out about a model."""

    model: str
    """Its reference."""
    fingerprint: str
    dimensions: int
    findings: Mapping[str, Findings]
    """By the name of the analysis."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Analyses that could not be made of this model, and why."""
    failed: bool = False
    """Whether one of them should have been possible, or the model could not be opened (no fingerprint then)."""


def analyse(config: AnalyseConfig, keep: Callable[[Sequence[Examination]], None] | None = None) -> list[Examination]:
    """Examine every model by every analysis; mistakes are looked for before, by its `problems`.

    What fails is left out and told, and the others go on. `keep` is given what there is so far after each model.
    """
    data = {name: section.component.load(section.options) for name, section in config.analyses.items()}
    folder = kept_in(config.keep_vectors)
    found: list[Examination] = []
    for reference in config.models:
        try:
            found.append(_examination(open_model(reference), config, data, folder))
        except LacoskitError as error:
            why = str(error).removeprefix(f"{reference}: ")
            log.error("%s: %s", reference, why)
            found.append(Examination(reference, "", 0, {}, dict.fromkeys(config.analyses, why), failed=True))
        if keep is not None:
            keep(found)
    return found


class _Model:
    """What an analysis is given: vectors that are computed once, and layers."""

    def __init__(self, model: TextModel, folder: Path | None) -> None:
        self.model, self.vectors = model, KeptVectors(model, folder)

    def __call__(self, texts: Sequence[str], role: Role | None) -> NDArray[np.float32]:
        return self.vectors(texts, role)

    def layers(self, texts: Sequence[str], role: Role | None) -> NDArray[np.float32]:
        return self.model.layers(texts, role)


def _examination(
    model: TextModel, config: AnalyseConfig, data: Mapping[str, object], folder: Path | None
) -> Examination:
    findings: dict[str, Findings] = {}
    left_out: dict[str, str] = {}
    failed = False
    examined = _Model(model, folder)
    for name, section in config.analyses.items():
        try:
            found = findings[name] = section.component.examine(data[name], examined)
        except LacoskitError as error:
            left_out[name] = str(error)
            failed |= not isinstance(error, NotTold)  # which is the model's nature
            log.warning("%s is left out: %s", name, error)
            continue
        log.info("%s: %s, of %s texts", model.name, name, f"{found.texts:,}")
    return Examination(model.name, model.fingerprint, model.dimensions, findings, left_out, failed)
