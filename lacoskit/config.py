"""The configuration of a run: read, overridden, checked as a whole, explained.

Every field has a default, so a config file says only what differs. Every mistake is reported at once, with its path,
what was expected and the nearest name, before anything is loaded.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

import yaml
from pydantic import (
    BaseModel,
    Field,
    InstanceOf,
    ModelWrapValidatorHandler,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from lacoskit import plugins
from lacoskit.components import KINDS, Adapter, Component, Dataset, Loss, Optimizer, Options, Pooler, Quantizer
from lacoskit.errors import ConfigError, LacoskitError, Problem, did_you_mean
from lacoskit.location import ModelFiles, Weights

ComponentT = TypeVar("ComponentT", bound=Component[Any], covariant=True)

DEFAULT_COMPONENTS: Mapping[str, str] = {
    "quantizer": "bnb-8bit",
    "adapter": "lora",
    "pooler": "mean",
    "loss": "multiple-negatives",
    "dataset": "templates",
    "optimizer": "adamw-8bit",
}
"""What a config selects that says nothing: LACoS-BLOOM, on generated data."""

METRICS = ("spearman", "pearson")


@dataclass(frozen=True)
class Selected(Generic[ComponentT]):
    """A component and the options that the config gives it."""

    component: ComponentT
    options: Any

    @property
    def name(self) -> str:
        """The name by which the config selects the component."""
        return self.component.name

    def as_mapping(self) -> dict[str, Any]:
        """The section as a config file writes it, every option spelled out."""
        return {"name": self.name, **self.options.model_dump(mode="json")}


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
    sets: dict[str, str] = Field(default={})
    """Scored pairs: a name and a file (JSONL, CSV, TSV, Parquet) with sentence1, sentence2 and score."""
    metric: str = "spearman"
    """What "best" means: `spearman` or `pearson` of the cosine, the mean of all sets, or of one: `spearman/NAME`."""

    @field_validator("metric")
    @classmethod
    def _is_a_metric(cls, metric: str) -> str:
        name = metric.partition("/")[0]
        if name not in METRICS:
            raise ValueError(f"no such metric; {did_you_mean(name, METRICS)}")
        return metric


class Save(Options):
    """What the output folder holds."""

    merge: bool = False
    """Fold the adapter into the base model and save the whole; otherwise the adapter alone, if it can stand alone."""


class RunConfig(BaseModel):
    """Everything that decides what a run does.

    Build one with `RunConfig.load(path)` or from a mapping with `RunConfig.model_validate(mapping)`; either raises one
    ConfigError that lists all mistakes.
    """

    model_config = Options.model_config

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
    prompts: dict[Literal["query", "document"], str] = {}
    """Text put before anchors (`query`) and before positives and negatives (`document`)."""
    output: str = "runs/default"
    """The folder that receives the encoder."""
    seed: NonNegativeInt = 0
    """Decides the order of the examples, initial adapter weights and dropout."""
    quantizer: InstanceOf[Selected[Quantizer[Any]]] | None
    adapter: InstanceOf[Selected[Adapter[Any]]]
    pooler: InstanceOf[Selected[Pooler[Any]]]
    loss: InstanceOf[Selected[Loss[Any]]]
    dataset: InstanceOf[Selected[Dataset[Any]]]
    optimizer: InstanceOf[Selected[Optimizer[Any]]]
    train: Train = Train()
    evaluation: Evaluation = Evaluation()
    save: Save = Save()

    @classmethod
    def load(cls, path: str | Path | None = None, overrides: Sequence[str] = ()) -> RunConfig:
        """Read a YAML file (none: the defaults) and apply overrides of the form `section.key=value`."""
        data = read_yaml(Path(path)) if path is not None else {}
        problems = [problem for override in overrides for problem in _apply(override, data)]
        source = str(path) if path is not None else "configuration"
        return cls.model_validate(data, context={"source": source, "problems": problems})

    @model_validator(mode="wrap")
    @classmethod
    def _all_mistakes_at_once(
        cls, data: Any, handler: ModelWrapValidatorHandler[RunConfig], info: ValidationInfo
    ) -> RunConfig:
        if isinstance(data, RunConfig):
            return data
        context = info.context or {}
        source = context.get("source", "configuration")
        if not isinstance(data, Mapping):
            raise ConfigError(source, [Problem("", f"expected a mapping such as {{model: nano-bloom}}, got {data!r}")])
        sections, problems = _select_sections(data)
        problems += context.get("problems", [])
        wrong = {problem.where.partition(".")[0] for problem in problems}
        config = None
        try:
            config = handler({**data, **sections})
        except ValidationError as error:
            problems += [p for p in explain(error, cls, data) if p.where.partition(".")[0] not in wrong]
        if problems or config is None:
            raise ConfigError(source, sorted(problems, key=lambda problem: problem.where))
        return config

    @property
    def files(self) -> ModelFiles:
        """Which files the base model is read from."""
        return ModelFiles(self.model, self.revision, self.trust_remote_code, self.weights)

    def as_mapping(self) -> dict[str, Any]:
        """The whole configuration as plain values, as `lacoskit.yaml` holds it."""
        plain: dict[str, Any] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Selected):
                plain[name] = value.as_mapping()
            else:
                plain[name] = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        return plain

    def as_yaml(self) -> str:
        """The whole configuration as YAML that `load` reads back to an equal one."""
        return yaml.dump(self.as_mapping(), Dumper=_FaithfulDumper, sort_keys=False, allow_unicode=True)

    def selections(self) -> list[Selected[Component[Any]]]:
        """The selected components, in the order of the kinds."""
        return [section for kind in KINDS if (section := getattr(self, kind)) is not None]


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


def explain(error: ValidationError, model: type[BaseModel], data: Mapping[Any, Any], prefix: str = "") -> list[Problem]:
    """Turn pydantic's errors about `data` into problems with a path, and a suggestion for an unknown key.

    What takes one of several types gives one error for each of them: they become one problem.
    """
    places: dict[tuple[str, ...], list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        places.setdefault(_place(detail["loc"], data), []).append(detail)
    return [
        Problem(".".join([prefix, *path] if prefix else path), _what_is_wrong(path, details, model))
        for path, details in places.items()
    ]


def _select_sections(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Resolve the component sections of a config, collecting what is wrong with each."""
    sections: dict[str, Any] = {}
    problems: list[Problem] = []
    for kind in KINDS.values():
        section = data.get(kind.kind, {})
        sections[kind.kind] = section
        if isinstance(section, Selected) or (section is None and kind is Quantizer):
            continue
        if not isinstance(section, Mapping):
            name = section if isinstance(section, str) else DEFAULT_COMPONENTS[kind.kind]
            problems.append(Problem(kind.kind, f"expected a mapping such as {{name: {name}}}, got {section!r}"))
            continue
        options = dict(section)
        name = options.pop("name", DEFAULT_COMPONENTS[kind.kind])
        try:
            component = plugins.installed().select(kind, str(name))
        except LacoskitError as error:
            problems.append(Problem(f"{kind.kind}.name", str(error)))
            continue
        try:
            sections[kind.kind] = Selected(component, component.options.model_validate(options))
        except ValidationError as error:
            problems += explain(error, component.options, options, kind.kind)
    return sections, problems


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


def _what_is_wrong(path: Sequence[str], details: Sequence[ErrorDetails], model: type[BaseModel]) -> str:
    first = details[0]
    got = f"got {first['input']!r}"
    if first["type"] == "extra_forbidden":
        return f"no such option; {did_you_mean(path[-1], _fields_at(model, path[:-1]))}"
    if first["type"] in {"model_type", "dict_type", "model_attributes_type"}:
        return f"expected a mapping of options, as in `{path[-1]}: {{key: value}}`, {got}"
    if first["type"] == "value_error":
        return f"{first['msg'].removeprefix('Value error, ')} ({got})"
    lists = {"tuple_type": "Input should be a list, as in [one, two]"}  # YAML knows no tuples
    messages = dict.fromkeys(lists.get(detail["type"], detail["msg"]) for detail in details)
    return f"{', or '.join(messages).replace(', or Input should be ', ', or ')}, {got}"


def _fields_at(model: type[BaseModel], path: Sequence[str]) -> list[str]:
    for part in path:
        field = model.model_fields.get(part)
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return []
        model = field.annotation
    return [*model.model_fields, *([] if path else ["name"] if not issubclass(model, RunConfig) else [])]


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
