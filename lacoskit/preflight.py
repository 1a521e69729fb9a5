"""Everything about a run that can be seen to be wrong before anything heavy is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from lacoskit import evaluation, layout, location, models, needs, plugins
from lacoskit.components import PROMPT_ROLES, Dataset, Loss, Placement, Task
from lacoskit.config import RunConfig, read_yaml
from lacoskit.errors import ConfigError, LacoskitError, Problem, did_you_mean
from lacoskit.placement import why_no_float16
from lacoskit.sections import Selected

MAY_CHANGE = {("train", name) for name in ("log_every", "save_every", "keep_checkpoints", "trackers", "chunk_tokens")}
"""What a resumed run may set otherwise than the run it goes on with, since no weight depends on it (on `chunk_tokens`
by no more than rounding, and who has run out of memory needs another one)."""


def check(
    config: RunConfig,
    placement: Placement,
    source: str = "configuration",
    resume: bool | None = None,
    may_change: Set[tuple[str, str]] = MAY_CHANGE,
) -> None:
    """Raise one ConfigError with all that is wrong with the run on this machine.

    That includes an output folder that holds another run or, with `resume`, a run of another configuration (but for
    the options in `may_change`); None leaves the output folder out.
    """
    problems = [*_components(config, placement), *_model(config), *_data(config), *_sizes(config, placement)]
    problems += [*_evaluation(config), *_prompts(config), *_trackers(config)]
    if resume is not None:
        output = Path(config.output)
        problems += _usable(output) or (changes(config, output, may_change) if resume else _free(output))
    if problems:
        raise ConfigError(source, problems)


def changes(config: RunConfig, output: Path, may_change: Set[tuple[str, str]] = MAY_CHANGE) -> list[Problem]:
    """How a configuration differs from that of the run which a folder holds, finished or with a checkpoint."""
    if not (layout.checkpoints(output) or layout.finished(output)):
        return []  # nothing to go on with: the run starts from the beginning, so that a job can always say --resume
    before, now = read_yaml(output / layout.CONFIG), config.as_mapping()
    problems = []
    for key in now.keys() - {"output"}:  # a folder may have been moved
        old, new = before.get(key), now[key]
        if isinstance(old, dict) and isinstance(new, dict):
            names = [n for n in {**old, **new} if old.get(n) != new.get(n) and (key, n) not in may_change]
            problems += [Problem(f"{key}.{name}", _changed(old.get(name), new.get(name))) for name in names]
        elif old != new:
            problems.append(Problem(key, _changed(old, new)))
    return sorted(problems, key=lambda problem: problem.where)


def _components(config: RunConfig, placement: Placement) -> list[Problem]:
    problems = []
    for place, section in config.sections().items():
        component = section.component
        problems += [Problem(place, what) for what in plugins.what_is_missing(component)]
        refusal = component.refuse(section.options, placement)
        if refusal:
            problems.append(Problem(place, refusal))
        if isinstance(component, Loss):
            problems += [Problem(place, what) for what in _teacher(section)]
    no_float16 = why_no_float16(placement)
    if no_float16:
        problems.append(Problem("train.dtype", no_float16))
    return problems


def _teacher(loss: Selected[Any]) -> list[str]:
    """What can be seen to be wrong with the model that a loss learns from."""
    try:
        teacher = needs.teacher_of(loss)
    except LacoskitError as error:
        return [str(error)]
    if not teacher or not loss.component.teacher(loss.options):  # which a loss within it may have, and is asked itself
        return []
    told = models.why_no_model(teacher)
    return [f"the teacher cannot be opened: {told}"] if told else []


def _has_teacher(config: RunConfig) -> bool:
    """Whether a loss learns from another model."""
    parts = config.selections()
    return any(part.component.teacher(part.options) for part in parts if isinstance(part.component, Loss))


def _model(config: RunConfig) -> list[Problem]:
    try:
        location.locate(config.model)
    except LacoskitError as error:
        return [Problem("model", str(error).removeprefix("model: "))]
    return []


def _data(config: RunConfig) -> list[Problem]:
    found = []
    for place, section in config.sections().items():
        if isinstance(section.component, Dataset):
            found += _streamed(config, place, section.component.stream(section.options) is not None)
            found += [Problem(place, what) for what in section.component.check(section.options)]
        if isinstance(section.component, Task):
            found += [Problem(place, what) for what in _wrong_task(section)]
    return found


def _wrong_task(task: Selected[Any]) -> Sequence[str]:
    """What is wrong with a task, but for packages that are not there, which are told for every kind alike."""
    missing = plugins.what_is_missing(task.component)
    return [] if missing else task.component.check(task.options)


def _evaluation(config: RunConfig) -> list[Problem]:
    """What the metric, and keeping the best, need and is not there."""
    named: Mapping[str, Selected[Any]] = config.evaluation.tasks
    can_be_had = not any(plugins.what_is_missing(task.component) or _wrong_task(task) for task in named.values())
    tasks = evaluation.tasks_of(config) if can_be_had else named
    problems = []
    wrong = evaluation.why_no_metric(config.evaluation.metric, tasks)
    if wrong:
        problems.append(Problem("evaluation.metric", wrong))
    if config.evaluation.every and not tasks:
        told = "there is nothing to evaluate on; name tasks, as in tasks: {dev: {name: sts, files: [dev.jsonl]}}"
        problems.append(Problem("evaluation.every", told))
    return problems


def _streamed(config: RunConfig, place: str, streamed: bool) -> list[Problem]:
    """What a dataset that is not counted lacks."""
    if not streamed:
        return []
    if place != "dataset":
        return [Problem(place, "a source of a mixture is counted and cannot be streamed; set streaming=false")]
    problems = []
    if config.train.max_steps is None:
        what = "a streamed dataset has no end that is known: say how many steps to train"
        problems.append(Problem("train.max_steps", what))
    if _has_teacher(config):
        what = "a teacher encodes all texts before training, so they cannot be streamed; set dataset.streaming=false"
        problems.append(Problem("loss", what))
    return problems


def _prompts(config: RunConfig) -> list[Problem]:
    """Names of prompts that are not there, and prompts that look like one but are never asked for."""
    asked, problems = set(PROMPT_ROLES), []
    for place, section in config.sections().items():
        if isinstance(section.component, Dataset):
            names = dict.fromkeys(section.component.prompt_names(section.options))
            asked |= names.keys()
            for name in (name for name in names if name not in config.prompts):
                what = f"no prompt named {name!r} in prompts; {did_you_mean(name, config.prompts)}"
                problems.append(Problem(place, what))
    for name in sorted(config.prompts.keys() - asked):
        near = get_close_matches(name, asked, n=1, cutoff=0.8)
        if near:
            problems.append(Problem(f"prompts.{name}", f"no text gets this prompt; did you mean {near[0]!r}?"))
    return problems


def _sizes(config: RunConfig, placement: Placement) -> list[Problem]:
    size, processes = config.train.batch_size, placement.processes
    problems = []
    if size % processes:
        what = f"{size} examples cannot be shared evenly by {processes} processes; use a multiple"
        problems.append(Problem("train.batch_size", what))
    if size < 2:
        problems.append(
            Problem("train.batch_size", "a batch of one pair has nothing to contrast it with; use 2 or more")
        )
    return problems


def _usable(output: Path) -> list[Problem]:
    first = next(path for path in (output, *output.absolute().parents) if path.exists())
    return [] if first.is_dir() else [Problem("output", f"{first} is a file; name a folder")]


def _trackers(config: RunConfig) -> list[Problem]:
    """accelerate would leave out in silence a tracker whose package is missing."""
    if not config.train.trackers:
        return []
    from accelerate.tracking import get_available_trackers

    there = sorted(str(tracker) for tracker in get_available_trackers())
    what = f"is not known to accelerate, or its package is not installed; there is: {', '.join(there) or 'none'}"
    return [Problem("train.trackers", f"{name} {what}") for name in config.train.trackers if name not in there]


def _free(output: Path) -> list[Problem]:
    elsewhere = "name another folder: --set output=..."
    if any((output / name).exists() for name in (layout.RUN, layout.LAST_WRITTEN)):
        return [Problem("output", f"{output} holds another run; {elsewhere}")]
    last = layout.checkpoints(output)[-1:]
    if last:
        what = f"{output} holds a run that was interrupted (last checkpoint: {last[0].name})"
        return [Problem("output", f"{what}; go on with --resume, or {elsewhere}")]
    if _has_trained(output):
        return [Problem("output", f"{output} holds a run that has not saved anything yet; {elsewhere}")]
    return []


def _has_trained(output: Path) -> bool:
    """Whether a run has got beyond its first steps; one that failed before leaves nothing that could be lost."""
    file = output / layout.METRICS
    return file.is_file() and '"loss"' in file.read_text(encoding="utf-8")


def _changed(old: object, new: object) -> str:
    return f"was {old!r} in the run to resume and is {new!r} now; set it back, or name another output"
