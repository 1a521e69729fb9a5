"""The file of tasks on real sets: what `lacoskit evaluate` takes."""

from __future__ import annotations

from pathlib import Path

from lacoskit.evaluating.config import EvaluateConfig

FILE = Path(__file__).with_name("tasks.yaml")


def test_the_file_is_accepted_and_has_tasks_of_every_kind_that_reads_files() -> None:
    config, _ = EvaluateConfig.of_words([str(FILE)], {"models": ["base:nano-bloom"]})
    kinds = {task.name for task in config.tasks.values()}
    assert kinds == {"sts", "retrieval", "bitext", "classification", "clustering"}
    told = [getattr(task.options, name, "told") for task in config.tasks.values() for name in ("language", "language1")]
    assert all(told)
