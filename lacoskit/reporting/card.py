"""The model card: the README.md of an output folder, as the hub reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lacoskit.config import RunConfig

SENTENCE_TRANSFORMERS = """from sentence_transformers import SentenceTransformer

encoder = SentenceTransformer("PATH TO THIS FOLDER")
"""
LACOSKIT = """import lacoskit

encoder = lacoskit.load("PATH TO THIS FOLDER")
"""


def model_card(config: RunConfig, run: Mapping[str, Any]) -> str:
    """Front matter, how to use the encoder, what it was trained on, and how good it is."""
    opens_elsewhere = config.pooler.component.saved_as is not None
    lines = [
        "---",
        yaml.safe_dump(_front_matter(config, opens_elsewhere), sort_keys=False, allow_unicode=True).rstrip(),
        "---",
        f"# {Path(config.output).name}",
        "",
        f"A sentence encoder trained from `{Path(config.model).name}` with lacoskit {run['versions']['lacoskit']}.",
        "",
        f"```python\n{SENTENCE_TRANSFORMERS if opens_elsewhere else LACOSKIT}```",
        "",
        f"{_counted(run['examples'])}, {run['steps']:,} steps of {config.train.batch_size:,}; "
        f"{run['trained_parameters']:,} of {run['parameters']:,} parameters trained. "
        "`lacoskit.yaml` repeats the run; `run.json` holds versions, data hashes and figures.",
        "",
    ]
    return "\n".join(lines + _results(run["evaluation"]))


def _counted(examples: int | None) -> str:
    return "A stream of examples" if examples is None else f"{examples:,} examples"


def _front_matter(config: RunConfig, opens_elsewhere: bool) -> dict[str, Any]:
    library = ["sentence-transformers"] if opens_elsewhere else []
    on_the_hub = "/" in config.model and not Path(config.model).expanduser().is_dir()
    return {
        "library_name": library[0] if library else "lacoskit",
        "pipeline_tag": "sentence-similarity",
        **({"base_model": config.model} if on_the_hub else {}),
        "tags": [*library, "sentence-similarity", "feature-extraction", "lacoskit"],
    }


def _results(evaluation: Mapping[str, Any]) -> list[str]:
    if not evaluation["after"]:
        return []
    lines = ["Main figure of each task, x100:", ""]
    lines += ["| task | figure | units | before | after |", "|---|---|---:|---:|---:|"]
    for name, new in evaluation["after"].items():
        old, cell = evaluation["before"][name], name.replace("|", "\\|")
        units = "" if new["units"] is None else f"{new['units']:,}"
        figures = " | ".join(f"{100 * score['figures'][score['main']]:.1f}" for score in (old, new))
        lines.append(f"| {cell} | {new['main']} | {units} | {figures} |")
    return [*lines, ""]
