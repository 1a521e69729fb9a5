"""Models that only compute vectors: an output folder, an untrained base model, or what sentence-transformers opens.

What mining searches with and what a loss takes for its teacher is opened here, by a reference: a folder that a run has
written; `base:` and a Hugging Face model, which gets mean pooling; else a folder or a name on the hub that
sentence-transformers knows.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import tempfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lacoskit.components import Role
from lacoskit.errors import LacoskitError, NotTold
from lacoskit.finite import finite
from lacoskit.layout import CONFIG, LAST_WRITTEN, why_not_opened
from lacoskit.versions import code_of, version_of

if TYPE_CHECKING:
    from torch import nn

    from lacoskit.encoder import Encoder

BASE = "base:"
"""What the reference of an untrained base model begins with."""


class TextModel(Protocol):
    """Maps texts to vectors, each role with its own prompt if the model has one."""

    @property
    def name(self) -> str:
        """The reference by which it was opened."""

    @property
    def dimensions(self) -> int:
        """The number of dimensions of a vector."""

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of all that decides the vectors: weights, tokenizer, prompts, modules, dtype, code."""

    def encode(self, texts: Sequence[str], role: Role | None = None) -> NDArray[np.float32]:
        """Return unit vectors, float32 [texts, dimensions], in the order of the texts; None is no role's prompt."""

    def layers(self, texts: Sequence[str], role: Role | None = None) -> NDArray[np.float32]:
        """Return unit vectors, float32 [layers + 1, texts, width]: mean states of the embedding and after each layer.

        A NotTold where the model does not tell them.
        """


def open_model(reference: str, prompts: Mapping[str, str] | None = None, batch_size: int = 32) -> TextModel:
    """Open a model for `encode`, on the GPU if there is one; a LacoskitError tells why it cannot be opened.

    `prompts` (role to text) take the place of the model's own. `batch_size` is what sentence-transformers computes at
    once; lacoskit's own encoder goes by tokens. No code that comes with a model is run.
    """
    problem = why_no_model(reference)
    if problem:
        raise LacoskitError(problem)
    if reference.startswith(BASE) or (Path(reference).expanduser() / CONFIG).is_file():
        from lacoskit.folder import load

        base = reference.startswith(BASE)
        return of_encoder(_untrained(reference.removeprefix(BASE)) if base else load(reference), reference, prompts)
    return _Foreign(reference, prompts, batch_size)


def of_encoder(encoder: Encoder, name: str | None = None, prompts: Mapping[str, str] | None = None) -> TextModel:
    """An encoder as one of the models that this module opens; without a name, that of its run's output folder."""
    return _Own(encoder, encoder.config.output if name is None else name, prompts)


def encoded(model: TextModel, texts: Sequence[str], role: Role | None) -> NDArray[np.float32]:
    """The model's vectors of texts; a LacoskitError names a text whose vector is not finite."""
    return finite(model.encode(texts, role), texts, model.name)


def why_no_model(reference: str) -> str:
    """What can be seen to keep a reference from being opened, loading nothing; empty if nothing does."""
    from lacoskit.location import locate

    if reference.startswith(BASE):
        try:
            locate(reference.removeprefix(BASE))
        except LacoskitError as error:
            return str(error).removeprefix("model: ")
        return ""
    folder = Path(reference).expanduser()
    if (folder / CONFIG).is_file():
        return why_not_opened(folder)
    if folder.is_dir() and not any((folder / name).is_file() for name in (LAST_WRITTEN, "config.json")):
        return f"{reference} is neither an output folder of lacoskit nor a model: it has no {CONFIG} or {LAST_WRITTEN}"
    if not folder.is_dir() and (reference.startswith((".", "/", "~")) or reference.count("/") > 1):
        return f"there is no folder {reference}"
    if importlib.util.find_spec("sentence_transformers") is None:
        return (
            f"{reference} is not an output folder of lacoskit, and sentence-transformers, which may open it, is not "
            "installed: pip install 'lacoskit[sentence-transformers]'"
        )
    return ""


class _Own:
    """lacoskit's encoder: trained, from an output folder, or an untrained base model under mean pooling."""

    def __init__(self, encoder: Encoder, name: str, prompts: Mapping[str, str] | None) -> None:
        self.name = name
        self.encoder = encoder
        if prompts is not None:
            self.encoder.config = self.encoder.config.model_copy(update={"prompts": dict(prompts)})
        self.dimensions = self.encoder.dimensions

    @cached_property
    def fingerprint(self) -> str:
        config = self.encoder.config
        pooler, dtype = config.pooler.as_mapping(), self.encoder.placement.dtype
        about = {"length": config.max_length, "prompts": dict(config.prompts), "pooler": pooler, "dtype": dtype}
        about |= {
            "code": [*map(version_of, ("lacoskit", "transformers")), code_of(type(self.encoder.pooler), ("torch",))]
        }
        return fingerprint(self.encoder, self.encoder.tokenizer, about)

    def encode(self, texts: Sequence[str], role: Role | None = None) -> NDArray[np.float32]:
        return self.encoder.encode(texts, self._prompt(role), progress=False)

    def layers(self, texts: Sequence[str], role: Role | None = None) -> NDArray[np.float32]:
        return self.encoder.encode_layers(texts, self._prompt(role))

    def _prompt(self, role: Role | None) -> str | None:
        return role if role in self.encoder.config.prompts else None


