"""The records that plugins offer, one a kind, and the records that pass between them.

Components know tensors, not the toolkit: a loss maps vectors to a number, a pooler token states to vectors, a
dataset yields examples. Nothing here imports torch when it is loaded, so that commands that only look stay fast.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn
    from torch.optim import Optimizer as TorchOptimizer

    from lacoskit.findings import Findings


class Options(BaseModel):
    """The settings of one component: every field has a default, unknown keys are errors.

    The first line of a subclass's docstring is what `lacoskit plugins` prints about the component; the string under
    each field is its documentation in `lacoskit plugins show` and in the JSON schema.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False, protected_namespaces=()
    )


OptionsT = TypeVar("OptionsT", bound=Options, contravariant=True)


@dataclass(frozen=True)
class Example:
    """One training example or one scored pair.

    `negatives` are texts that must not be near the anchor; `score` is a graded similarity, higher is nearer.
    """

    anchor: str
    positive: str
    negatives: tuple[str, ...] = ()
    score: float | None = None


Role: TypeAlias = Literal["query", "document"]
"""What a text can be for a prompt."""

PROMPT_ROLES = ("query", "document")
"""What a text can be in training: an anchor is a query, positives and negatives are documents."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Examples of one task or language among others: every batch is drawn from one source."""

    name: str
    """By which figures are told; empty for the only one."""
    examples: Sequence[Example]
    """Memory-mapped, not a list, where they are many."""
    weight: float = 1.0
    """The batches of an epoch are shared in proportion to the sources' weights."""
    prompts: Mapping[str, str] = field(default_factory=dict)
    """By role (`query`, `document`), the name in the config's `prompts` of what stands before its texts; a role that is
    not there takes the prompt of its own name."""
    loss: Any = None
    """What is made small on these examples, as a `Section` holds it; None: the config's loss."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A text of a corpus that queries are written for."""

    id: str
    text: str
    title: str = ""
    language: str | None = None
    """Its code, as in `en`; None where the corpus does not tell it."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A query that was written for a document, and where both come from."""

    query: str
    """As it was written: pairs with an empty query, or with one that others have too, are counted and dropped later."""
    text: str
    """What answers it: the document's text, or what is left of it without the part that is the query."""
    document: str
    """The id of the document."""
    type: str
    """What kind of query it is: `title`, `cloze`, ..."""
    source: str
    """What wrote it: the name of a template, or a model and its revision."""
    language: str | None
    """Of the query; None where it is not known."""
    subject: str = ""
    """What the query asks for, without its phrase: queries of several documents with the same subject are ambiguous,
    however they put it. Empty: the query itself."""
    may_quote: bool = False
    """Whether the text may hold the query word for word, as it may its title; any other such pair is dropped."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where and how a run happens: what a component needs in order to say whether it can work there."""

    device: Literal["cpu", "cuda"]
    dtype: Literal["float32", "bfloat16", "float16"]
    """The compute dtype, in which frozen weights are held."""
    processes: int = 1
    zero_stage: int = 0
    """DeepSpeed's ZeRO stage; 0 without DeepSpeed."""
    quantizer: str | None = None
    """The name of the selected quantizer."""
    fsdp: bool = False
    """Whether weights are sharded by FSDP2."""
    trains_base: bool = False
    """Whether the selected adapter trains weights of the base model itself."""
    trains_matrices: bool = False
    """Whether these are weights of Linear or Embedding layers, which quantizers hold in fewer bits."""
    width: int | None = None
    """Values of a vector, where files on this machine tell it before the model is loaded."""

    @property
    def sharded(self) -> bool:
        """Whether each process holds a share of every weight, so that all have to call the same modules together."""
        return self.zero_stage == 3 or self.fsdp


@dataclass(frozen=True)
class PackedStates:
    """The last hidden states of a batch of texts, real tokens only, one text after the other.

    states: float [tokens, width]; lengths: int64 [texts], the tokens of each text, none of them 0.
    """

    states: Tensor
    lengths: Tensor


