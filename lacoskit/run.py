"""A run: how it is put together, begun, measured, saved and ended."""

from __future__ import annotations

import logging
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.tracking import filter_trackers

from lacoskit import checkpoint, data, evaluation, folder, reporting
from lacoskit.backbone import load_tokenizer
from lacoskit.budget import tokens_that_fit
from lacoskit.components import Example, Loss, Placement, Source, Task, VectorBatch
from lacoskit.config import RunConfig
from lacoskit.distributed import smallest, wrap
from lacoskit.encoder import Encoder, build_encoder
from lacoskit.errors import ConfigError, DataError, Problem, RunFolderError, TrainingError
from lacoskit.layout import CONFIG, best_weights, checkpoints
from lacoskit.needs import needs_scores, teacher_of
from lacoskit.placement import why_slow
from lacoskit.randomness import RandomState
from lacoskit.reporting import Reporter, console
from lacoskit.sections import Selected
from lacoskit.sharding import in_full
from lacoskit.storage import write_whole
from lacoskit.stream import StreamedBatches, Texts, Window
from lacoskit.teacher import TeacherVectors, teach
from lacoskit.tokens import AT_ONCE, chunks_by_length
from lacoskit.units import in_bytes
from lacoskit.versions import version_of

log = logging.getLogger("lacoskit")


STATE_BYTES = 12
"""Of a trained weight, at most: its gradient and Adam's two moments, which are not there yet when a run begins."""


@dataclass
class Run:
    """A run in progress: what it needs, and what it has found out so far."""

    config: RunConfig
    accelerator: Accelerator
    placement: Placement
    encoder: Encoder
    model: Any
    """The encoder as it is called: wrapped by DDP or DeepSpeed where they are at work."""
    optimizer: Any
    sources: Sequence[Source]
    losses: Mapping[str, torch.nn.Module]
    """The loss of each source, by its name."""
    teachers: Mapping[str, TeacherVectors]
    """What the losses of some sources learn from, by the source's name."""
    prepared: data.TrainingData
    """All examples; of a stream, those of the first step."""
    batches: data.Batches
    tasks: Mapping[str, Selected[Task[Any]]]
    """What it is measured by, by name."""
    task_data: Mapping[str, Any]
    """The data of each, which only the main process has."""
    untrained: Any
    """Vectors of the probe texts before training."""
    chunk_tokens: int = 0
    """Tokens whose activations are in memory at once, once the run has begun; kept in checkpoints."""
    first: int = 0
    """The step that this process has begun with: not 0 if it goes on with a run that was interrupted."""
    before: dict[str, evaluation.Score] = field(default_factory=dict)
    best: dict[str, Any] | None = None
    """The best step so far, its figure and its results."""

    @property
    def output(self) -> Path:
        """The output folder."""
        return Path(self.config.output)

    def example(self, number: int) -> Example:
        """An example by its number over all sources."""
        parts = zip(self.batches.parts, self.sources, strict=True)
        return next(s.examples[number - part.first] for part, s in parts if number < part.first + part.count)

    @property
    def taught_by(self) -> dict[str, str]:
        """The hash of each teacher and what it was given, by source."""
        return {name: teacher.key for name, teacher in self.teachers.items()}

    def taught(self, batch: data.Batch) -> VectorBatch | None:
        """The vectors of a batch's texts, of all processes, by the teacher that its loss names; None without one."""
        teacher = self.teachers.get(batch.source)
        if teacher is None:
            return None
        first = next(part.first for part in self.batches.parts if part.name == batch.source)
        return teacher.of(batch.examples - first, self.accelerator.device)

    @property
    def steps(self) -> int:
        """How many steps the run has in all."""
        train = self.config.train
        by_epochs = max(1, round(train.epochs * self.batches.steps_per_epoch))
        return min(by_epochs, train.max_steps or by_epochs)


def prepare(config: RunConfig, accelerator: Accelerator, placement: Placement, source: str) -> Run:
    """Load data before the model: what is wrong with it shows in seconds."""
    slow = why_slow(placement)
    if slow:
        log.warning(slow)
    with accelerator.main_process_first():  # one process downloads and caches, the others read
        sources = _sources(config)
        tasks = evaluation.tasks_of(config)
        task_data = evaluation.load(tasks) if accelerator.is_main_process else {}
    chosen = {each.name: each.loss or config.loss for each in sources}
    batches = _batches(config, sources, [needs_scores(loss) for loss in chosen.values()], accelerator)
    losses = {name: _built(loss).to(accelerator.device) for name, loss in chosen.items()}
    teachers = _teachers(sources, chosen, accelerator.device)
    encoder = build_encoder(config, placement)
    trained = encoder.trained()
    if not trained:
        raise TrainingError(f"adapter {config.adapter.name} leaves no weight to train")
    groups = [{"params": list(trained.values()), "lr": config.train.learning_rate}]
    optimizer = config.optimizer.component.build(groups, config.optimizer.options)
    model, optimizer = wrap(accelerator, encoder, optimizer)
    return Run(
        config=config,
        accelerator=accelerator,
        placement=placement,
        encoder=encoder,
        model=model,
        optimizer=optimizer,
        sources=sources,
        losses=losses,
        teachers=teachers,
        prepared=batches.data,
        batches=batches,
        tasks=tasks,
        task_data=task_data,
        untrained=folder.probe(encoder),
    )


