"""A configuration is read as a whole, and every mistake in it is told at once, with its place and the nearest name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lacoskit import RunConfig, plugins
from lacoskit.errors import ConfigError
from lacoskit.schema import json_schema
from lacoskit.sections import DEFAULT_COMPONENTS

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
SHIPPED = sorted(path for path in CONFIGS.glob("*.yaml") if path.stem != "retrofit")  # which is a recipe of several


@pytest.fixture
def problems(tmp_path: Path) -> Callable[..., list[str]]:
    """`problems(yaml, *overrides)`: what a config file of this text is told to have wrong, one line each."""

    def told(text: str | bytes, *overrides: str) -> list[str]:
        path = tmp_path / "my-run.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(ConfigError) as caught:
            RunConfig.load(path, overrides)
        head, *lines = str(caught.value).splitlines()
        assert head == f"{path}: {len(lines)} problem{'s' if len(lines) > 1 else ''}"
        assert all(line.startswith("  ") for line in lines)
        return [line[2:] for line in lines]

    return told


def test_every_mistake_is_told_at_once(problems: Any) -> None:
    text = """
    modell: bloom
    adapter: {name: lora, rank: -1, alhpa: 2}
    pooler: {name: meen}
    loss: cosent
    train: {epochz: 2, schedule: cosin}
    """
    assert problems(text, "nonsense", "seed=-4") == [
        "--set nonsense: expected section.key=value, as in --set train.epochs=2",
        "adapter.alhpa: no such option; did you mean 'alpha'?",
        "adapter.rank: Input should be greater than 0, got -1",
        "loss: expected a mapping such as {name: cosent}, got 'cosent'",
        "modell: no such option; did you mean 'model'?",
        "pooler.name: no pooler named 'meen'; did you mean 'mean'?",
        "seed: Input should be greater than or equal to 0, got -4",
        "train.epochz: no such option; did you mean 'epochs'?",
        "train.schedule: Input should be 'linear', 'cosine' or 'constant', got 'cosin'",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seed: 1\nmodel: a\nseed: 2\n", "line 3: not valid YAML: the key 'seed' stands here twice"),
        (
            "train:\n  epochs: 1\n  log_every: 2\n  epochs: 3\n",
            "line 4: not valid YAML: the key 'epochs' stands here twice",
        ),
        ("train: {epochs: 1, epochs: 1}", "line 1: not valid YAML: the key 'epochs' stands here twice"),
        ("seed: 1\nmodel: [a, b\n", "line 3: not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("train:\n\tepochs: 1\n", "line 2: not valid YAML: found character '\\t' that cannot start any token"),
        ("seed: 1\n---\nseed: 2\n", "line 2: not valid YAML: but found another document"),
        ("model: *other\n", "line 1: not valid YAML: found undefined alias 'other'"),
        ("output: {{ folder }}\n", "line 1: not valid YAML: {'folder': None} cannot be a key; write braces in quotes"),
        ("model: a\x07b\n", "not valid YAML: special characters are not allowed"),
        (b"model: caf\xe9\n", "cannot be read: 'utf-8' codec can't decode byte 0xe9"),
        ("- model\n- seed\n", "expected `key: value` lines, got list"),
        ("model", "expected `key: value` lines, got str"),
    ],
)
def test_a_file_that_is_no_yaml_mapping_is_told_with_the_line(text: str | bytes, told: str, problems: Any) -> None:
    (line,) = problems(text)
    assert line.startswith(told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("adapter: lora", "adapter: expected a mapping such as {name: lora}, got 'lora'"),
        ("adapter:", "adapter: expected a mapping such as {name: lora}, got None"),
        ("adapter: [lora]", "adapter: expected a mapping such as {name: lora}, got ['lora']"),
        ("train: 5", "train: expected a mapping of options, as in `train: {key: value}`, got 5"),
        ("evaluation:", "evaluation: expected a mapping of options, as in `evaluation: {key: value}`, got None"),
        ("dataset: {name: pairs, files: a.jsonl}", "dataset.files: Input should be a list, as in [one, two], got"),
        ("prompts: {query: 5}", "prompts.query: Input should be a valid string, got 5"),
        ("evaluation: {tasks: {dev: 5}}", "evaluation.tasks.dev: expected a mapping such as {name: sts}, got 5"),
        (
            "adapter: {targets: 5}",
            "adapter.targets: Input should be 'attention' or 'all-linear', or a list, as in [one, two], got 5",
        ),
        ("train: {batch_size: 2.5}", "train.batch_size: Input should be a valid integer, got a number with a"),
        ("train: {learning_rate: fast}", "train.learning_rate: Input should be a valid number"),
        ("train: {learning_rate: .nan}", "train.learning_rate: Input should be"),
        ("train: {epochs: .inf}", "train.epochs: Input should be a finite number, got inf"),
        ("train: {warmup_ratio: 2}", "train.warmup_ratio: Input should be less than or equal to 1, got 2"),
        ("dataset: {languages: [en, xx]}", "dataset.languages: the grammar does not know xx; it knows en, fr"),
        ("dataset: {name: nli, size: 3}", "dataset.size: no such option; "),
        ("adapter: {names: bitfit}", "adapter.names: no such option; did you mean 'name'?"),
        ("7: seven", "7: Keys should be strings"),
    ],
)
def test_a_wrong_value_is_told_with_what_was_expected(text: str, told: str, problems: Any) -> None:
    (line,) = problems(text)
    assert line.startswith(told)


SELECTED = {kind: name for kind, name in DEFAULT_COMPONENTS.items() if kind in RunConfig.model_fields}


@pytest.mark.parametrize("kind", SELECTED)
def test_an_unknown_component_offers_the_nearest(kind: str, problems: Any) -> None:
    name = DEFAULT_COMPONENTS[kind]
    assert problems(f"{kind}: {{name: {name}x}}") == [f"{kind}.name: no {kind} named '{name}x'; did you mean '{name}'?"]


def test_a_name_like_none_offers_all(problems: Any) -> None:
    names = ", ".join(plugins.installed().names("adapter"))
    assert problems("adapter: {name: zzz}") == [f"adapter.name: no adapter named 'zzz'; choose from: {names}"]


def test_a_number_may_be_written_as_yaml_does_not_know_it() -> None:
    assert yaml.safe_load("2e-4") == "2e-4"
    assert RunConfig.load(None, ["train.learning_rate=2e-4"]).train.learning_rate == 0.0002


def test_a_file_says_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("# nothing\n")
    assert RunConfig.load(path) == RunConfig.load() == RunConfig.model_validate({})
    path.write_text("\ufeffseed: 3\nadapter: {rank: 4}\n", encoding="utf-8")
    config = RunConfig.load(path)
    assert (config.seed, config.adapter.name, config.adapter.options.rank) == (3, "lora", 4)
    assert config.adapter.options.alpha == RunConfig.load().adapter.options.alpha
    assert config.train == RunConfig.load().train


def test_the_defaults_select_the_default_components() -> None:
    assert {section.component.kind: section.name for section in RunConfig.load().selections()} == SELECTED


def test_a_section_may_be_merged_from_an_anchor(tmp_path: Path) -> None:
    path = tmp_path / "anchor.yaml"
    path.write_text("train: &usual {epochs: 3, log_every: 7}\nevaluation: {tasks: {}}\n")
    assert RunConfig.load(path).train.log_every == 7
    path.write_text(
        "optimizer: &o {name: adamw, beta1: 0.5}\nadapter: {rank: 3}\ntrain: {<<: {epochs: 3}, epochs: 4}\n"
    )
    assert RunConfig.load(path).train.epochs == 4


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["seed=5"], {"seed": 5}),
        (["train.epochs=2", "train.epochs=3"], {"train.epochs": 3.0}),
        (["adapter.name=bitfit"], {"adapter.name": "bitfit"}),
        (["adapter.rank=7", "quantizer=null"], {"adapter.options.rank": 7, "quantizer": None}),
        (["quantizer=null", "quantizer.name=bnb-4bit"], {"quantizer.name": "bnb-4bit"}),
        (["adapter={name: lora, rank: 9}"], {"adapter.options.rank": 9}),
        (["adapter.targets=[query, value]"], {"adapter.options.targets": ("query", "value")}),
        (["evaluation.metric=dev"], {"evaluation.metric": "dev"}),
        (["output=a=b"], {"output": "a=b"}),
        ([" train.log_every = 3"], {"train.log_every": 3}),
        (["prompts.query='query: '"], {"prompts": {"query": "query: "}}),
    ],
)
def test_an_override_replaces_what_the_file_says(
    overrides: list[str], expected: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("seed: 1\ntrain: {epochs: 9, batch_size: 6}\nadapter: {name: lora}\n")
    config = RunConfig.load(path, overrides)
    assert config.train.batch_size == 6
    for place, value in expected.items():
        found: Any = config
        for part in place.split("."):
            found = getattr(found, part)
        assert found == value


def test_an_override_may_add_a_task() -> None:
    config = RunConfig.load(None, ["evaluation.tasks.dev.files=[a.jsonl]"])
    assert config.evaluation.tasks["dev"].name == "sts"
    assert config.evaluation.tasks["dev"].options.files == ("a.jsonl",)


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("seed", "--set seed: expected section.key=value, as in --set train.epochs=2"),
        ("=3", "--set =3: expected section.key=value"),
        ("train.=3", "--set train.=3: expected section.key=value"),
        ("train..epochs=3", "--set train..epochs=3: expected section.key=value"),
        ("model=[a", "--set model=[a: the value is not valid YAML: expected ',' or ']'"),
        ("output={{x}}", "--set output={{x}}: the value is not valid YAML: {'x': None} cannot be a key"),
        ("train.epoch=3", "train.epoch: no such option; did you mean 'epochs'?"),
        ("trian.epochs=3", "trian: no such option; did you mean 'train'?"),
        ("adapter=bitfit", "adapter: expected a mapping such as {name: bitfit}, got 'bitfit'"),
        ("model=", "model: Input should be a valid string, got None"),
    ],
)
def test_a_wrong_override_is_told(override: str, told: str, problems: Any) -> None:
    (line,) = problems("seed: 1", override)
    assert line.startswith(told)


def test_an_override_does_not_hide_a_section_that_is_no_mapping(problems: Any) -> None:
    assert problems("adapter: bitfit", "adapter.rank=4") == [
        "adapter: expected a mapping such as {name: bitfit}, got 'bitfit'"
    ]


def test_a_missing_file_offers_the_nearest_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "bloom-560m.yaml").touch()
    with pytest.raises(ConfigError, match=r"no such file; did you mean 'bloom-560m\.yaml'\?"):
        RunConfig.load(tmp_path / "bloom560m.yaml")
    with pytest.raises(ConfigError, match=r"no such file$"):
        RunConfig.load(tmp_path / "nowhere" / "bloom560m.yaml")
    with pytest.raises(ConfigError, match=r"cannot be read: .*Is a directory"):
        RunConfig.load(tmp_path)


@pytest.mark.parametrize("value", [[1], "model: x", 5, None])
def test_what_is_no_mapping_is_told_how_to_be_one(value: Any) -> None:
    with pytest.raises(ConfigError, match=re.escape("expected a mapping such as {model: nano-bloom}")):
        RunConfig.model_validate(value)


def test_a_config_validates_to_itself() -> None:
    config = RunConfig.model_validate({"seed": 3})
    assert RunConfig.model_validate(config) is config


numbers = st.floats(min_value=1e-12, max_value=1e12)
names = st.text(min_size=1)
lora = st.fixed_dictionaries(
    {"name": st.just("lora")},
    optional={
        "rank": st.integers(1, 10**9),
        "alpha": numbers,
        "dropout": st.floats(0, 0.99),
        "targets": st.sampled_from(["attention", "all-linear"]) | st.lists(names),
        "dora": st.booleans(),
    },
)
pairs = st.fixed_dictionaries(
    {"name": st.just("pairs")},
    optional={
        "files": st.lists(names),
        "hub": st.none() | names,
        "anchor": names,
        "negatives": st.lists(names),
        "max_examples": st.none() | st.integers(1),
    },
)
tasks = st.fixed_dictionaries({"name": st.just("sts")}, optional={"files": st.lists(names), "score": names})
train = st.fixed_dictionaries(
    {},
    optional={
        "epochs": numbers,
        "learning_rate": numbers,
        "max_steps": st.none() | st.integers(1),
        "max_grad_norm": st.none() | numbers,
        "schedule": st.sampled_from(["linear", "cosine", "constant"]),
        "trackers": st.lists(names),
    },
)
configs = st.fixed_dictionaries(
    {},
    optional={
        "model": names,
        "revision": st.none() | names,
        "output": names,
        "seed": st.integers(0, 2**40),
        "prompts": st.dictionaries(st.sampled_from(["query", "document"]) | names, st.text()),
        "quantizer": st.none()
        | st.fixed_dictionaries({"name": st.just("bnb-4bit")}, optional={"type": st.just("fp4")}),
        "adapter": lora,
        "dataset": pairs,
        "train": train,
        "evaluation": st.fixed_dictionaries({}, optional={"tasks": st.dictionaries(names, tasks)}),
        "save": st.fixed_dictionaries({"merge": st.booleans()}),
    },
)


@settings(deadline=None)
@given(configs)
@example({"output": "a\x85b\u2028c\u2029", "prompts": {"query": "\x85", "document": " \ufeff: \r\n"}})
def test_what_is_written_reads_back_as_an_equal_config(tmp_path_factory: Any, data: dict[str, Any]) -> None:
    path = tmp_path_factory.getbasetemp() / "written.yaml"
    config = RunConfig.model_validate(data)
    path.write_text(config.as_yaml(), encoding="utf-8")
    assert RunConfig.load(path) == config


def test_what_is_written_spells_every_option_out() -> None:
    written = yaml.safe_load(RunConfig.load().as_yaml())
    assert list(written) == list(RunConfig.model_fields)
    for section in RunConfig.load().selections():
        assert set(written[section.component.kind]) == {"name", *section.component.options.model_fields}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json_schema()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_schema_accepts_every_shipped_config(path: Path, schema: dict[str, Any]) -> None:
    assert _misfits(yaml.load(path.read_text(encoding="utf-8"), AsEditorsRead) or {}, schema, schema) == []


def test_the_schema_accepts_the_defaults_spelled_out(schema: dict[str, Any]) -> None:
    assert _misfits(RunConfig.load().as_mapping(), schema, schema) == []
    assert _misfits({}, schema, schema) == []
    assert _misfits({"quantizer": None}, schema, schema) == []


def test_the_schema_accepts_every_installed_component(schema: dict[str, Any]) -> None:
    offers = [offer for offer in plugins.installed().offers if offer.component.kind in SELECTED]
    for offer in offers:
        section = {"name": offer.component.name, **offer.component.options().model_dump(mode="json")}
        assert _misfits({offer.component.kind: section}, schema, schema) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"modell": "x"},
        {"seed": -1},
        {"train": {"epochz": 1}},
        {"train": {"schedule": "cosin"}},
        {"train": {"batch_size": 0}},
        {"adapter": "lora"},
        {"adapter": None},
        {"adapter": {"name": "lorra"}},
        {"adapter": {"rank": 0}},
        {"adapter": {"name": "bitfit", "rank": 4}},
        {"dataset": {"name": "pairs", "files": "a.jsonl"}},
        {"evaluation": {"tasks": {"dev": 5}}},
        {"prompts": {"query": 5}},
    ],
    ids=str,
)
def test_the_schema_rejects_what_the_config_rejects(wrong: dict[str, Any], schema: dict[str, Any]) -> None:
    assert _misfits(wrong, schema, schema)
    with pytest.raises(ConfigError):
        RunConfig.model_validate(wrong)


def test_the_schema_documents_every_option(schema: dict[str, Any]) -> None:
    for name, section in schema["properties"].items():
        about = schema["$defs"][section["$ref"].rpartition("/")[2]] if "$ref" in section else section
        assert about.get("description"), name
    for offer in plugins.installed().offers:
        for name, option in offer.component.options.model_json_schema().get("properties", {}).items():
            assert option.get("description"), f"{offer.component.kind} {offer.component.name}: {name}"


class AsEditorsRead(yaml.SafeLoader):
    """YAML 1.2, which editors speak: there, and not in PyYAML's 1.1, `2e-4` is a number."""


