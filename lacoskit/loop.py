"""The training loop."""

from __future__ import annotations

import importlib.metadata
import json
import logging
import math
import platform
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.tracking import get_available_trackers
from torch import Tensor

from lacoskit import checkpoint, data, evaluation, folder, preflight, reporting
from lacoskit.allocator import keep_freed_memory
from lacoskit.backbone import load_tokenizer
from lacoskit.components import Example, Placement, VectorBatch
from lacoskit.config import METRICS, RunConfig, Train
from lacoskit.distributed import any_process, gather_vectors, placement_of, start, whole, whole_model
from lacoskit.encoder import Encoder, build_encoder
from lacoskit.errors import (
    ConfigError,
    Interrupted,
    LacoskitError,
    Problem,
    RunFolderError,
    TrainingError,
    did_you_mean,
)
from lacoskit.reporting import Meter, Reporter, console
from lacoskit.storage import enough_space, write_whole

log = logging.getLogger("lacoskit")

CHECKSUM_BYTES = 2**24
"""Bytes of a weight summed at once."""


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
    loss_of: torch.nn.Module
    examples: Sequence[Example]
    prepared: data.TrainingData
    batches: data.Batches
    sets: Mapping[str, Sequence[Example]]
    untrained: Any
    """Vectors of the probe texts before training."""
    before: dict[str, evaluation.Correlation] = field(default_factory=dict)
    best: dict[str, Any] | None = None
    """The best step so far, its figure and its results."""

    @property
    def output(self) -> Path:
        """The output folder."""
        return Path(self.config.output)

    @property
    def steps(self) -> int:
        """How many steps the run has in all."""
        train = self.config.train
        by_epochs = max(1, round(train.epochs * self.batches.steps_per_epoch))
        return min(by_epochs, train.max_steps or by_epochs)


def run(config: RunConfig, resume: bool = False, source: str = "configuration") -> dict[str, Any]:
    """Train as the config says, save the encoder, and return what run.json holds."""
    _refuse_missing_trackers(config)
    keep_freed_memory()
    accelerator = start(config)  # comes first: under ZeRO-3 a model is sharded as it loads
    reporting.show_log(accelerator.is_main_process)
    placement = placement_of(accelerator, config)
    preflight.check(config, placement, source)
    preflight.check_output(config, resume)
    done = folder.finished(Path(config.output)) if resume else None
    if done is not None:
        log.info("%s is finished: nothing to resume", config.output)
        return done
    with _one_message(config):
        return _train(_prepare(config, accelerator, placement, source), resume)


def _train(run: Run, resume: bool) -> dict[str, Any]:
    """Train, evaluating and saving when it is due."""
    config, encoder, accelerator = run.config.train, run.encoder, run.accelerator
    first = _begin(run, resume)
    meter, began = Meter(), time.perf_counter()
    movement = _Movement(encoder)
    reporter = Reporter(run.output, run.steps, first, accelerator.is_main_process, accelerator.log)
    with reporter, _stop_requests() as asked:
        if first == 0:
            reporter.record(0, _correlations(run.before))
        for step in range(first, run.steps):
            meter.begin()
            batch = run.batches[step]
            set_learning_rate(run.optimizer, config, step, run.steps)
            vectors = gather_vectors(run.model(batch.ids, batch.lengths), batch.texts_of_process)
            loss = _loss(run, batch, vectors)
            accelerator.backward(loss * accelerator.num_processes)  # DDP and DeepSpeed take the mean of the processes
            norm = accelerator.clip_grad_norm_(encoder.parameters(), config.max_grad_norm or math.inf)
            _refuse_non_finite(run, step, loss, norm, batch, vectors)
            run.optimizer.step()
            run.optimizer.zero_grad()
            movement.check(step - first, run.optimizer.param_groups[0]["lr"])
            meter.end(loss.item(), len(batch.lengths), len(batch.ids), encoder.backbone.slots(batch.lengths))
            reporter.advance()
            done = step + 1
            if _due(done, config.log_every) or done == run.steps:
                reporter.record(done, _figures(run, meter, batch, norm))
                meter = Meter()
            if _due(done, run.config.evaluation.every) and done < run.steps:
                _evaluate(run, done, reporter)
            if any_process(accelerator, bool(asked)):
                _stop(run, done, asked)
            if _due(done, config.save_every) and done < run.steps:
                _save_checkpoint(run, done)
        after = _evaluate(run, run.steps, reporter)
    return _finish(run, after, time.perf_counter() - began)


