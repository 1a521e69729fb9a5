"""What has been done: for each stage, the configuration that its output was made by, and what went into it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lacoskit import layout
from lacoskit.errors import LacoskitError
from lacoskit.preflight import MAY_CHANGE, changes
from lacoskit.retrofitting.stages import Stage
from lacoskit.storage import write_json


class Records:
    """The records of a recipe's stages, a JSON file each, in its folder."""

    def __init__(self, folder: Path, stages: Sequence[Stage]) -> None:
        self.folder = folder
        self.stages = {stage.number: stage for stage in stages}

    def file(self, stage: Stage, ending: str) -> Path:
        """A stage's file of this kind: `yaml` for its configuration, `json` for its record."""
        return self.folder / f"{stage.name}.{ending}"

    def is_done(self, stage: Stage) -> bool:
        """Whether the output is there, made by this configuration from the present outputs of earlier stages."""
        record = self._read(stage)
        return record is not None and record["made_from"] == self.made_from(stage) and _is_whole(stage)

    def made_from(self, stage: Stage) -> str:
        """A hash of the stage's configuration and of what all stages that it needs are made from."""
        needed = [self.made_from(self.stages[number]) for number in stage.needs]
        return hashlib.sha256(json.dumps([stage.verb, _settings(stage), needed]).encode()).hexdigest()

    def keep(self, stage: Stage, seconds: float) -> None:
        """Write that a stage is done."""
        about = {"made_from": self.made_from(stage), "seconds": round(seconds, 1), "config": _settings(stage)}
        write_json(self.file(stage, "json"), about)

    def seconds(self, stage: Stage) -> float:
        """How long a stage that is done has taken."""
        record = self._read(stage)
        return float(record["seconds"]) if record is not None else 0.0

    def refuse_stale(self) -> None:
        """Raise one LacoskitError that tells all outputs which stand in the way of what has to be made."""
        told = [f"  {stage.name}: {why}" for stage in self.stages.values() if (why := self._in_the_way(stage))]
        if told:
            what = "outputs are there that were made otherwise; remove them, or name other ones"
            raise LacoskitError("\n".join([what, *told]))

    def _in_the_way(self, stage: Stage) -> str:
        """Why the output that is there cannot be used, or gone on with; empty if it can, or there is none."""
        record = self._read(stage)
        if self.is_done(stage) or not _is_there(stage):
            return ""
        if record is None:
            return "" if _can_go_on(stage) else f"{stage.output} is there, and no record of how it was made"
        changed = _changed(record["config"], _settings(stage))
        if changed:
            return f"{stage.output} was made with {changed}"
        if not _is_whole(stage):
            return "" if _can_go_on(stage) else f"{stage.output} is not whole"
        stages = ", ".join(self.stages[number].name for number in stage.needs)
        return f"{stage.output} was made from what {stages} made before"

    def _read(self, stage: Stage) -> dict[str, Any] | None:
        try:
            record: dict[str, Any] = json.loads(self.file(stage, "json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return record if {"made_from", "seconds", "config"} <= record.keys() else None


def _is_whole(stage: Stage) -> bool:
    if stage.verb == "train":
        return layout.finished(stage.output) is not None
    return _is_there(stage)


def _is_there(stage: Stage) -> bool:
    """Whether there is an output; an evaluation makes its folder before it has anything to put there."""
    return (stage.output / layout.RESULTS if stage.verb == "evaluate" else stage.output).exists()


def _can_go_on(stage: Stage) -> bool:
    """Whether a run with this configuration goes on with what is in its folder."""
    return stage.verb == "train" and not changes(stage.config, stage.output)


def _settings(stage: Stage) -> dict[str, Any]:
    """What decides the output: all but what may change when a run goes on."""
    settings = stage.config.as_mapping()
    if stage.verb != "train":
        return dict(settings)
    kept: dict[str, Any] = {}
    for key, value in settings.items():
        is_section = isinstance(value, Mapping)
        kept[key] = {k: v for k, v in value.items() if (key, k) not in MAY_CHANGE} if is_section else value
    return kept


def _changed(before: Any, now: Any, where: str = "") -> str:
    """The first difference between two configurations, as `negatives: 4, now 8`; empty if there is none."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in {**before, **now}:
            found = _changed(before.get(key), now.get(key), f"{where}.{key}" if where else str(key))
            if found:
                return found
        return ""
    return "" if before == now else f"{where}: {before}, now {now}"
