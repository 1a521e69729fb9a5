"""Rows of data sets on the Hugging Face hub, as `read_rows` gives those of files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lacoskit import DataError, Row


def hub_rows(
    path: str,
    subset: str | None,
    split: str,
    columns: Sequence[str],
    revision: str | None = None,
    streaming: bool = False,
) -> Iterator[Row]:
    """Yield the rows of a split, from the cache where it is there; a DataError if it can be had from neither.

    A DataError, too, if it lacks one of `columns`. With `streaming`, rows are read as they arrive, and none is kept.
    """
    from datasets import load_dataset

    name = f"{path}/{subset}" if subset else path
    try:
        more = {"streaming": True} if streaming else {}
        rows = load_dataset(path, subset, split=split, revision=revision, **more)
        found = rows.column_names or list(next(iter(rows), {}))  # a stream may learn of its columns from a row
    except Exception as error:  # a dozen kinds, from three libraries, for one circumstance
        reason = " ".join(str(error).split())[:200]
        raise DataError(
            f"the data set {name} ({split}) cannot be loaded from the hub: {reason}. Check its name and the "
            "connection, or name local files."
        ) from error
    for column in columns:
        if column not in found:
            known = ", ".join(found)
            raise DataError(f"the data set {name} ({split}) has no column {column!r}; its columns: {known}")
    for number, values in enumerate(rows, 1):
        yield Row(f"{name}:{number}", dict(values))
