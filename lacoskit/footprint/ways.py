"""The ways to launch a run on a machine, what each takes there, and what would have to change where none fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from lacoskit import plugins
from lacoskit.budget import SHARE
from lacoskit.components import Placement, Quantizer
from lacoskit.config import RunConfig
from lacoskit.errors import LacoskitError
from lacoskit.footprint.counting import Counter, Footprint
from lacoskit.footprint.machine import Machine
from lacoskit.footprint.rehearsed import Rehearsed
from lacoskit.footprint.texts import Texts
from lacoskit.placement import placement, why_no_float16

MORE_GPUS = (2, 4, 8, 16, 32, 64)


@dataclass(frozen=True)
class Way:
    """A way to launch a run, by its file in launch/."""

    name: str
    file: str
    zero_stage: int = 0
    fsdp: bool = False


ALONE = Way("one process", "single-gpu.yaml")
SEVERAL = (
    Way("DDP", "multi-gpu.yaml"),
    Way("ZeRO-2", "zero2.yaml", zero_stage=2),
    Way("ZeRO-3", "zero3.yaml", zero_stage=3),
    Way("FSDP2", "fsdp2.yaml", fsdp=True),
)


@dataclass(frozen=True)
class Outlook:
    """A run launched one way on a machine."""

    way: Way
    config: RunConfig
    placement: Placement
    counted: Footprint | None
    """With the `chunk_tokens` of the config, or as many as fit, or the fewest there can be; None if refused."""
    largest_chunk: int | None
    """The most tokens in memory at once that fit; None if nothing does."""
    refusal: str = ""
    """Why it cannot be launched this way."""

    @property
    def fits(self) -> bool:
        """Whether the run, as it is configured, fits."""
        if self.counted is None or self.largest_chunk is None:
            return False
        return self.counted.chunk_tokens <= self.largest_chunk


@dataclass(frozen=True)
class Change:
    """What would make a run fit, as `--set` writes it, and how far it then goes."""

    settings: Mapping[str, str]
    outlook: Outlook


class Counted:
    """Counts one config in every way that there is a file for; its encoder is made once."""

    def __init__(self, config: RunConfig, texts: Texts, files: Sequence[str]) -> None:
        self.config, self.texts, self.files = config, texts, files
        self._rehearsed: Rehearsed | None = None

    def on(self, machine: Machine) -> list[Outlook]:
        """Every way on a machine, the simplest first."""
        ways = [way for way in SEVERAL if way.file in self.files] if machine.gpus > 1 else [ALONE]
        return [self._outlook(way, machine) for way in ways]

    def _outlook(self, way: Way, machine: Machine) -> Outlook:
        config, where = self.config, _placement(way, self.config, machine)
        refusal = _refusal(way, config, where)
        if refusal:
            return Outlook(way, config, where, None, None, refusal)
        if self._rehearsed is None:
            self._rehearsed = Rehearsed(config, where)
        counter = Counter(config, where, self.texts, self._rehearsed)
        largest = counter.largest_chunk(machine.room)
        given = config.train.chunk_tokens
        found = min(largest or self.texts.tokens, _found_by_the_run(counter, machine))
        asked = given if isinstance(given, int) else found
        return Outlook(way, config, where, counter.count(min(asked, counter.step_tokens)), largest)


def changes(config: RunConfig, machine: Machine, texts: Texts, files: Sequence[str]) -> Iterator[Change]:
    """Changes of the config that make the run fit, the smallest first."""
    open_chunk = {"train.chunk_tokens": "auto"} if isinstance(config.train.chunk_tokens, int) else {}
    tried = [open_chunk] if open_chunk else []
    again = {} if config.train.checkpoint_activations else {"train.checkpoint_activations": "true"}
    tried += [again] if again else []
    for name in _quantizers(config):
        tried += [{"quantizer.name": name}, {"quantizer.name": name, **again}] if again else [{"quantizer.name": name}]
    for settings in tried:
        changed = changed_config(config, {**open_chunk, **settings})
        found = [one for one in Counted(changed, texts, files).on(machine) if one.fits]
        if found:
            yield Change({**open_chunk, **settings}, found[0])


def enough_gpus(counted: Counted, machine: Machine) -> tuple[int, Way] | None:
    """The fewest GPUs of this kind on which the run fits as it is, and how."""
    for gpus in MORE_GPUS:
        if gpus > machine.gpus and counted.config.train.batch_size % gpus == 0:
            found = [one for one in counted.on(replace(machine, gpus=gpus)) if one.fits]
            if found:
                return gpus, found[0].way
    return None


def changed_config(config: RunConfig, settings: Mapping[str, str]) -> RunConfig:
    """The config with other values, named as `--set` does; a section whose component changes gets its defaults."""
    import yaml

    data = config.as_mapping()
    for where, value in settings.items():
        section, _, key = where.partition(".")
        data[section] = {"name": value} if key == "name" else {**data[section], key: yaml.safe_load(value)}
    return RunConfig.model_validate(data)


def _found_by_the_run(counter: Counter, machine: Machine) -> int:
    """What `train.chunk_tokens: auto` comes to at most: on a CPU, activations get a share of the memory."""
    if machine.gpus:
        return counter.step_tokens
    return int(SHARE["cpu"] * machine.memory / max(counter.count(counter.texts.tokens).bytes_a_token, 1))


def _placement(way: Way, config: RunConfig, machine: Machine) -> Placement:
    device, processes = ("cuda", machine.gpus) if machine.gpus else ("cpu", 1)
    where = placement(config, device, processes, way.zero_stage, way.fsdp)
    if machine.gpus and config.train.dtype == "auto" and not torch.cuda.is_available():
        return replace(where, dtype="bfloat16")  # the machine is another: taken for one that has it
    return where


def _refusal(way: Way, config: RunConfig, where: Placement) -> str:
    if config.train.batch_size % where.processes:
        return f"train.batch_size={config.train.batch_size} cannot be shared evenly by {where.processes} processes"
    quantizer = config.quantizer
    if way.fsdp and quantizer is not None and quantizer.component.convert is None:
        return f"FSDP2 cannot share out the weights of {quantizer.name}; use quantizer.name=int8"
    no_float16 = why_no_float16(where)
    if no_float16:
        return f"train.dtype: {no_float16}"
    for section in config.selections():
        refusal = section.component.refuse(section.options, where)
        if refusal:
            return refusal
    return ""


def _quantizers(config: RunConfig) -> list[str]:
    """The other quantizers that are installed and keep out of what is trained, by name."""
    if config.adapter.component.trains_matrices:
        return []
    chosen = config.quantizer.name if config.quantizer else None
    names = []
    for name in plugins.installed().names(Quantizer.kind):
        try:
            component = plugins.installed().select(Quantizer, name)
        except LacoskitError:
            continue
        countable = component.convert is not None or component.outline is not None
        if name != chosen and countable and not plugins.missing_modules(component):
            names.append(name)
    return names