class _Foreign:
    """A model of sentence-transformers."""

    def __init__(self, reference: str, prompts: Mapping[str, str] | None, batch_size: int) -> None:
        import torch
        from safetensors import SafetensorError
        from sentence_transformers import SentenceTransformer

        self.name = reference
        self.batch_size = batch_size
        device = "cuda" if torch.cuda.is_available() else "cpu"
        given = None if prompts is None else dict(prompts)
        source = str(Path(reference).expanduser()) if Path(reference).expanduser().is_dir() else reference
        try:
            self.model: Any = SentenceTransformer(source, device=device, prompts=given, trust_remote_code=False)
        except (OSError, ValueError, ImportError, SafetensorError) as error:
            told = " ".join(str(error).split())
            raise LacoskitError(f"{reference}: sentence-transformers cannot open it: {told}") from error
        self._encoders = {
            "query": self.model.encode_query,
            "document": self.model.encode_document,
            None: self.model.encode,
        }
        self.dimensions = self.encode(["a"]).shape[1]

    @cached_property
    def fingerprint(self) -> str:
        known: list[Any] = [getattr(module, "get_config_dict", dict)() for module in self.model]
        about = {"modules": repr(self.model), "options": known, "prompts": dict(self.model.prompts)}
        about |= {"default": self.model.default_prompt_name, "truncated": self.model.truncate_dim}
        about |= {"code": [*map(version_of, ("sentence-transformers", "transformers"))]}
        return fingerprint(self.model, self.model.tokenizer, about)

    def encode(self, texts: Sequence[str], role: Role | None = None) -> NDArray[np.float32]:
        vectors = self._encoders[role](
            list(texts), batch_size=self.batch_size, show_progress_bar=False, normalize_embeddings=True
        )
        return np.asarray(vectors, np.float32)

    def layers(self, texts: Sequence[str], role: Role | None = None) -> NDArray[np.float32]:
        """Have the layers' means returned in the place of the vectors, so that all else is as in `encode`."""
        config = getattr(getattr(self.model[0], "auto_model", None), "config", None)
        if config is None:
            raise NotTold(f"{self.name} does not begin with a model of transformers, whose layers could be told apart")
        told, cut = getattr(config, "output_hidden_states", False), self.model.truncate_dim
        hook = self.model.register_forward_hook(lambda model, given, features: self._with_layers(features))
        try:
            config.output_hidden_states, self.model.truncate_dim = True, None
            vectors = self._encoders[role](list(texts), batch_size=self.batch_size, show_progress_bar=False)
        finally:
            config.output_hidden_states, self.model.truncate_dim = told, cut
            hook.remove()
        layers = np.asarray(vectors, np.float32).reshape(len(texts), -1, config.get_text_config().hidden_size)
        return layers.transpose(1, 0, 2)

    def _with_layers(self, features: dict[str, Any]) -> dict[str, Any]:
        import torch

        states = features.get("all_layer_embeddings")
        if not states or len({layer.shape for layer in states}) > 1:
            raise NotTold(f"{self.name} does not return the states of its layers")
        real = features["attention_mask"].unsqueeze(2)
        means = [torch.nn.functional.normalize((layer.float() * real).sum(1), dim=1) for layer in states]
        return {**features, "sentence_embedding": torch.cat(means, dim=1)}


def _untrained(model: str) -> Encoder:
    """A base model as it is, in the dtype of this device, under mean pooling."""
    from lacoskit.backbone import load_tokenizer
    from lacoskit.base import read_base
    from lacoskit.config import RunConfig
    from lacoskit.encoder import assemble, width_of
    from lacoskit.placement import placement_here

    config = RunConfig.model_validate({"model": model, "quantizer": None, "pooler": {"name": "mean"}})
    placement = placement_here(config)
    base = read_base(config, placement)
    encoder = assemble(config, placement, base, load_tokenizer(config.files), width_of(base))
    return encoder.to(placement.device).requires_grad_(False).eval()


def fingerprint(model: nn.Module, tokenizer: Any, about: Mapping[str, Any]) -> str:
    """Hash a model as it is in memory: where its files lie, and in how many they are, makes no difference."""
    import torch

    parts = [json.dumps(about, sort_keys=True, default=str), _state(tokenizer), _settings(model)]
    digest = hashlib.sha256(json.dumps(parts).encode())
    for name, value in sorted(model.state_dict().items()):
        if not torch.is_tensor(value):
            digest.update(f"{name} {value!r}".encode())
            continue
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _settings(model: nn.Module) -> list[str]:
    """What decides vectors and is no weight: the configs of transformers' models, and by how much adapters count."""
    of_saving = ("architectures", "transformers_version")
    found: dict[str, None] = {}
    for name, module in model.named_modules():
        config: Any = getattr(module, "config", None)
        scaling = getattr(module, "scaling", None)
        if hasattr(config, "to_dict"):
            known = {key: value for key, value in config.to_dict().items() if key[0] != "_" and key not in of_saving}
            found[json.dumps(known, sort_keys=True, default=str)] = None
        if isinstance(scaling, float | dict):
            found[f"{name} {scaling}"] = None
    return list(found)


def _state(tokenizer: Any) -> str:
    """All of a tokenizer but how its last call cut and padded."""
    if getattr(tokenizer, "is_fast", False):
        state = json.loads(tokenizer.backend_tokenizer.to_str())
        return json.dumps([{**state, "truncation": None, "padding": None}, str(tokenizer.special_tokens_map)])
    if not hasattr(tokenizer, "save_pretrained"):
        return repr(tokenizer)
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return json.dumps([[path.name, hashlib.sha256(path.read_bytes()).hexdigest()] for path in files])