AsEditorsRead.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def _misfits(value: Any, schema: Any, root: dict[str, Any], place: str = "") -> list[str]:
    """Where a value breaks a JSON Schema; of its words, those that ours uses."""
    unknown = set(schema) - {*WORDS, "title", "description", "default", "$defs", "$schema"}
    assert not unknown, f"{place}: this test cannot judge {unknown}"
    if "$ref" in schema:
        return _misfits(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, place)
    if "anyOf" in schema and all(_misfits(value, choice, root, place) for choice in schema["anyOf"]):
        return [f"{place}: none of the choices fits"]
    broken = [f"{place}: {word}" for word, fits in WORDS.items() if word in schema and not fits(value, schema[word])]
    if isinstance(value, dict):
        for key, item in value.items():
            inner = schema.get("properties", {}).get(key, schema.get("additionalProperties", True))
            if inner is False:
                broken.append(f"{place}.{key}: additionalProperties")
            elif isinstance(inner, dict):
                broken += _misfits(item, inner, root, f"{place}.{key}")
            broken += _misfits(key, schema.get("propertyNames", {}), root, f"{place}.[{key}]")
    if isinstance(value, list):
        for item in value:
            broken += _misfits(item, schema.get("items", {}), root, f"{place}[]")
    return broken


def _is(value: Any, name: str) -> bool:
    types: dict[str, Any] = {
        "object": dict,
        "array": list | tuple,
        "string": str,
        "boolean": bool,
        "integer": int,
        "number": int | float,
        "null": type(None),
    }
    return isinstance(value, types[name]) and not (name in {"integer", "number"} and isinstance(value, bool))


def _number(fits: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, limit: not isinstance(value, int | float) or fits(value, limit)


WORDS: dict[str, Callable[[Any, Any], bool]] = {
    "$ref": lambda value, _: True,
    "anyOf": lambda value, _: True,
    "properties": lambda value, _: True,
    "additionalProperties": lambda value, _: True,
    "propertyNames": lambda value, _: True,
    "items": lambda value, _: True,
    "type": _is,
    "const": lambda value, wanted: value == wanted,
    "enum": lambda value, wanted: value in wanted,
    "required": lambda value, wanted: not isinstance(value, dict) or set(wanted) <= set(value),
    "minimum": _number(lambda value, limit: value >= limit),
    "exclusiveMinimum": _number(lambda value, limit: value > limit),
    "maximum": _number(lambda value, limit: value <= limit),
    "exclusiveMaximum": _number(lambda value, limit: value < limit),
    "minItems": lambda value, limit: not isinstance(value, list) or len(value) >= limit,
    "maxItems": lambda value, limit: not isinstance(value, list) or len(value) <= limit,
}
"""What each word of JSON Schema asks of a value; the first six are followed in `_misfits`."""
