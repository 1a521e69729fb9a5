"""A plan: what a run takes on a machine, whether it fits, what would make it fit, and the files to launch it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from lacoskit.components import KINDS
from lacoskit.config import RunConfig
from lacoskit.errors import LacoskitError
from lacoskit.footprint.machine import PROCESS, Machine
from lacoskit.footprint.shapes import with_known_shape
from lacoskit.footprint.texts import Texts
from lacoskit.footprint.ways import Change, Counted, Outlook, changes, enough_gpus
from lacoskit.storage import write_whole

CONFIG, ACCELERATE, DEEPSPEED = "config.yaml", "accelerate.yaml", "deepspeed.json"

SUGGESTIONS = 3
"""Changes that are told where a run does not fit."""


@dataclass(frozen=True)
class Plan:
    """What was found out about a run on a machine."""

    config: RunConfig
    machine: Machine
    texts: Texts
    outlooks: tuple[Outlook, ...]
    changes: tuple[Change, ...]
    gpus: tuple[int, str] | None
    """How many such GPUs would do as it is, and launched how; None if that was not asked or none do."""
    launch: Path
    """The folder of accelerate's files."""

    @property
    def chosen(self) -> Outlook:
        """The first way in which it fits, or else the one that lacks the least."""
        possible = [one for one in self.outlooks if one.counted is not None]
        fitting = [one for one in possible if one.fits]
        return fitting[0] if fitting else min(possible, key=lambda one: one.counted.peak if one.counted else 0)

    @property
    def fits(self) -> bool:
        """Whether the run fits as it is configured."""
        return self.chosen.fits

    @property
    def host(self) -> int:
        """Bytes of the host's memory that all processes of a machine take beside their GPUs."""
        counted = self.chosen.counted
        processes = max(self.machine.gpus, 1)
        return processes * PROCESS["cuda"] if self.machine.gpus else PROCESS["cpu"] + (counted.peak if counted else 0)

    def as_mapping(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "model": self.config.model,
            "machine": asdict(self.machine),
            "texts": asdict(self.texts),
            "fits": self.fits,
            "chosen": self.chosen.way.name,
            "host_bytes": self.host,
            "ways": [_as_mapping(one) for one in self.outlooks],
            "changes": [
                {
                    "set": dict(change.settings),
                    "way": change.outlook.way.name,
                    "file": f"launch/{change.outlook.way.file}",
                }
                for change in self.changes
            ],
            "gpus_that_would_do": None if self.gpus is None else {"gpus": self.gpus[0], "way": self.gpus[1]},
        }


def make_plan(config: RunConfig, machine: Machine, texts: Texts, launch: Path) -> Plan:
    """Count the run in every way that it can be launched; a LacoskitError if it can be launched in none."""
    files = [path.name for path in sorted(launch.glob("*.yaml"))]
    with with_known_shape(config) as shaped:
        counted = Counted(shaped, texts, files)
        found = counted.on(machine)
        if not any(one.counted for one in found):
            told = "\n".join(f"  {one.way.name}: {one.refusal}" for one in found)
            raise LacoskitError(f"this run can be launched in no way on {machine.gpus} GPUs\n{told}")
        plan = Plan(config, machine, texts, tuple(found), (), None, launch)
        if plan.fits:
            return plan
        possible: list[Change] = []
        for change in changes(shaped, machine, texts, files):
            possible.append(change)
            if len(possible) == SUGGESTIONS:
                break
        more = enough_gpus(counted, machine) if machine.gpus else None
        return replace(plan, changes=tuple(possible), gpus=None if more is None else (more[0], more[1].name))


def differences(config: RunConfig) -> dict[str, Any]:
    """What of a config differs from the defaults, as a config file would say it."""
    selected = {kind: {"name": one["name"]} for kind, one in config.as_mapping().items() if kind in KINDS and one}
    base, defaults = RunConfig.model_validate(selected).as_mapping(), RunConfig.load().as_mapping()
    told: dict[str, Any] = {}
    for key, value in config.as_mapping().items():
        if not isinstance(value, dict) or not isinstance(base[key], dict):
            if value != defaults[key]:
                told[key] = value
            continue
        inside = {name: one for name, one in value.items() if name not in base[key] or one != base[key][name]}
        if "name" in value and value["name"] != (defaults[key] or {}).get("name"):
            inside = {"name": value["name"], **inside}
        if inside:
            told[key] = inside
    return told


def write_plan(plan: Plan, folder: Path) -> str:
    """Write the config and the files that launch it, and return the command; a LacoskitError where nothing fits."""
    outlook, config = plan.chosen, plan.config
    if not outlook.fits:
        if not plan.changes:
            raise LacoskitError("--write: nothing was found that fits, so there is nothing to write")
        outlook = plan.changes[0].outlook
        config = _with_model(outlook.config, plan.config.model)
    if not isinstance(config.train.chunk_tokens, int) and outlook.counted and plan.machine.gpus:
        train = config.train.model_copy(update={"chunk_tokens": outlook.counted.chunk_tokens})
        config = config.model_copy(update={"train": train})
    there = [name for name in (CONFIG, ACCELERATE, DEEPSPEED) if (folder / name).exists()]
    if there:
        raise LacoskitError(f"--write: {folder} holds {', '.join(there)} already; name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    what = f"# {config.model} on {told_machine(plan.machine)}, planned by lacoskit plan\n"
    body = yaml.safe_dump(differences(config), sort_keys=False, allow_unicode=True)
    write_whole(folder / CONFIG, what + body)
    accelerate = (plan.launch / outlook.way.file).read_text(encoding="utf-8")
    settings = [line for line in accelerate.splitlines() if not line.startswith(("#", "num_processes"))]
    text = "\n".join([*settings, f"num_processes: {max(plan.machine.gpus, 1)}", ""])
    deepspeed = re.search(r"deepspeed_config_file: (\S+)", text)
    if deepspeed:
        copied = (plan.launch / Path(deepspeed[1]).name).read_text(encoding="utf-8")
        write_whole(folder / DEEPSPEED, json.dumps(json.loads(copied), indent=2) + "\n")
        text = text.replace(deepspeed[0], f"deepspeed_config_file: {folder / DEEPSPEED}")
    write_whole(folder / ACCELERATE, text)
    return command(str(folder / ACCELERATE), [str(folder / CONFIG)])


def command(accelerate: str, words: Sequence[str], processes: int | None = None) -> str:
    """The line that launches a run."""
    number = "" if processes is None else f" --num_processes {processes}"
    launch = f"accelerate launch --config_file {shlex.quote(accelerate)}{number}"
    return f"{launch} -m lacoskit.train {shlex.join(words)}".strip()


def told_machine(machine: Machine) -> str:
    """A machine in a few words."""
    if not machine.gpus:
        return f"a CPU with {machine.memory / 1e9:.3g} GB"
    each = f"{machine.gpu_memory / 1e9:.3g} GB"
    return f"one GPU of {each}" if machine.gpus == 1 else f"{machine.gpus} GPUs of {each}"


def _with_model(config: RunConfig, model: str) -> RunConfig:
    return config.model_copy(update={"model": model})


def _as_mapping(one: Outlook) -> dict[str, Any]:
    counted = one.counted
    return {
        "way": one.way.name,
        "file": f"launch/{one.way.file}",
        "fits": one.fits,
        "refusal": one.refusal,
        "largest_chunk_tokens": one.largest_chunk,
        "dtype": one.placement.dtype,
        **({} if counted is None else {"peak_bytes": counted.peak, **asdict(counted)}),
    }