def _prepare(config: RunConfig, accelerator: Accelerator, placement: Placement, source: str) -> Run:
    """Load data before the model: what is wrong with it shows in seconds."""
    with _data_first(accelerator):
        examples = config.dataset.component.load(config.dataset.options)
        sets = _evaluation_sets(config, source)
    loss = config.loss.component
    tokenizer = load_tokenizer(config.model, config.revision, config.trust_remote_code)
    prepared = data.prepare(examples, tokenizer, config.max_length, dict(config.prompts), loss.needs_scores)
    batches = data.Batches(
        prepared,
        config.train.batch_size,
        config.seed,
        accelerator.device,
        accelerator.process_index,
        placement.processes,
    )
    encoder = build_encoder(config, placement)
    trained = encoder.trained()
    if not trained:
        raise TrainingError(f"adapter {config.adapter.name} leaves no weight to train")
    groups = [{"params": list(trained.values()), "lr": config.train.learning_rate}]
    optimizer = config.optimizer.component.build(groups, config.optimizer.options)
    model, optimizer = accelerator.prepare(encoder, optimizer)
    return Run(
        config=config,
        accelerator=accelerator,
        placement=placement,
        encoder=encoder,
        model=model,
        optimizer=optimizer,
        loss_of=loss.build(config.loss.options).to(accelerator.device),
        examples=examples,
        prepared=prepared,
        batches=batches,
        sets=sets,
        untrained=folder.probe(encoder),
    )


def _begin(run: Run, resume: bool) -> int:
    """Say what is about to happen, evaluate or restore, and return the step to start with."""
    accelerator, last = run.accelerator, checkpoint.found(run.output)[-1:]
    if accelerator.is_main_process:
        reporting.banner(run.encoder, run.prepared, run.placement, run.steps)
        run.output.mkdir(parents=True, exist_ok=True)
        write_whole(run.output / folder.CONFIG, run.config.as_yaml())
    run.model.train()
    if resume and last:
        state = checkpoint.restore(last[0], run.encoder, run.optimizer, accelerator)
        if state["data_sha256"] != run.prepared.sha256:
            raise RunFolderError(
                f"the examples are not those that {last[0]} was trained on: the data has changed since"
            )
        run.before = {name: evaluation.Correlation(**result) for name, result in state["before"].items()}
        run.best = state["best"]
        log.info("going on from %s", last[0])
        step = int(state["step"])
        accelerator.init_trackers("lacoskit", init_kwargs={"tensorboard": {"purge_step": step + 1}})
        return step
    random = torch.get_rng_state()
    run.before = evaluation.evaluate(run.encoder, run.sets)
    torch.set_rng_state(random)
    accelerator.init_trackers("lacoskit")
    return 0


def _loss(run: Run, batch: data.Batch, vectors: Tensor) -> Tensor:
    """The loss over the vectors of all processes, in float32."""
    with torch.autocast(vectors.device.type, enabled=False):
        loss: Tensor = run.loss_of(
            VectorBatch(
                anchors=vectors[batch.anchors],
                positives=vectors[batch.positives],
                negatives=vectors[batch.negatives],
                negative_of=batch.negative_of,
                scores=batch.scores,
            )
        )
    return loss


