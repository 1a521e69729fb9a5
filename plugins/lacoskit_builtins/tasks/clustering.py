"""Clustering: whether texts of a label lie together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeInt, PositiveInt

from lacoskit import DataError, Embed, Row, Task, TaskResult, hookimpl
from lacoskit_builtins.mteb_sets import mteb_set
from lacoskit_builtins.reading import label_of
from lacoskit_builtins.task_rows import TaskRowsOptions, check_task_rows, task_rows

BATCH = 512
"""Vectors that a step of k-means looks at, as in mteb."""


class ClusteringOptions(TaskRowsOptions):
    """How far the clusters of k-means are the labels of the texts."""

    text: str = "text"
    """The column of texts."""
    label: str = "label"
    """The column of labels."""
    runs: PositiveInt = 10
    """How often clusters are sought, from other beginnings; figures are means over runs."""
    seed: NonNegativeInt = 0
    """Decides the beginnings."""
    role: Literal["query", "document"] | None = None
    """The role whose prompt stands before texts; null: none."""
    language: str | None = None
    """The code of the language, by which results are put together."""


@dataclass(frozen=True)
class _Labelled:
    """Texts, and the numbers of their labels among all labels."""

    texts: list[str]
    names: list[str]
    labels: NDArray[np.int64]
    options: ClusteringOptions


def load(options: ClusteringOptions) -> _Labelled:
    """Read the texts; a DataError if all have the same label."""

    def parse(row: Row) -> tuple[str, str]:
        return row.text(options.text), label_of(row, options.label)

    found = task_rows(parse, options, (options.text, options.label))
    names, labels = np.unique([label for _, label in found], return_inverse=True)
    if len(names) < 2:
        raise DataError(f"{', '.join(options.files)}: needs texts of at least two labels")
    return _Labelled([text for text, _ in found], [str(name) for name in names], labels, options)


def measure(data: _Labelled, embed: Embed) -> TaskResult:
    """Make as many clusters as there are labels, and compare them by the V-measure (Rosenberg and Hirschberg 2007).

    Mini-batch k-means of scikit-learn as in mteb's Clustering, which takes ten random parts of the texts where this
    takes all of them, from ten beginnings. What is resampled is texts, within the clusters that were found. A text does
    as well as its label is frequent in its cluster, in the mean over beginnings.
    """
    from sklearn.metrics import homogeneity_completeness_v_measure

    figures, influences, shares, usual = [], [], [], []
    for clusters in _clusters(data, embed(data.texts, data.options.role)):
        figures.append(homogeneity_completeness_v_measure(data.labels, clusters))
        influences.append(_influence(data.labels, clusters))
        together = _together(data.labels, clusters)
        shares.append(together[clusters, data.labels])
        usual.append(together.argmax(1)[clusters])
    homogeneity, completeness, v_measure = np.mean(figures, axis=0)
    influence = np.mean(influences, axis=0)

    def resampled(units: NDArray[np.int64]) -> float:
        return float(v_measure + influence[units].mean())

    def shown(unit: int) -> dict[str, str]:
        among = Counter(data.names[labels[unit]] for labels in usual).most_common(1)[0][0]
        return {"text": data.texts[unit], "label": data.names[data.labels[unit]], "mostly among": among}

    return TaskResult(
        figures={
            "v_measure": float(v_measure),
            "homogeneity": float(homogeneity),
            "completeness": float(completeness),
        },
        main="v_measure",
        units=len(influence),
        resampled=resampled,
        languages=(data.options.language,) if data.options.language else (),
        by_unit=np.mean(shares, axis=0),
        shown=shown,
    )


def as_mteb(data: _Labelled, name: str) -> Any:
    """Make mteb's Clustering of the texts, all of which it may draw; it draws 16,384 with repetitions, in each of as
    many runs as here. It has no prompts for texts with a label."""
    columns = {"sentences": data.texts, "labels": data.labels}
    settings: dict[str, Any] = {"max_fraction_of_documents_to_embed": None, "n_clusters": data.options.runs}
    languages = (data.options.language,) if data.options.language else ()
    return mteb_set(name, "Clustering", "v_measure", {"test": columns}, languages, **settings)


def check(options: ClusteringOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_task_rows(options, (options.text, options.label), "labelled texts")


def _clusters(data: _Labelled, vectors: NDArray[np.float32]) -> Iterator[NDArray[np.int64]]:
    """The cluster of each text, int64 [texts], from each beginning."""
    from sklearn.cluster import MiniBatchKMeans

    for run in range(data.options.runs):
        seed = data.options.seed + run
        model = MiniBatchKMeans(data.labels.max() + 1, batch_size=BATCH, n_init=1, random_state=seed)
        yield model.fit_predict(vectors).astype(np.int64)


def _together(labels: NDArray[np.int64], clusters: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share that each label has of each cluster, float64 [clusters, labels]; 0 in one that is empty."""
    counts = np.zeros((clusters.max() + 1, labels.max() + 1))
    np.add.at(counts, (clusters, labels), 1)
    return np.asarray(counts / np.maximum(counts.sum(1, keepdims=True), 1))


def _influence(labels: NDArray[np.int64], clusters: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much more of a text would raise V, float64 [texts], in the mean 0: its influence function (Hampel 1974).

    With it V is resampled as a mean is. V of texts that are drawn again and again would be too high, and its interval
    beside the figure: among fewer different texts each cluster looks purer than it is.

    V = 2 I / (H(label) + H(cluster)) = 2 - 2 H(both) / (H(label) + H(cluster)), and that of an entropy H is -log p - H.
    """
    both = labels * (clusters.max() + 1) + clusters
    surprise = []
    for values in (labels, clusters, both):
        _, numbers, counts = np.unique(values, return_inverse=True, return_counts=True)
        surprise.append(-np.log(counts / len(values))[numbers])
    apart, joint = surprise[0] + surprise[1], surprise[2]
    h_apart, h_joint = apart.mean(), joint.mean()
    return np.asarray(2 * (h_joint * (apart - h_apart) / h_apart - (joint - h_joint)) / h_apart)


@hookimpl
def lacoskit_tasks() -> Sequence[Task[ClusteringOptions]]:
    """Offer `clustering`."""
    return [
        Task(
            name="clustering",
            options=ClusteringOptions,
            requires=("sklearn",),
            load=load,
            measure=measure,
            check=check,
            as_mteb=as_mteb,
        )
    ]
