"""Turn a multilingual language model into a sentence encoder.

What plugin authors import stands here; `load` and `train` are for everyone else.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lacoskit.components import (
    Adapter,
    Analysis,
    Dataset,
    Document,
    Embed,
    Examined,
    Example,
    Generator,
    Loss,
    Optimizer,
    Options,
    PackedStates,
    Pair,
    Placement,
    Pooler,
    Quantizer,
    Role,
    Source,
    Task,
    TaskResult,
    VectorBatch,
)
from lacoskit.errors import DataError, LacoskitError, NotTold
from lacoskit.findings import Curve, Finding, Findings, Matrix, Points, Rows, Values
from lacoskit.hooks import hookimpl
from lacoskit.languages import mteb_code, short_code
from lacoskit.location import locate
from lacoskit.rows import Row, check_files, find_files, parse_rows, parsed_rows, read_rows
from lacoskit.sections import Section, default_section
from lacoskit.words import words_of

if TYPE_CHECKING:
    from lacoskit.config import RunConfig
    from lacoskit.encoder import Encoder
    from lacoskit.evaluating.mteb_encoder import MtebEncoder, for_mteb
    from lacoskit.evaluating.mteb_tasks import mteb_tasks
    from lacoskit.folder import load
    from lacoskit.mining.search import nearest
    from lacoskit.train import train

__version__ = "0.1.0"

__all__ = [
    "Adapter",
    "Analysis",
    "Curve",
    "DataError",
    "Dataset",
    "Document",
    "Embed",
    "Encoder",
    "Examined",
    "Example",
    "Finding",
    "Findings",
    "Generator",
    "LacoskitError",
    "Loss",
    "Matrix",
    "MtebEncoder",
    "NotTold",
    "Optimizer",
    "Options",
    "PackedStates",
    "Pair",
    "Placement",
    "Points",
    "Pooler",
    "Quantizer",
    "Role",
    "Row",
    "Rows",
    "RunConfig",
    "Section",
    "Source",
    "Task",
    "TaskResult",
    "Values",
    "VectorBatch",
    "check_files",
    "default_section",
    "find_files",
    "for_mteb",
    "hookimpl",
    "load",
    "locate",
    "mteb_code",
    "mteb_tasks",
    "nearest",
    "parse_rows",
    "parsed_rows",
    "read_rows",
    "short_code",
    "train",
    "words_of",
]

# Loaded when they are first used: they import torch, and a command that only looks must answer at once.
_LAZY = {
    "RunConfig": "lacoskit.config",
    "nearest": "lacoskit.mining.search",
    "Encoder": "lacoskit.encoder",
    "MtebEncoder": "lacoskit.evaluating.mteb_encoder",
    "for_mteb": "lacoskit.evaluating.mteb_encoder",
    "mteb_tasks": "lacoskit.evaluating.mteb_tasks",
    "load": "lacoskit.folder",
}


def __getattr__(name: str) -> Any:
    if name == "train":
        return importlib.import_module("lacoskit.train")  # the module of the command can be called as the function
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'lacoskit' has no attribute {name!r}")