def set_learning_rate(optimizer: Any, config: Train, step: int, steps: int) -> None:
    """Set the learning rate of a step; a function of the step, so that there is nothing to resume."""
    for group in optimizer.param_groups:
        group["lr"] = config.learning_rate * schedule(config, step, steps)


def schedule(config: Train, step: int, steps: int) -> float:
    """The share of the learning rate at a step from 0: rising to 1 through the warm-up, then falling towards 0."""
    warmup = round(config.warmup_ratio * steps)
    if step < warmup:
        return (step + 1) / (warmup + 1)  # never 0: the first step moves too
    progress = (step - warmup) / max(steps - warmup, 1)
    if config.schedule == "linear":
        return 1 - progress
    return (1 + math.cos(math.pi * progress)) / 2 if config.schedule == "cosine" else 1.0


def _due(done: int, every: int) -> bool:
    return every > 0 and done % every == 0


def _figures(run: Run, meter: Meter, batch: data.Batch, norm: Any) -> dict[str, Any]:
    figures = meter.figures(run.accelerator.num_processes) | {
        "learning_rate": run.optimizer.param_groups[0]["lr"],
        "gradient_norm": float(norm) if norm is not None else None,
        "negatives_per_query": len(batch.positives) - 1 + len(batch.negatives),
        "memory_gib": reporting.memory_gib(run.placement),
    }
    return figures


def _evaluate(run: Run, step: int, reporter: Reporter) -> dict[str, evaluation.Correlation]:
    """Measure the encoder, and keep its weights if they are the best so far."""
    if not run.sets:
        return {}
    results = evaluation.evaluate(run.encoder, run.sets)
    value = evaluation.figure(results, run.config.evaluation.metric)
    reporter.record(step, _correlations(results))
    if run.config.evaluation.every:
        best = run.best is None or value > run.best["value"] or math.isnan(run.best["value"])
        reporter.say(f"step {step}: {run.config.evaluation.metric} {value:.2f}{', the best so far' if best else ''}")
        if best:
            run.best = {"step": step, "value": value, "results": {name: asdict(r) for name, r in results.items()}}
            checkpoint.save_best(
                run.output, run.encoder, run.accelerator, lambda: whole(run.encoder.trained().values())
            )
    return results


def _correlations(results: Mapping[str, evaluation.Correlation]) -> dict[str, float]:
    """Figures under the names by which `evaluation.metric` asks for them."""
    kinds = {kind: {name: getattr(result, kind) for name, result in results.items()} for kind in METRICS}
    return {f"{kind}/{name}": value for kind, values in kinds.items() for name, value in values.items()}


def _save_checkpoint(run: Run, step: int) -> Path:
    state = {
        "data_sha256": run.prepared.sha256,
        "before": {name: asdict(result) for name, result in run.before.items()},
        "best": run.best,
    }
    return checkpoint.save(
        run.output, step, run.encoder, run.optimizer, run.accelerator, state, run.config.train.keep_checkpoints
    )