@dataclass(frozen=True, kw_only=True)
class VectorBatch:
    """The vectors of a whole step, from all processes, float32.

    anchors, positives: [examples, width]; negatives: [any number, width], of example `negative_of` (int64, same
    number); scores: float32 [examples], or None where the examples have none.

    anchor_texts, positive_texts: int64 [examples]; negative_texts: int64 [as negatives]: numbers that are equal where
    the texts are the same, whatever their role and prompt; None where nobody can tell.

    teacher: vectors of the same texts by the model that the loss has named, of any width; None without one.
    """

    anchors: Tensor
    positives: Tensor
    negatives: Tensor
    negative_of: Tensor
    scores: Tensor | None = None
    anchor_texts: Tensor | None = None
    positive_texts: Tensor | None = None
    negative_texts: Tensor | None = None
    teacher: VectorBatch | None = None


def _nothing_against_it(options: Any, placement: Placement) -> str | None:
    return None


def _no_teacher(options: Any) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Component(Generic[OptionsT]):
    """A choice that a config file makes by name."""

    kind: ClassVar[str] = ""
    """The config section that selects it."""
    hook: ClassVar[str] = ""
    """The hook that offers it."""

    name: str
    """In kebab-case, unique within its kind."""
    options: type[OptionsT]
    """The type of its config section."""
    requires: tuple[str, ...] = ()
    """Modules that it imports once it is selected; a missing one is reported before anything is loaded."""
    refuse: Callable[[OptionsT, Placement], str | None] = _nothing_against_it
    """Why it cannot work in this placement, and what can; None where it can."""

    @property
    def description(self) -> str:
        """The first line of the options' docstring."""
        return (self.options.__doc__ or "").strip().partition("\n")[0]


@dataclass(frozen=True, kw_only=True)
class Quantizer(Component[OptionsT]):
    """How the base model's frozen weights are held in memory."""

    kind = "quantizer"
    hook = "lacoskit_quantizers"

    load_arguments: Callable[[OptionsT, Placement], Mapping[str, Any]] | None = None
    """Arguments for `from_pretrained` of transformers."""
    convert: Callable[[str, nn.Module, OptionsT, Placement], nn.Module | None] | None = None
    """Or: take the name of a Linear layer or of the token embedding and the layer, without values yet; return the layer
    that holds its weight in fewer bits, or None to leave it.

    The model is then read tensor by tensor, and can be sharded: the new layer's method `pack` maps rows of the weight,
    [rows, ...], to the same rows of all its own parameters but the bias, by name. Each row is packed by itself.
    """
    opened_with: Callable[[OptionsT, Placement], Mapping[str, Any]] | None = None
    """With `convert`: arguments for `from_pretrained` by which programs that do not know this quantizer open the base
    model, or the whole model that was saved; without them, it is plain for them."""
    outline: Callable[[str, nn.Module, OptionsT, Placement], nn.Module | None] | None = None
    """What `convert` would be for a model that transformers loads: a layer that only has the shapes of the one which
    transformers makes, and computes as it does, for counting memory before anything is loaded."""
    dequantize: Callable[[nn.Module], nn.Module] | None = None
    """Turn a model loaded with these arguments into one of plain layers with the same weights, to merge an adapter."""


def _same_model(model: nn.Module) -> nn.Module:
    return model


