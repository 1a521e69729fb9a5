"""The JSON Schema of configuration files, from which editors complete and check them."""

from __future__ import annotations

from typing import Any

from lacoskit import plugins
from lacoskit.components import KINDS, Component, Options
from lacoskit.config import RunConfig
from lacoskit.sections import DEFAULT_COMPONENTS


def json_schema(registry: plugins.Registry | None = None) -> dict[str, Any]:
    """The JSON Schema of a config file, for editors, with every installed component."""
    registry = registry or plugins.installed()
    plain = {name for name in RunConfig.model_fields if name not in KINDS}
    definitions: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for name in RunConfig.model_fields:
        if name in plain:
            properties[name] = _field_schema(name, definitions)
            continue
        definitions[name] = _kind_schema(name, registry, definitions)
        properties[name] = {"$ref": f"#/$defs/{name}"}
    definitions["task"] = _kind_schema("task", registry, definitions)  # of which a run may have any number
    properties["quantizer"] = {
        "description": definitions["quantizer"]["description"],
        "anyOf": [properties["quantizer"], {"type": "null"}],
    }
    definitions = {name: _with_sections(definition) for name, definition in definitions.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lacoskit run",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "$defs": dict(sorted(definitions.items())),
    }


def _field_schema(name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    from pydantic import create_model

    field = RunConfig.model_fields[name]
    single = create_model("_", __config__=Options.model_config, **{name: (field.annotation, field)})  # type: ignore[call-overload]
    schema = single.model_json_schema()
    definitions.update(schema.get("$defs", {}))
    return dict(schema["properties"][name])


def _with_sections(schema: Any) -> Any:
    """The same schema, in which an option that holds a component is described by the components of its kind."""
    if isinstance(schema, list):
        return [_with_sections(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("section"), str):
        about = {"description": schema["description"]} if "description" in schema else {}
        return {**about, "$ref": f"#/$defs/{schema['section']}"}
    return {key: _with_sections(part) for key, part in schema.items()}


def _kind_schema(kind: str, registry: plugins.Registry, definitions: dict[str, Any]) -> dict[str, Any]:
    offered = [offer.component for offer in registry.offers if offer.component.kind == kind]
    choices = [_section_schema(component, definitions) for component in offered]
    return {"description": (KINDS[kind].__doc__ or "").strip(), "anyOf": choices}


def _section_schema(component: Component[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    schema = component.options.model_json_schema()
    definitions.update(schema.pop("$defs", {}))
    name: dict[str, Any] = {"const": component.name}
    optional = DEFAULT_COMPONENTS[component.kind] == component.name
    return {
        "type": "object",
        "title": component.name,
        "description": component.description,
        "additionalProperties": False,
        "required": [] if optional else ["name"],
        "properties": {"name": name, **schema.get("properties", {})},
    }
