"""The training loop."""

from __future__ import annotations

import logging
import math
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lacoskit import preflight, reporting
from lacoskit.allocator import freed_memory_kept
from lacoskit.config import RunConfig, Train
from lacoskit.data import Batch
from lacoskit.distributed import any_process, placement_of, start
from lacoskit.errors import Interrupted
from lacoskit.evaluation import by_figure
from lacoskit.gradients import Gradients
from lacoskit.guards import Movement, one_message, refuse_non_finite
from lacoskit.layout import finished
from lacoskit.reporting import Meter, Reporter
from lacoskit.run import Run, begin, finish, measure, prepare, save_checkpoint
from lacoskit.stopping import stop_requests

log = logging.getLogger("lacoskit")


def run(config: RunConfig, resume: bool = False, source: str = "configuration") -> dict[str, Any]:
    """Train as the config says, save the encoder, and return what run.json holds."""
    accelerator = start(config)  # comes first: under ZeRO-3 a model is sharded as it loads
    reporting.show_log(accelerator.is_main_process)
    placement = placement_of(accelerator, config)
    preflight.check(config, placement, source, resume)
    done = finished(Path(config.output)) if resume else None
    if done is not None:
        log.info("%s is finished: nothing to resume", config.output)
        return done
    with one_message(config):
        run = prepare(config, accelerator, placement, source)
        with freed_memory_kept():
            return _train(run, resume)


def _train(run: Run, resume: bool) -> dict[str, Any]:
    """Train, evaluating and saving when it is due."""
    config, encoder, accelerator = run.config.train, run.encoder, run.accelerator
    first = begin(run, resume)
    meter, began = Meter(), time.perf_counter()
    movement, gradients = Movement(encoder), Gradients(run)
    reporter = Reporter(run.output, run.steps, first, accelerator.is_main_process, accelerator.log)
    with reporter, stop_requests() as asked:
        if first == 0:
            reporter.record(0, by_figure(run.before))
        for step in range(first, run.steps):
            meter.begin()
            batch = run.batches[step]
            set_learning_rate(run.optimizer, config, step, run.steps)
            computed = gradients(batch)
            norm = accelerator.clip_grad_norm_(encoder.parameters(), config.max_grad_norm or math.inf)
            refuse_non_finite(run, step, computed, norm, batch)
            run.optimizer.step()
            run.optimizer.zero_grad()
            if not run.optimizer.step_was_skipped:  # as float16's are until the scale of its gradients is found
                movement.check(run.optimizer.param_groups[0]["lr"])
            meter.end(computed.loss.item(), len(batch.lengths), len(batch.ids), computed.slots, batch.source)
            reporter.advance()
            done = step + 1
            if _due(done, config.log_every) or done == run.steps:
                reporter.record(done, _figures(run, meter, batch, norm))
                meter = Meter()
            if _due(done, run.config.evaluation.every) and done < run.steps:
                measure(run, done, reporter)
            if any_process(accelerator, bool(asked)):
                _stop(run, done, asked)
            if _due(done, config.save_every) or (config.save_every and done == run.steps):
                save_checkpoint(run, done)
        after = measure(run, run.steps, reporter)
    return finish(run, after, time.perf_counter() - began)


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


def _figures(run: Run, meter: Meter, batch: Batch, norm: Any) -> dict[str, Any]:
    return meter.figures(run.accelerator.num_processes) | {
        "learning_rate": run.optimizer.param_groups[0]["lr"],
        "gradient_norm": float(norm) if norm is not None else None,
        "negatives_per_query": len(batch.positives) - 1 + len(batch.negatives),
        "memory_gib": reporting.memory_gib(run.placement),
    }


def _stop(run: Run, step: int, asked: Sequence[int]) -> None:
    saved = save_checkpoint(run, step)
    raise Interrupted(
        f"stopped after step {step:,} of {run.steps:,}; saved {saved}. Go on with the same command and --resume",
        asked[0] if asked else signal.SIGTERM,
    )