def _nothing_merged(model: nn.Module) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, kw_only=True)
class Adapter(Component[OptionsT]):
    """Which weights are trained, and how they are kept apart from the base model."""

    kind = "adapter"
    hook = "lacoskit_adapters"

    attach: Callable[[nn.Module, OptionsT], nn.Module]
    """Take the base model, return the model to call, with `requires_grad` on exactly what is trained."""
    trains_base: bool = False
    """Whether weights of the base model itself are trained, so that the whole model has to be saved."""
    trains_matrices: bool = False
    """Whether these are weights of Linear or Embedding layers, which quantizers hold in fewer bits."""
    save: Callable[[nn.Module, Path], None] | None = None
    """Write the adapter alone, as PEFT reads it; None where the whole model has to be saved."""
    load: Callable[[nn.Module, Path], nn.Module] | None = None
    """Put what `save` wrote onto a base model, for use."""
    merge: Callable[[nn.Module], nn.Module] = _same_model
    """Fold the adapter into the base model and return it as transformers made it."""
    merged: Callable[[nn.Module], AbstractContextManager[None]] = _nothing_merged
    """Fold the adapter into the base weights while a block runs that only computes vectors, for its speed.

    Afterwards, also after an exception, every weight is bit for bit what it was. What cannot be folded without loss
    (quantized weights), or has no room for a copy, stays apart.
    """


@dataclass(frozen=True, kw_only=True)
class Pooler(Component[OptionsT]):
    """How the states of a text's tokens become one vector."""

    kind = "pooler"
    hook = "lacoskit_poolers"

    build: Callable[[OptionsT, int], nn.Module]
    """Take the width of the states; the module maps `PackedStates` to vectors [texts, width]."""
    saved_as: str | None = None
    """The pooling mode of sentence-transformers that gives the same vectors, if there is one."""


@dataclass(frozen=True, kw_only=True)
class Loss(Component[OptionsT]):
    """What is made small in training."""

    kind = "loss"
    hook = "lacoskit_losses"

    build: Callable[[OptionsT], nn.Module]
    """The module maps a `VectorBatch` to a scalar; it is called in float32, outside autocast."""
    needs_scores: bool = False
    """Whether every example must have a score."""
    teacher: Callable[[OptionsT], str | None] = _no_teacher
    """The model whose vectors of the same texts it wants, as `lacoskit.models.open_model` takes it; None: none."""


def _no_problem(options: Any) -> Sequence[str]:
    return ()


def _no_stream(options: Any) -> None:
    return None


def _nothing_held_out(options: Any) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Dataset(Component[OptionsT]):
    """Where the examples come from."""

    kind = "dataset"
    hook = "lacoskit_datasets"

    load: Callable[[OptionsT], Sequence[Example]]
    """Memory-mapped, not a list, where it is large."""
    check: Callable[[OptionsT], Sequence[str]] = _no_problem
    """What can be seen to be wrong without reading it all: a missing file, a missing column."""
    stream: Callable[[OptionsT], Iterator[Example] | None] = _no_stream
    """The examples one by one, from the first on with each call, to be trained on uncounted; None where the options do
    not ask for that. Nothing is read before the first one is asked for."""
    sources: Callable[[OptionsT], Sequence[Source]] | None = None
    """The examples in several sources, each with what is its own; None: what is loaded is the only source."""
    prompt_names: Callable[[OptionsT], Collection[str]] = _no_problem
    """The names that have to be in the config's `prompts`."""
    held_out: Callable[[OptionsT], Mapping[str, Mapping[str, Any]]] = _nothing_held_out
    """Tasks on what is never trained on, by name and as a config writes them, for runs that name no tasks."""


@dataclass(frozen=True, kw_only=True)
class Optimizer(Component[OptionsT]):
    """How a gradient becomes a step."""

    kind = "optimizer"
    hook = "lacoskit_optimizers"

    build: Callable[[list[dict[str, Any]], OptionsT], TorchOptimizer]
    """Take parameter groups as torch.optim does (`params` and `lr` are set)."""