def _teachers(
    sources: Sequence[Source], losses: Mapping[str, Selected[Loss[Any]]], device: torch.device
) -> dict[str, TeacherVectors]:
    """What losses learn from, by source; the models that have it are gone when the one to train is loaded."""
    named = {name: teacher_of(loss) for name, loss in losses.items()}
    found: dict[str, TeacherVectors] = {}
    for reference in dict.fromkeys(name for name in named.values() if name is not None):
        pupils = {source.name: source.examples for source in sources if named[source.name] == reference}
        found |= teach(reference, pupils, device)
    return found


def _sources(config: RunConfig) -> list[Source]:
    """The examples by source, where they are not streamed; a DataError if two sources have one name."""
    dataset, options = config.dataset.component, config.dataset.options
    if dataset.stream(options) is not None:
        return [Source(name="", examples=Window())]
    if dataset.sources is None:
        return [Source(name="", examples=dataset.load(options))]
    sources = list(dataset.sources(options))
    names = [source.name for source in sources]
    if not sources or len(set(names)) < len(names):
        raise DataError(f"dataset {config.dataset.name}: sources need names, each its own, got {names}")
    return sources


def _batches(
    config: RunConfig, sources: Sequence[Source], scored: Sequence[bool], accelerator: Accelerator
) -> data.Batches:
    """The batches of a run, tokenised at once and kept, or as a stream gives them."""
    train, tokenizer = config.train, load_tokenizer(config.files)
    place = (config.seed, accelerator.device, accelerator.process_index, accelerator.num_processes)
    window = sources[0].examples
    if isinstance(window, Window):
        stream = partial(config.dataset.component.stream, config.dataset.options)
        texts = Texts(tokenizer, config.max_length, config.prompts)
        return StreamedBatches(stream, texts, scored[0], train.batch_size, train.shuffle_buffer, *place, window)
    prepared = data.prepare_sources(sources, tokenizer, config.max_length, config.prompts, scored)
    return data.Batches(prepared, train.batch_size, *place)


def _built(loss: Selected[Loss[Any]]) -> torch.nn.Module:
    module = loss.component.build(loss.options)
    if any(weight.requires_grad for weight in module.parameters()):
        raise TrainingError(f"loss {loss.name} has weights of its own, which nothing trains; make them options")
    return module


def begin(run: Run, resume: bool) -> int:
    """Say what is about to happen, evaluate or restore, and return the step to start with."""
    accelerator, last = run.accelerator, checkpoints(run.output)[-1:]
    if accelerator.is_main_process:
        reporting.banner(run.encoder, run.batches, run.placement, run.steps)
        run.output.mkdir(parents=True, exist_ok=True)
        write_whole(run.output / CONFIG, run.config.as_yaml())
    run.model.train()
    if resume and last:
        state = checkpoint.restore(last[0], run.encoder, run.optimizer, accelerator)
        if state["data_sha256"] != run.prepared.sha256:
            raise RunFolderError(
                f"the examples are not those that {last[0]} was trained on: the data has changed since"
            )
        if state.get("teachers", {}) != run.taught_by:
            raise RunFolderError(f"the loss's teacher is not the one that {last[0]} was trained with")
        run.before = {name: evaluation.Score(**result) for name, result in state["before"].items()}
        run.best = state["best"]
        run.chunk_tokens = _chunk_tokens(run, state.get("chunk_tokens"))
        log.info("going on from %s", last[0])
        run.first = int(state["step"])
        _start_trackers(run, {"tensorboard": {"purge_step": run.first + 1}})
        return run.first
    random = RandomState(accelerator.device)
    run.chunk_tokens = _chunk_tokens(run, None)  # first: evaluating computes no more tokens at once
    run.before = _evaluated(run)
    _check_metric(run)
    random.restore()
    _start_trackers(run, {})
    return 0


def _chunk_tokens(run: Run, before: int | None) -> int:
    """Tokens in memory at once: what the config says, what the run to resume had, or what is found to fit."""
    asked = run.config.train.chunk_tokens
    if isinstance(asked, int):
        return asked
    if before is not None:  # where chunks are cut decides how sums are rounded: the run goes on to the same bits
        return before
    return fitting_tokens(run)


def fitting_tokens(run: Run) -> int:
    """How many tokens' activations fit, in the process that has the least memory, by the run's longest first texts."""
    batch = run.batches[0]
    first = next(chunks_by_length(batch.token_counts, AT_ONCE["cpu"], run.encoder.backbone.pads))
    processes_here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    trained = sum(weight.numel() for weight in run.encoder.trained().values())
    found, bytes_a_token = tokens_that_fit(
        run.encoder, *batch.texts(0, len(first)), processes_here, STATE_BYTES * trained
    )
    tokens = smallest(run.accelerator, found)
    log.info(
        "%s tokens in memory at once, each takes %s in training (train.chunk_tokens)",
        f"{tokens:,}",
        in_bytes(int(bytes_a_token)),
    )
    return tokens


