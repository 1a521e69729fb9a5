"""Results as mteb keeps them: results/MODEL/REVISION/TASK.json, which `mteb.ResultCache(folder)` reads.

The revision is the hash of all that decides a model's vectors, so that a result is never taken for that of another
model, not even of one with the same name. mteb itself is not needed to write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lacoskit.evaluating.measuring import Evaluation, Measured
from lacoskit.evaluating.mteb_encoder import model_meta
from lacoskit.languages import UNKNOWN, mteb_code
from lacoskit.storage import write_json

OWN_DATA = "local"
"""The revision of a data set that nobody has numbered."""


def write_mteb_files(evaluation: Evaluation, folder: Path) -> None:
    """Write a file for each model and task, and one about each model, in the place of any that are there."""
    for about in evaluation.models:
        meta = model_meta(about.reference, about.fingerprint, about.dimensions)
        place = folder / "results" / meta["name"].replace("/", "__") / meta["revision"]
        place.mkdir(parents=True, exist_ok=True)
        write_json(place / "model_meta.json", meta)
        for name, record in _records(evaluation.of(about.reference)).items():
            write_json(place / f"{name}.json", record)


def _records(measured: Sequence[Measured]) -> dict[str, Mapping[str, Any]]:
    """All that was measured of a model by the names of tasks: mteb's own as they are, ours beside them.

    What mteb has measured of one task in several parts, by language for instance, becomes one again.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for record in (record for one in measured for record in one.result.records):
        name = str(record["task_name"])
        found[name] = _joined(found[name], record) if name in found else record
    for one in measured:
        if not one.result.records:
            name = _unlike(re.sub(r'[/\\:*?"<>|]', "_", one.task), found)
            found[name] = _record(one, name)
    return found


def _joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    """The scores of both; of a part that both have, those of the later."""
    scores: dict[str, list[Mapping[str, Any]]] = {}
    for split in {**one["scores"], **other["scores"]}:
        parts = [*one["scores"].get(split, ()), *other["scores"].get(split, ())]
        scores[split] = list({part["hf_subset"]: part for part in parts}.values())
    return {**one, "scores": scores}


def _record(one: Measured, name: str) -> Mapping[str, Any]:
    scores = {
        **one.result.figures,
        "main_score": one.value,
        "hf_subset": "default",
        "languages": [mteb_code(code) for code in one.result.languages] or [UNKNOWN],
    }
    return {
        "dataset_revision": OWN_DATA,
        "task_name": name,
        "mteb_version": None,
        "scores": {"test": [scores]},
        "evaluation_time": one.seconds,
        "kg_co2_emissions": None,
    }


def _unlike(name: str, taken: Mapping[str, Any]) -> str:
    """A name that no other has: a set of one's own must not pass for mteb's task of the same name."""
    while name in taken:
        name += "-own"
    return name