@dataclass(frozen=True, kw_only=True)
class Generator(Component[OptionsT]):
    """How queries are written for documents."""

    kind = "generator"
    hook = "lacoskit_generators"

    build: Callable[[OptionsT, Sequence[Document], int], Callable[[Sequence[Document]], Iterable[Pair]]]
    """Take the options, the whole corpus and a seed: count what has to be counted, load what has to be loaded, once.

    The function that is returned takes some of the documents and yields their pairs. It is called with one block after
    the other, and after an interruption only with those that are left; so what it yields may depend on the corpus, the
    documents of the block and the seed alone.
    """
    check: Callable[[OptionsT], Sequence[str]] = _no_problem
    """What can be seen to be wrong without loading anything heavy."""


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """What a task has measured of a model."""

    figures: Mapping[str, float]
    """Each metric's value as its library gives it: a share of 1, not of 100."""
    main: str
    """Which of the figures stands for the task."""
    units: int | None = None
    """How many queries, pairs or texts were judged, each by itself; None where nobody can tell."""
    resampled: Callable[[NDArray[np.int64]], float] | None = None
    """The main figure of some of the units (their numbers, repetitions allowed), for intervals and paired tests; None
    where units cannot be had one by one: then there are none."""
    languages: tuple[str, ...] = ()
    """The codes of the languages that the task is about, where it says so."""
    by_unit: NDArray[np.float64] | None = None
    """How well each unit did, the higher the better, on a scale that is the same for all models: by it, what has
    improved and worsened most from one model to another is found."""
    shown: Callable[[int], Mapping[str, str]] | None = None
    """What a unit is, for people to read: a few short texts by what they are, such as query, answer, found."""
    records: Sequence[Mapping[str, Any]] = ()
    """What mteb has made of it, where it was mteb that measured: its result files, one a task, as they stand."""


class Embed(Protocol):
    """Gives a task the vectors of its texts, with the prompt of their role."""

    def __call__(self, texts: Sequence[str], role: Role | None) -> NDArray[np.float32]:
        """Return unit vectors, float32 [texts, dimensions]; a role of None is no prompt."""


@dataclass(frozen=True, kw_only=True)
class Task(Component[OptionsT]):
    """What a model is measured by."""

    kind = "task"
    hook = "lacoskit_tasks"

    load: Callable[[OptionsT], Any]
    """Read the data: once, for all models."""
    measure: Callable[[Any, Embed], TaskResult]
    """Take what `load` has returned, and what turns texts into vectors."""
    check: Callable[[OptionsT], Sequence[str]] = _no_problem
    """What can be seen to be wrong without reading it all."""
    expand: Callable[[OptionsT], Mapping[str, OptionsT]] = _nothing_held_out
    """The options of the tasks that these stand for, by name, each of which is a row of its own; empty: just one."""
    named: Callable[[str], Mapping[str, Any]] | None = None
    """The options that `KIND:WORD` on the command line stands for; None: the word is a path."""
    as_mteb: Callable[[Any, str], Any] | None = None
    """Take what `load` has returned, and a name: mteb's task (an `AbsTask`) so called on the same data, in memory."""


class Examined(Embed, Protocol):
    """A model as an analysis sees it: what gives the vectors of texts, the last ones and those of every layer."""

    def layers(self, texts: Sequence[str], role: Role | None) -> NDArray[np.float32]:
        """Return unit vectors, float32 [layers + 1, texts, width]: mean states of the embedding and after each layer.

        A `NotTold` where the model does not tell them; the analysis is then left out for it, and the reason printed.
        """


@dataclass(frozen=True, kw_only=True)
class Analysis(Component[OptionsT]):
    """What is found out about a model's vectors."""

    kind = "analysis"
    hook = "lacoskit_analyses"

    load: Callable[[OptionsT], Any]
    """Read or make the texts: once, for all models."""
    examine: Callable[[Any, Examined], Findings]
    """Take what `load` has returned, and the model."""
    check: Callable[[OptionsT], Sequence[str]] = _no_problem
    """What can be seen to be wrong without reading it all."""


KINDS: Mapping[str, type[Component[Any]]] = {
    kind.kind: kind for kind in (Quantizer, Adapter, Pooler, Loss, Dataset, Optimizer, Generator, Task, Analysis)
}
