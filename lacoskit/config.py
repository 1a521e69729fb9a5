"""The configuration of a run: read, overridden, checked as a whole, explained.

Every field has a default, so a config file says only what differs. Every mistake is reported at once, with its path,
what was expected and the nearest name, before anything is loaded.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin

import yaml
from pydantic import (
    BaseModel,
    Field,
    ModelWrapValidatorHandler,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails

from lacoskit.components import KINDS, Adapter, Component, Dataset, Loss, Optimizer, Options, Pooler, Quantizer, Task
from lacoskit.errors import ConfigError, Problem, did_you_mean
from lacoskit.location import ModelFiles, Weights
from lacoskit.sections import MISTAKE, Section, Selected, kind_of_section, section_options, sections_in

MEAN = "mean"
"""The metric that is the mean of the main figures of all tasks."""


class Train(Options):
    """How training goes."""

    batch_size: PositiveInt = 128
    """Examples a step, over all processes together; each is a negative for all others."""
    chunk_tokens: PositiveInt | Literal["auto"] = "auto"
    """Tokens whose activations a process keeps in memory at once; a batch of more is computed in chunks, with the same
    gradient. Fewer take less memory and, by computing more of the batch twice, up to 1.5 times as long; auto: as many
    as fit."""
    epochs: PositiveFloat = 1.0
    """Passes over the examples."""
    max_steps: PositiveInt | None = None
    """Stop after this many steps, whatever `epochs` says."""
    shuffle_buffer: PositiveInt = 10_000
    """Of a dataset that is streamed, how many examples are held in memory, from which the next one is drawn."""
    learning_rate: PositiveFloat = 1e-3
    """The highest learning rate, reached after warm-up."""
    warmup_ratio: Annotated[float, Field(ge=0, le=1)] = 0.1
    """The share of the steps over which the learning rate rises."""
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    """How the learning rate goes on after warm-up."""
    max_grad_norm: PositiveFloat | None = 1.0
    """Longer gradients are scaled down to this norm; null for no limit."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """The dtype of computing and of frozen weights (trained ones are float32); auto: bfloat16 where the device is made
    for it, float16 on older GPUs, float32 on other CPUs."""
    checkpoint_activations: bool = False
    """Keep only what goes into each layer and compute the layer again for its gradient: for long texts or large models,
    a small part of the memory for about a third more time."""
    log_every: PositiveInt = 10
    """Steps between two lines of figures."""
    save_every: NonNegativeInt = 0
    """Steps between two checkpoints; 0: none but the one saved when the run is interrupted."""
    keep_checkpoints: PositiveInt = 2
    """How many checkpoints are kept, besides the best one."""
    trackers: tuple[str, ...] = ()
    """Experiment trackers of accelerate: tensorboard, wandb, ..."""


class Evaluation(Options):
    """When and on what the encoder is measured."""

    every: NonNegativeInt = 0
    """Steps between two evaluations, the best of which is what is saved; 0: only before and after."""
    tasks: dict[str, Section[Task[Any]]] = Field(default={})
    """A name of your own, and a task, as `lacoskit evaluate` takes them; none: what the dataset holds out, if any."""
    metric: str = MEAN
    """What "best" means: `mean` of the main figures of all tasks, that of one (`TASK`), or another of it
    (`TASK/FIGURE`)."""


class Save(Options):
    """What the output folder holds."""

    merge: bool = False
    """Fold the adapter into the base model and save the whole; otherwise the adapter alone, if it can stand alone."""


class Configuration(BaseModel):
    """What a YAML file decides: read, overridden, checked as a whole.

    Build one with `load(path)` or from a mapping with `model_validate(mapping)`; either raises one ConfigError that
    lists all mistakes.
    """

    model_config = Options.model_config

    @classmethod
    def load(cls, path: str | Path | None = None, overrides: Sequence[str] = ()) -> Self:
        """Read a YAML file (none: the defaults) and apply overrides of the form `section.key=value`."""
        data = read_yaml(Path(path)) if path is not None else {}
        problems = [problem for override in overrides for problem in _apply(override, data)]
        source = str(path) if path is not None else "configuration"
        return cls.model_validate(data, context={"source": source, "problems": problems})

    @model_validator(mode="wrap")
    @classmethod
    def _all_mistakes_at_once(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        if isinstance(data, cls):
            return data
        context = info.context or {}
        source = context.get("source", "configuration")
        if not isinstance(data, Mapping):
            plain = (
                f"{name}: {field.default}" for name, field in cls.model_fields.items() if type(field.default) is str
            )
            example = f"{{{next(plain, 'key: value')}}}"
            raise ConfigError(source, [Problem("", f"expected a mapping such as {example}, got {data!r}")])
        sections = [name for name, field in cls.model_fields.items() if kind_of_section(field.annotation)]
        problems, config = list(context.get("problems", [])), None
        try:
            config = handler({**{name: {} for name in sections}, **data})
        except ValidationError as error:
            problems += explain(error, cls, data)
        if problems or config is None:
            raise ConfigError(source, sorted(problems, key=lambda problem: problem.where))
        return config

    def as_mapping(self) -> dict[str, Any]:
        """The whole configuration as plain values, as `lacoskit.yaml` holds it."""
        return self.model_dump(mode="json")

    def as_yaml(self) -> str:
        """The whole configuration as YAML that `load` reads back to an equal one."""
        return yaml.dump(self.as_mapping(), Dumper=_FaithfulDumper, sort_keys=False, allow_unicode=True)


class RunConfig(Configuration):
    """Everything that decides what a run does.

    Build one with `RunConfig.load(path)` or from a mapping with `RunConfig.model_validate(mapping)`; either raises one
    ConfigError that lists all mistakes.
    """

    model: str = "nano-bloom"
    """A model of the Hugging Face hub, or a folder; `nano-bloom` is the small one that comes with the package."""
    revision: str | None = None
    """The commit, tag or branch of the model on the hub."""
    trust_remote_code: bool = False
    """Run code that comes with the model. Only for models whose code you have read."""
    weights: Weights = "safetensors"
    """The kind of file the model's weights are read from; pickled ones only if they are named here, and then no code in
    them is run."""
    max_length: PositiveInt = 128
    """Tokens of a text that are used; longer ones are cut, counted and reported."""
    prompts: dict[str, str] = {}
    """Texts put before texts, by name: `query` before anchors, `document` before positives and negatives, unless a
    source names others. All are saved with the model."""
    output: str = "runs/default"
    """The folder that receives the encoder."""
    seed: NonNegativeInt = 0
    """Decides the order of the examples, initial adapter weights and dropout."""
    quantizer: Section[Quantizer[Any]] | None
    adapter: Section[Adapter[Any]]
    pooler: Section[Pooler[Any]]
    loss: Section[Loss[Any]]
    dataset: Section[Dataset[Any]]
    optimizer: Section[Optimizer[Any]]
    train: Train = Train()
    evaluation: Evaluation = Evaluation()
    save: Save = Save()

    @property
    def files(self) -> ModelFiles:
        """Which files the base model is read from."""
        return ModelFiles(self.model, self.revision, self.trust_remote_code, self.weights)

    def sections(self) -> dict[str, Selected[Component[Any]]]:
        """The selected components by their place in the config, those within others too (`dataset.sources.a.loss`)."""
        kinds = [kind for kind in KINDS if kind in type(self).model_fields]  # other verbs have sections of their own
        parts = {kind: getattr(self, kind) for kind in kinds} | {"evaluation": self.evaluation}
        return {place: section for name, part in parts.items() for place, section in sections_in(part, name)}

    def selections(self) -> list[Selected[Component[Any]]]:
        """The selected components, in the order of the kinds, each followed by those within it."""
        return list(self.sections().values())


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping; a ConfigError tells a missing file, broken YAML or a repeated key, with its line."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        near = [p.name for p in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
        hint = f"; {did_you_mean(path.name, near)}" if near else ""
        raise ConfigError(str(path), [Problem("", f"no such file{hint}")]) from None
    except (OSError, UnicodeError) as error:
        raise ConfigError(str(path), [Problem("", f"cannot be read: {error}")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(str(path), [Problem(f"line {mark.line + 1}" if mark else "", _not_yaml(error))]) from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ConfigError(str(path), [Problem("", f"expected `key: value` lines, got {type(data).__name__}")])
    return data


def parse_value(text: str) -> Any:
    """The value that a text of YAML stands for, as after `--set key=`; a ValueError tells what is wrong with it."""
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError) as error:  # a ValueError: a date that the calendar does not have
        raise ValueError(_not_yaml(error)) from None


def write_value(value: Any) -> str:
    """A value as YAML within a line, which `parse_value` reads back to an equal one."""
    text = yaml.dump(value, Dumper=_FaithfulDumper, default_flow_style=True, width=math.inf, allow_unicode=True)
    return str(text).removesuffix("\n").removesuffix("\n...")


def explain(error: ValidationError, model: type[BaseModel], data: Mapping[Any, Any]) -> list[Problem]:
    """Turn pydantic's errors about `data` into problems with a path, and a suggestion for an unknown key.

    What takes one of several types gives one error for each of them: they become one problem.
    """
    places: dict[tuple[str, ...], list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        missing = tuple(map(str, detail["loc"][-1:])) if detail["type"] == "missing" else ()
        places.setdefault((*_place(detail["loc"], data), *missing), []).append(detail)
    return [Problem(".".join(path), _what_is_wrong(path, details, model, data)) for path, details in places.items()]


def _place(location: Sequence[str | int], data: Any) -> tuple[str, ...]:
    """The keys of a location, without what pydantic puts between them to name a type or `[key]`."""
    place: list[str] = []
    for part in location:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            continue
        place.append(str(part))
    return tuple(place)


def _what_is_wrong(
    path: Sequence[str], details: Sequence[ErrorDetails], model: type[BaseModel], data: Mapping[Any, Any]
) -> str:
    first = details[0]
    got = f"got {first['input']!r}"
    if first["type"] == "extra_forbidden":
        return f"no such option; {did_you_mean(path[-1], _options_at(model, path[:-1], data))}"
    if first["type"] == "missing":
        return "is missing"
    if first["type"] == MISTAKE:
        return first["msg"]
    if first["type"] in {"model_type", "dict_type", "model_attributes_type"}:
        return f"expected a mapping of options, as in `{path[-1]}: {{key: value}}`, {got}"
    if first["type"] == "value_error":
        return f"{first['msg'].removeprefix('Value error, ')} ({got})"
    lists = {"tuple_type": "Input should be a list, as in [one, two]"}  # YAML knows no tuples
    messages = dict.fromkeys(lists.get(detail["type"], detail["msg"]) for detail in details)
    return f"{', or '.join(messages).replace(', or Input should be ', ', or ')}, {got}"


def _options_at(model: type[BaseModel], path: Sequence[str], data: Any) -> list[str]:
    """The options that there are at a path: those of a model, or of the component that the data selects there."""
    here: Any = model
    named: list[str] = []
    for part in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            here = here.model_fields[part].annotation
        else:
            here = [inner for inner in get_args(here) if inner is not Ellipsis][-1]  # of a mapping, list or tuple
        data = data[int(part)] if isinstance(data, list) else data.get(part)
        here, section = _without_wrapping(here), kind_of_section(here)
        named = ["name"] if section else []
        if section is not None:
            here = section_options(section, data)
    return [*getattr(here, "model_fields", ()), *named]


def _without_wrapping(annotation: Any) -> Any:
    """A type without its annotations, and without the None that may stand in its place."""
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation = next(inner for inner in get_args(annotation) if inner is not NoneType)
    return annotation


def _apply(override: str, data: dict[str, Any]) -> list[Problem]:
    """Change the data as one `--set` says, and return what is wrong with it."""
    path, equals, text = override.partition("=")
    *sections, key = path.strip().split(".")
    if not equals or not all([*sections, key]):
        return [Problem(f"--set {override}", "expected section.key=value, as in --set train.epochs=2")]
    try:
        value = parse_value(text)
    except ValueError as error:
        return [Problem(f"--set {override}", f"the value is {error}")]
    for section in sections:
        if data.get(section) is None:
            data[section] = {}
        data = data[section]
        if not isinstance(data, dict):
            return []  # what the file says there is no mapping, and is told as its mistake
    data[key] = value
    return []


def _not_yaml(error: Exception) -> str:
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return f"not valid YAML: {what}"


class _StrictLoader(yaml.SafeLoader):
    """YAML in which a repeated key is an error and not a silent replacement."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key!r} cannot be a key; write braces in quotes", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands here twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


class _FaithfulDumper(yaml.SafeDumper):
    """YAML in which the line breaks of Unicode, which PyYAML takes for its own, read back as they were."""

    def represent_str(self, text: str) -> yaml.ScalarNode:
        unusual = any(character in text for character in "\x85\u2028\u2029")
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"' if unusual else None)


_FaithfulDumper.add_representer(str, _FaithfulDumper.represent_str)