def _start_trackers(run: Run, settings: dict[str, Any]) -> None:
    accelerator = run.accelerator
    # Here and not in its constructor, which refuses an unknown one before all mistakes can be told at once.
    accelerator.log_with = filter_trackers(list(run.config.train.trackers), accelerator.logging_dir)
    accelerator.init_trackers("lacoskit", init_kwargs=settings)


def _evaluated(run: Run) -> dict[str, evaluation.Score]:
    run.encoder.chunk_tokens = run.chunk_tokens  # so that what a plan counts for training holds for this too
    return evaluation.evaluate(run.encoder, run.tasks, run.task_data, run.accelerator)


def _check_metric(run: Run) -> None:
    """See that the metric is among the figures that there are; a task's are known once it has measured something."""
    metric = run.config.evaluation.metric
    try:
        evaluation.figure(run.before, metric) if run.before else None
    except KeyError:
        name = metric.rpartition("/")[0]
        told = f"task {name} has no figure of this name; it has {', '.join(run.before[name].figures)}"
        raise ConfigError("configuration", [Problem("evaluation.metric", told)]) from None


def measure(run: Run, step: int, reporter: Reporter) -> dict[str, evaluation.Score]:
    """Measure the encoder, and keep its weights if they are the best so far."""
    if not run.tasks:
        return {}
    results = _evaluated(run)
    value = evaluation.figure(results, run.config.evaluation.metric)
    reporter.record(step, evaluation.by_figure(results))
    if run.config.evaluation.every:
        best = run.best is None or value > run.best["value"] or math.isnan(run.best["value"])
        told = f"step {step}: {run.config.evaluation.metric} {100 * value:.2f}"
        reporter.say(f"{told}, the best so far" if best else told)
        if best:
            run.best = {"step": step, "value": value, "results": {name: asdict(r) for name, r in results.items()}}
            checkpoint.save_best(run.output, step, run.encoder, run.accelerator)
    return results


def save_checkpoint(run: Run, step: int) -> Path:
    """Save what the run needs in order to go on after this step."""
    state = {
        "data_sha256": run.prepared.sha256,
        "teachers": run.taught_by,
        "before": {name: asdict(result) for name, result in run.before.items()},
        "best": run.best,
        "chunk_tokens": run.chunk_tokens,
    }
    return checkpoint.save(
        run.output, step, run.encoder, run.optimizer, run.accelerator, state, run.config.train.keep_checkpoints
    )


def finish(run: Run, after: dict[str, evaluation.Score], seconds: float) -> dict[str, Any]:
    """Save the best weights, or the last, check what was saved, and tell the result."""
    accelerator = run.accelerator
    if run.best is not None:
        checkpoint.restore_weights(best_weights(run.output, run.best["step"]), run.encoder)
        after = {name: evaluation.Score(**result) for name, result in run.best["results"].items()}
    total, trained = reporting.sizes(run.encoder)
    held = reporting.weight_bytes(run.encoder)
    report: dict[str, Any] = {}
    vectors = folder.probe(run.encoder)
    own = folder.own_weights(run.encoder)
    weights = in_full(own, accelerator.is_main_process) if run.placement.sharded else None
    if accelerator.is_main_process:
        verification = folder.write(run.encoder, run.output, run.untrained, vectors, weights)
        report = _report(run, after, seconds, total, trained, held) | {"verification": asdict(verification)}
        folder.write_report(run.output, report, reporting.model_card(run.config, report))
        if after:
            console.print()
            console.print(reporting.before_after(run.before, after))
            console.print()
        told = f"saved in {run.output}, reloaded and found equal to the model in memory"
        console.print(f"{told}\n\n{reporting.next_steps(run.output)}", markup=False, soft_wrap=True)
    accelerator.wait_for_everyone()
    accelerator.end_training()
    return report


def _report(
    run: Run, after: Mapping[str, evaluation.Score], seconds: float, total: int, trained: int, held: int
) -> dict[str, Any]:
    packages = ("lacoskit", "torch", "transformers", "accelerate", "peft", "bitsandbytes", "datasets", "deepspeed")
    return {
        "versions": {"python": platform.python_version()} | {name: version_of(name) for name in packages},
        "device": reporting.device_name(run.placement),
        "placement": asdict(run.placement),
        "examples": run.batches.count,
        "sources": run.batches.by_source(),
        "data_sha256": run.prepared.sha256,
        "truncated_texts": run.batches.truncated,
        "steps": run.steps,
        "first_step": run.first,  # if it is not 0, seconds and memory are those since
        "best_step": run.best["step"] if run.best else None,
        "seconds": round(seconds, 2),
        "parameters": total,
        "trained_parameters": trained,
        "weight_bytes": held,
        "memory_gib": round(reporting.memory_gib(run.placement), 3),
        "evaluation": {
            "before": {name: asdict(result) for name, result in run.before.items()},
            "after": {name: asdict(result) for name, result in after.items()},
        },
    }