def _finish(run: Run, after: dict[str, evaluation.Correlation], seconds: float) -> dict[str, Any]:
    """Save the best weights, or the last, check what was saved, and tell the result."""
    accelerator = run.accelerator
    if run.best is not None:
        with whole(run.encoder.trained().values(), changed=True):
            checkpoint.restore_weights(run.output / checkpoint.FOLDER / f"{checkpoint.BEST}.safetensors", run.encoder)
        after = {name: evaluation.Correlation(**result) for name, result in run.best["results"].items()}
    total, trained = reporting.sizes(run.encoder)
    report: dict[str, Any] = {}
    with whole_model(run.model):
        if accelerator.is_main_process:
            verification = folder.write(run.encoder, run.output, run.untrained)
            report = _report(run, after, seconds, total, trained) | {"verification": asdict(verification)}
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
    run: Run, after: Mapping[str, evaluation.Correlation], seconds: float, total: int, trained: int
) -> dict[str, Any]:
    packages = ("lacoskit", "torch", "transformers", "accelerate", "peft", "bitsandbytes", "datasets", "deepspeed")
    return {
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in packages},
        "device": reporting.device_name(run.placement),
        "placement": asdict(run.placement),
        "examples": len(run.prepared),
        "data_sha256": run.prepared.sha256,
        "evaluation_sha256": {name: data.fingerprint(pairs) for name, pairs in run.sets.items()},
        "truncated_texts": run.prepared.truncated,
        "steps": run.steps,
        "best_step": run.best["step"] if run.best else None,
        "seconds": round(seconds, 2),
        "parameters": total,
        "trained_parameters": trained,
        "memory_gib": round(reporting.memory_gib(run.placement), 3),
        "evaluation": {
            "before": {name: asdict(result) for name, result in run.before.items()},
            "after": {name: asdict(result) for name, result in after.items()},
        },
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _refuse_non_finite(run: Run, step: int, loss: Tensor, norm: Any, batch: data.Batch, vectors: Tensor) -> None:
    """Stop before a step that would spoil the weights, naming the texts it came from."""
    scaled = run.accelerator.scaler is not None  # float16's scaler skips a step whose gradient overflows
    length = math.nan if norm is None else float(norm)  # DeepSpeed keeps it to itself
    if math.isfinite(loss.item()) and (scaled or norm is None or math.isfinite(length)):
        return
    broken, texts = _not_finite(run, batch, vectors)
    kept = checkpoint.found(run.output)[-1:]
    advice = f"The last good checkpoint is {kept[0]}." if kept else "There is no checkpoint yet (train.save_every)."
    raise TrainingError(
        f"step {step + 1}: the loss is {loss.item():g} and the gradient's norm {length:g}; the run stopped before "
        f"they reached the weights. {advice} A lower train.learning_rate or train.dtype=float32 may help. "
        f"{'Texts whose vectors are not finite' if broken else 'Texts of the batch'} ({len(texts):,}, of which three "
        "or fewer are shown):" + "".join(f"\n    {text[:100]!r}" for text in texts[:3])
    )


def _not_finite(run: Run, batch: data.Batch, vectors: Tensor) -> tuple[bool, list[str]]:
    """The texts of a step whose vectors are not finite; all its texts where every vector is, or none."""
    chosen = [run.examples[int(i)] for i in batch.examples]
    texts = [example.anchor for example in chosen] + [example.positive for example in chosen]
    texts += [text for example in chosen for text in example.negatives]
    finite = torch.isfinite(vectors).all(dim=1)[torch.cat([batch.anchors, batch.positives, batch.negatives])].tolist()
    broken = [text for text, good in zip(texts, finite, strict=True) if not good]
    return (True, broken) if 0 < len(broken) < len(texts) else (False, texts)


