"""A model of lacoskit as one that mteb (version 2) measures: `mteb.evaluate(lacoskit.for_mteb("runs/mine"), tasks)`."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from lacoskit.evaluating.vectors import KeptVectors, kept_in
from lacoskit.models import BASE, TextModel, of_encoder, open_model

if TYPE_CHECKING:
    from torch import Tensor

    from lacoskit.components import Embed
    from lacoskit.encoder import Encoder


class MtebEncoder:
    """What mteb calls an encoder (its `EncoderProtocol`): texts go through an `Embed`, by the role of their prompt.

    mteb asks for queries and documents in retrieval and reranking; elsewhere it names no role, and no prompt is used.
    """

    def __init__(self, embed: Embed, name: str, fingerprint: str | None = None, dimensions: int | None = None) -> None:
        """Take the hash of all that decides the vectors: by it, and the name, mteb finds results in its cache again.

        Without a hash nothing is ever found there.
        """
        self._embed = embed
        self._meta = model_meta(name, fingerprint or uuid.uuid4().hex, dimensions)

    @property
    def mteb_model_meta(self) -> Any:
        """The model's `mteb.models.ModelMeta`, whose revision is the hash of all that decides the vectors."""
        from mteb.models import ModelMeta

        return ModelMeta.model_validate({**self._meta, "loader": None})

    def encode(
        self,
        inputs: Iterable[Mapping[str, Sequence[str]]],
        *,
        task_metadata: Any = None,
        hf_split: str = "",
        hf_subset: str = "",
        prompt_type: Any = None,
        **options: Any,
    ) -> NDArray[np.float32]:
        """Return the unit vectors, float32 [texts, dimensions], of the batches of a DataLoader, in their order.

        `prompt_type` is a role of lacoskit's, None for no prompt; all else makes no difference to the vectors.
        """
        texts = [text for batch in inputs for text in batch["text"]]
        role = getattr(prompt_type, "value", prompt_type)
        return self._embed(texts, cast(Literal["query", "document"] | None, role))

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Tensor:
        """Return the cosines of all with all: float32 [first, second]; a single vector is one of one."""
        one, other = _unit(embeddings1), _unit(embeddings2)
        return one.reshape(-1, one.shape[-1]) @ other.reshape(-1, other.shape[-1]).T

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Tensor:
        """Return the cosine of each with its other: float32 [vectors]."""
        return (_unit(embeddings1) * _unit(embeddings2)).sum(dim=-1)


def for_mteb(
    model: str | os.PathLike[str] | Encoder | TextModel, name: str | None = None, keep_vectors: bool = True
) -> MtebEncoder:
    """Make a model one that `mteb.evaluate` takes.

    `model`: a reference as `lacoskit evaluate` takes it (an output folder, `base:` and a model, what
    sentence-transformers opens), or what `lacoskit.load` has returned. `name`: another one than the reference, for
    mteb's tables. Each text is encoded once; with `keep_vectors` also in later runs, as by `lacoskit evaluate`.
    """
    if isinstance(model, str | os.PathLike):
        opened = open_model(os.fspath(model))
    else:
        opened = cast(TextModel, model) if hasattr(model, "fingerprint") else of_encoder(cast("Encoder", model))
    vectors = KeptVectors(opened, kept_in(keep_vectors))
    return MtebEncoder(vectors, name or opened.name, opened.fingerprint, opened.dimensions)


def model_meta(reference: str, fingerprint: str, dimensions: int | None) -> dict[str, Any]:
    """What mteb's `ModelMeta` holds of a model, as its model_meta.json does: much of it is not known, and None."""
    unknown = (
        "release_date languages n_parameters memory_usage_mb max_tokens license open_weights public_training_code "
        "public_training_data use_instructions training_datasets"
    )
    return {
        "loader": None,
        "name": _name(reference),
        "revision": fingerprint,
        "embed_dim": dimensions,
        "framework": ["PyTorch"],
        "similarity_fn_name": "cosine",
        "modalities": ["text"],
        "model_type": ["dense"],
        **dict.fromkeys(unknown.split()),
    }


def _name(reference: str) -> str:
    """The name that mteb has for a model, ORGANIZATION/MODEL: that of the hub where it is from there as it stands."""
    folder = Path(reference).expanduser()
    if reference.startswith(BASE):
        name = "base-" + reference.removeprefix(BASE).strip("/").replace("/", "-")
    elif not folder.exists() and re.fullmatch(r"[\w.-]+(/[\w.-]+)?", reference):
        return reference if "/" in reference else f"sentence-transformers/{reference}"
    else:
        name = folder.resolve().name
    return "lacoskit/" + re.sub(r"[^\w.-]+", "-", name)


def _unit(vectors: Any) -> Tensor:
    import torch
    import torch.nn.functional as F

    found: Tensor = torch.as_tensor(np.asarray(vectors) if not torch.is_tensor(vectors) else vectors)
    return F.normalize(found.float(), dim=-1)
