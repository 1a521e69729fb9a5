"""Sections: how a config names a component and gives it options, at the top level or within another component.

An option of the type `Section[Loss]` holds a loss, written as the config's own `loss:` is. Mistakes inside are told
with their whole path, at once with all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from lacoskit import plugins
from lacoskit.components import Component, Options
from lacoskit.errors import LacoskitError, PluginError

ComponentT = TypeVar("ComponentT", bound=Component[Any], covariant=True)

DEFAULT_COMPONENTS: Mapping[str, str] = {
    "quantizer": "bnb-8bit",
    "adapter": "lora",
    "pooler": "mean",
    "loss": "multiple-negatives",
    "dataset": "templates",
    "optimizer": "adamw-8bit",
    "generator": "template",
    "task": "sts",
    "analysis": "isotropy",
}
"""What a config selects that says nothing: LACoS-BLOOM, on generated data; queries from fixed phrases."""

MISTAKE = "section"
"""The type of pydantic's errors whose message is the whole of what a user has to know."""


class Selected(Generic[ComponentT]):
    """A component and the options that the config gives it."""

    def __init__(self, component: ComponentT, options: Any) -> None:
        self._found = (component, options)

    @classmethod
    def once_used(cls, kind: type[ComponentT], mapping: Mapping[str, Any]) -> Selected[ComponentT]:
        """One that is looked up when it is first asked for: while plugins are gathered, there is nothing to look in."""
        new = cls.__new__(cls)
        new._asked = (kind, mapping)
        return new

    _asked: tuple[Any, Mapping[str, Any]]

    @cached_property
    def _found(self) -> tuple[ComponentT, Any]:
        try:
            chosen = _select(*self._asked)
        except ValidationError as error:  # the default of an option, which only its author can mend
            raise PluginError("; ".join(detail["msg"] for detail in error.errors())) from None
        return chosen.component, chosen.options

    @property
    def component(self) -> ComponentT:
        """What is selected."""
        return self._found[0]

    @property
    def options(self) -> Any:
        """Its options, an instance of `component.options`."""
        return self._found[1]

    @property
    def name(self) -> str:
        """The name by which the config selects the component."""
        return self.component.name

    def as_mapping(self) -> dict[str, Any]:
        """The section as a config file writes it, every option spelled out."""
        return {"name": self.name, **self.options.model_dump(mode="json")}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Selected) and self._found == other._found

    def __hash__(self) -> int:
        return hash((self.component.kind, self.name))

    def __repr__(self) -> str:
        return f"Selected({self.as_mapping()})"


@dataclass(frozen=True)
class _Resolved:
    """What pydantic is told about a section: how it is validated, written and described."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        kind = _kind(source)
        return core_schema.no_info_plain_validator_function(
            lambda value: _select(kind, value),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda section: section.as_mapping()),
            metadata={"kind": kind.kind},
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "object", "section": schema["metadata"]["kind"]}


Section = Annotated[Selected[ComponentT], _Resolved()]
"""The type of an option that holds another component: `loss: Section[Loss]`. Its value is a `Selected`."""


def default_section(kind: type[Component[Any]], name: str, **options: Any) -> Any:
    """The default of an option that holds another: `loss: Section[Loss] = default_section(Loss, "cosent")`."""
    return Field(default_factory=lambda: Selected.once_used(kind, {"name": name, **options}))


def kind_of_section(annotation: Any) -> type[Component[Any]] | None:
    """The kind of the component that an option of this type holds; None if it holds none."""
    if get_origin(annotation) is Selected:
        return _kind(annotation)
    wraps = get_origin(annotation) in (Annotated, Union, UnionType)
    found = (kind_of_section(inner) for inner in get_args(annotation)) if wraps else ()
    return next((kind for kind in found if kind is not None), None)


def section_options(kind: type[Component[Any]], mapping: Any) -> type[Options] | None:
    """The type of the options that a section as a config writes it may have; None if it selects nothing."""
    try:
        component = plugins.installed().select(kind, str(mapping.get("name", DEFAULT_COMPONENTS[kind.kind])))
    except LacoskitError:
        return None
    options: type[Options] = component.options
    return options


def sections_in(value: Any, place: str) -> Iterator[tuple[str, Selected[Any]]]:
    """Every selected component in a value, itself included, with its place: `dataset.sources.nli.dataset`."""
    inner: Iterator[tuple[Any, Any]] | enumerate[Any]
    if isinstance(value, Selected):
        yield place, value
        inner = iter(value.options)
    elif isinstance(value, BaseModel):
        inner = iter(value)
    elif isinstance(value, Mapping):
        inner = iter(value.items())
    elif isinstance(value, list | tuple):
        inner = enumerate(value)
    else:
        return
    for name, part in inner:
        yield from sections_in(part, f"{place}.{name}" if place else str(name))


def _kind(source: Any) -> type[Component[Any]]:
    (component,) = get_args(source)
    kind: type[Component[Any]] = get_origin(component) or component
    return kind


def _select(kind: type[Component[Any]], value: Any) -> Selected[Any]:
    """Resolve a section; pydantic adds where it stands to the errors."""
    default = DEFAULT_COMPONENTS[kind.kind]
    if isinstance(value, Selected) and isinstance(value.component, kind):
        return value
    if not isinstance(value, Mapping):
        name = value if isinstance(value, str) else default
        raise _mistake(f"expected a mapping such as {{name: {name}}}, got {value!r}", value)
    options = dict(value)
    name = options.pop("name", default)
    try:
        component = plugins.installed().select(kind, str(name))
    except LacoskitError as error:
        raise _mistake(str(error), name, "name") from None
    return Selected(component, component.options.model_validate(options))


def _mistake(told: str, value: Any, *place: str) -> ValidationError:
    kind = PydanticCustomError(MISTAKE, "{told}", {"told": told})
    return ValidationError.from_exception_data("section", [InitErrorDetails(type=kind, loc=place, input=value)])