class _Movement:
    """Sees to it that training changes every weight that it should.

    LoRA's A has a gradient of exactly 0 in the first step, since B is 0: what has not moved then must in the second.
    Nothing is said of steps so small, as at the start of a long warm-up, that rounding may swallow them.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.still = {name: _checksum(weight) for name, weight in encoder.trained().items()}

    def check(self, steps_before: int, learning_rate: float) -> None:
        """Compare after a step; a TrainingError names what two steps have left as it was."""
        if not self.still:
            return
        trained = self.encoder.trained()
        self.still = {name: old for name, old in self.still.items() if _checksum(trained[name]) == old}
        if steps_before == 0 or any(learning_rate < _swallowed(trained[name]) for name in self.still):
            return
        if self.still:
            names = ", ".join(list(self.still)[:5]) + (", ..." if len(self.still) > 5 else "")
            raise TrainingError(
                f"two steps have not moved {len(self.still)} of {len(trained)} trained tensors: {names}. They are not "
                "part of what is computed, or the optimizer does not have them; the adapter should leave them frozen."
            )


def _checksum(weight: Any) -> int:
    bits = _held(weight).contiguous().view(torch.uint8).flatten()
    total = 0
    for part in torch.split(bits, CHECKSUM_BYTES):  # a table of embeddings at once would take 16 times its memory
        total += int((part * torch.arange(1, len(part) + 1, device=part.device)).sum().item())
    return total


def _swallowed(weight: Any) -> float:
    """A step that may be lost when it is added to the weight's largest element; Adam's are near the learning rate."""
    held = _held(weight)
    return 8 * torch.finfo(held.dtype).eps * float(held.abs().max()) if held.numel() else math.inf


def _held(weight: Any) -> Tensor:
    held: Tensor = getattr(weight, "ds_tensor", weight).detach()  # under ZeRO-3, this process's share
    return held


@contextmanager
def _stop_requests() -> Iterator[list[int]]:
    """Collect SIGTERM and Ctrl-C, so that the step at hand is finished and saved first."""
    asked: list[int] = []
    numbers = (signal.SIGTERM, signal.SIGINT)
    try:
        before = {number: signal.signal(number, lambda received, frame: asked.append(received)) for number in numbers}
    except ValueError:  # not in the main thread, as in some notebooks: the default handling stays
        before = {}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(run: Run, step: int, asked: Sequence[int]) -> None:
    saved = _save_checkpoint(run, step)
    raise Interrupted(
        f"stopped after step {step:,} of {run.steps:,}; saved {saved}. Go on with the same command and --resume",
        asked[0] if asked else signal.SIGTERM,
    )


@contextmanager
def _one_message(config: RunConfig) -> Iterator[None]:
    """Turn what a user can mend, or has done, into a message: a full disk or GPU, Ctrl-C outside of the steps."""
    try:
        with enough_space(Path(config.output)):
            yield
    except KeyboardInterrupt:
        what = "stopped while no step was at hand, so no checkpoint was saved; earlier ones are still there"
        raise Interrupted(what, signal.SIGINT) from None
    except torch.OutOfMemoryError as error:
        train = config.train
        raise TrainingError(
            f"the GPU's memory is full. Lower train.batch_size (now {train.batch_size}) or max_length (now "
            f"{config.max_length})"
            + ("" if config.quantizer else "; quantizer.name=bnb-8bit or bnb-4bit makes the weights smaller")
        ) from error


def _refuse_missing_trackers(config: RunConfig) -> None:
    """accelerate would leave out in silence a tracker whose package is missing."""
    there = sorted(str(tracker) for tracker in get_available_trackers())
    problems = [
        Problem(
            "train.trackers", f"{name} is not known to accelerate, or its package is not installed; there is: {there}"
        )
        for name in config.train.trackers
        if name not in there
    ]
    if problems:
        raise ConfigError("configuration", problems)


def _evaluation_sets(config: RunConfig, source: str) -> dict[str, Sequence[Example]]:
    """Load the evaluation sets; a ConfigError if the metric, or keeping the best, needs one that is not there."""
    sets = evaluation.load_sets(config)
    wanted = config.evaluation.metric.partition("/")[2]
    problems = []
    if wanted and wanted not in sets:
        problems.append(Problem("evaluation.metric", f"no set named {wanted!r}; {did_you_mean(wanted, sets)}"))
    if config.evaluation.every and not sets:
        problems.append(Problem("evaluation.every", "there is nothing to evaluate on; name files in evaluation.sets"))
    if problems:
        raise ConfigError(source, problems)
    return sets


@contextmanager
def _data_first(accelerator: Accelerator) -> Iterator[None]:
    """Let one process download and cache data before the others read it."""
    with accelerator.main_process_first():
        yield


def read_metrics(output: Path) -> list[dict[str, Any]]:
    """The lines of a run's metrics.jsonl."""
    return [json.loads(line) for line in (output / folder.METRICS).read_text(encoding="utf-8").splitlines()]


__all__ = ["LacoskitError", "Run", "read_metrics", "run", "schedule"]
