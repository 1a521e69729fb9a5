"""Findings as JSON, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from lacoskit.analysing.config import AnalyseConfig
from lacoskit.analysing.examining import Examination
from lacoskit.errors import LacoskitError
from lacoskit.findings import Curve, Findings, Matrix, Part, Points, Rows, Values
from lacoskit.layout import ANALYSIS
from lacoskit.storage import without_nan, write_json
from lacoskit.versions import version_of

SHAPES: Mapping[str, type[Part]] = {shape.__name__.lower(): shape for shape in (Values, Matrix, Curve, Points, Rows)}


def write_findings(path: Path, config: AnalyseConfig, examinations: Sequence[Examination]) -> None:
    """Write what was found, and the configuration that it was found by; a LacoskitError if it cannot be."""
    plain = {
        "lacoskit_version": version_of("lacoskit"),
        "config": config.as_mapping(),
        "models": [_as_mapping(examination) for examination in examinations],
    }
    try:
        write_json(path, without_nan(plain))
    except OSError as error:
        raise LacoskitError(f"{path} cannot be written: {error.strerror or error}") from error


def read_findings(path: Path) -> list[Examination]:
    """Read what `write_findings` has written, from its file or the folder of it; a LacoskitError if it is not that."""
    path = path / ANALYSIS if path.is_dir() else path
    try:
        models = json.loads(path.read_text(encoding="utf-8"))["models"]
        return [_from_mapping(model) for model in models]
    except OSError as error:
        raise LacoskitError(f"{path} cannot be read ({error.strerror}); lacoskit analyse writes it") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise LacoskitError(f"{path} is not what lacoskit analyse writes: {type(error).__name__} {error}") from error


def _as_mapping(examination: Examination) -> dict[str, Any]:
    findings = {name: _findings_as_mapping(found) for name, found in examination.findings.items()}
    about = {name: getattr(examination, name) for name in ("model", "fingerprint", "dimensions")}
    return {**about, "findings": findings, "left_out": dict(examination.left_out), "failed": examination.failed}


def _findings_as_mapping(found: Findings) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"shape": type(part).__name__.lower()} | asdict(part) for part in found.parts]
    plain: dict[str, Any] = {field.name: getattr(found, field.name) for field in fields(found)}
    return plain | {"parts": parts}


def _from_mapping(plain: Mapping[str, Any]) -> Examination:
    findings = {name: _findings(found) for name, found in plain["findings"].items()}
    return Examination(**dict(plain) | {"findings": findings})


def _findings(plain: Mapping[str, Any]) -> Findings:
    parts = [_part(**part) for part in plain["parts"]]
    return Findings(**dict(plain) | {"figures": _with_nan(plain["figures"]), "parts": parts})


def _part(shape: str, **plain: Any) -> Part:
    numbers = {name: _with_nan(plain[name]) for name in ("values", "lines", "x", "y") if name in plain}
    return SHAPES[shape](**plain | numbers)


def _with_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_nan(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_with_nan(part) for part in value]
    return math.nan if value is None else value
