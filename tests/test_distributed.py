"""Two real processes on the CPU, launched as the files in launch/ say, against one process on the same batches."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from launching import ROOT, Outcome, launch
from safetensors.torch import load_file

import lacoskit
from lacoskit import distributed
from lacoskit.config import RunConfig
from lacoskit.reporting import read_metrics
from lacoskit.together import PATIENCE

TEXTS = ["a cat sleeps", "the dog runs under the tree", "el gato duerme", "猫 睡觉"]


@pytest.fixture(scope="module")
def ragged_file(sentences: Any, write_rows: Any) -> Path:
    """Pairs with none to two hard negatives, so that the processes have different numbers of texts."""
    texts = sentences(600, 1)
    rows = [
        {"anchor": texts[i], "positive": texts[i + 150], "negatives": texts[i + 300 : i + 300 + i % 3]}
        for i in range(150)
    ]
    return write_rows(rows, "ragged.jsonl")


@pytest.fixture(scope="module")
def configured(tmp_path_factory: Any, tiny_bloom: Path, ragged_file: Path, scored_file: Path) -> Callable[..., dict]:
    """`configured(name, **changes)`: six steps of LoRA in float32 into a folder of this name."""
    folder = tmp_path_factory.mktemp("runs")

    def make(name: str, **changes: Any) -> dict[str, Any]:
        train = {"batch_size": 16, "max_steps": 6, "dtype": "float32", "log_every": 1, "save_every": 2}
        return {
            "model": str(tiny_bloom),
            "output": str(folder / name),
            "max_length": 32,
            "quantizer": None,
            "adapter": {"name": "lora", "rank": 4},
            "optimizer": {"name": "adamw"},
            "dataset": {"name": "pairs", "files": [str(ragged_file)], "negatives": ["negatives"]},
            "train": train,
            "evaluation": {"every": 2, "tasks": {"scored": {"name": "sts", "files": [str(scored_file)]}}},
        } | changes

    return make


@pytest.fixture(scope="module")
def chunked(configured: Callable[..., dict]) -> Callable[..., dict]:
    """`chunked(name)`: the same, and a batch is many chunks, of which the processes have different numbers.

    The last weights are kept and not the best: by a rounding, two evaluations that are nearly equal may change places.
    """

    def make(name: str, chunk_tokens: int = 40) -> dict[str, Any]:
        settings = configured(name, evaluation={})
        return settings | {"train": settings["train"] | {"chunk_tokens": chunk_tokens}}

    return make


@pytest.fixture(scope="module")
def taught(configured: Callable[..., dict], tiny_model: Callable[[str], Path]) -> Callable[[str], dict]:
    """`taught(name)`: the same with a teacher, whose vectors each process has to find for the texts of all."""
    loss = {"name": "distill", "teacher": f"base:{tiny_model('bert')}"}
    return lambda name: configured(name, loss=loss, evaluation={})


@pytest.fixture(scope="module")
def launching(tmp_path_factory: Any) -> Path:
    """Where launched processes have their files."""
    return tmp_path_factory.mktemp("launching")


@pytest.fixture(scope="module")
def alone(configured: Callable[..., dict]) -> Path:
    """The output of one process."""
    settings = configured("alone")
    lacoskit.train(settings)
    return Path(settings["output"])


@pytest.fixture(scope="module")
def one_graph(chunked: Callable[..., dict]) -> Path:
    """The output of one process, whose batches are one chunk."""
    settings = chunked("one-graph", chunk_tokens=100_000)
    lacoskit.train(settings)
    return Path(settings["output"])


@pytest.fixture(scope="module")
def ddp(
    configured: Callable[..., dict], chunked: Callable[..., dict], taught: Callable[[str], dict], launching: Path
) -> tuple[Path, list[Outcome]]:
    whole, eight = configured("ddp"), configured("ddp-8bit", quantizer={"name": "bnb-8bit"})
    return Path(whole["output"]), launch(
        "multi-gpu",
        launching / "ddp",
        [whole, None],
        [eight, None],
        [chunked("ddp-chunks"), None],
        [taught("ddp-taught"), None],
    )


@pytest.fixture(scope="module")
def zero2(configured: Callable[..., dict], chunked: Callable[..., dict], launching: Path) -> tuple[Path, list[Outcome]]:
    whole, eight = configured("zero2"), configured("zero2-8bit", quantizer={"name": "bnb-8bit"})
    return Path(whole["output"]), launch(
        "zero2",
        launching / "zero2",
        [whole, None],
        [eight, None],
        [configured("zero2-resumed"), whole["output"]],
        [chunked("zero2-chunks"), None],
        [chunked("zero1-chunks"), None, {"stage": 1}],
        [chunked("zero0-chunks"), None, {"stage": 0}],
        [configured("zero1-after-zero2"), whole["output"], {"stage": 1}],
        [configured("zero0-after-zero2"), whole["output"], {"stage": 0}],
        [configured("zero2-after-zero0"), configured("zero0-after-zero2")["output"], {"stage": 2}],
    )


@pytest.fixture(scope="module")
def zero3(
    configured: Callable[..., dict],
    chunked: Callable[..., dict],
    taught: Callable[[str], dict],
    launching: Path,
    tiny_bloom: Path,
    tmp_path_factory: Any,
) -> tuple[Path, list[Outcome]]:
    no_weights = shutil.copytree(tiny_bloom, tmp_path_factory.mktemp("model") / "bloom")
    (no_weights / "model.safetensors").unlink()
    whole = configured("zero3")
    half = in_half_precision(configured, "zero3")
    return Path(whole["output"]), launch(
        "zero3",
        launching / "zero3",
        [whole, None],
        [configured("zero3-4bit", quantizer={"name": "bnb-4bit"}), None],
        [configured("zero3-8bit", quantizer={"name": "bnb-8bit"}, model=str(no_weights)), None],
        [configured("zero3-resumed"), whole["output"]],
        [chunked("zero3-chunks"), None],
        *[[settings, None] for settings in half.values()],
        [taught("zero3-taught"), None],
        [configured("zero3-merged", save={"merge": True}), None],  # last: DeepSpeed's count of modules differs after it
    )


@pytest.fixture(scope="module")
def fsdp2(configured: Callable[..., dict], chunked: Callable[..., dict], launching: Path) -> tuple[Path, list[Outcome]]:
    whole = configured("fsdp2")
    return Path(whole["output"]), launch(
        "fsdp2",
        launching / "fsdp2",
        [whole, None],
        [configured("fsdp2-int8", quantizer={"name": "int8"}), None],
        [configured("fsdp2-resumed"), whole["output"]],
        [chunked("fsdp2-chunks"), None],
        *[[settings, None] for settings in in_half_precision(configured, "fsdp2").values()],
        [configured("fsdp2-merged", save={"merge": True}, quantizer={"name": "int8"}), None],
    )


@pytest.fixture(scope="module")
def scaled_down(tiny_bloom: Path, ragged_file: Path, tmp_path_factory: Any) -> Callable[[str], dict[str, Any]]:
    """`scaled_down(name)`: configs/bloom-176b-zero3.yaml on a BLOOM of its shape divided by 56, with two layers."""
    from transformers import AutoTokenizer, BloomConfig, BloomModel

    shape = {"hidden_size": 14_336 // 56, "n_head": 112 // 56, "vocab_size": 250_880 // 56, "n_layer": 2}
    folder = tmp_path_factory.mktemp("scaled-down")
    torch.manual_seed(0)
    BloomModel(BloomConfig(**shape)).to(torch.bfloat16).save_pretrained(folder / "model", max_shard_size="1MB")
    AutoTokenizer.from_pretrained(tiny_bloom).save_pretrained(folder / "model")
    shipped = yaml.safe_load((ROOT / "configs" / "bloom-176b-zero3.yaml").read_text(encoding="utf-8"))

    def make(name: str) -> dict[str, Any]:
        dataset = {"name": "pairs", "files": [str(ragged_file)], "negatives": ["negatives"]}
        here = {"model": str(folder / "model"), "output": str(folder / name), "dataset": dataset}
        train = shipped["train"] | {"dtype": "float32", "max_steps": 4, "save_every": 2, "log_every": 1}
        return shipped | here | {"train": train, "evaluation": {}}

    return make


@pytest.fixture(scope="module")
def four(
    configured: Callable[..., dict],
    scaled_down: Callable[[str], dict[str, Any]],
    launching: Path,
    fsdp2: tuple[Path, Any],
    zero3: tuple[Path, Any],
) -> list[Outcome]:
    """Four processes under ZeRO-3: from the beginning, and going on where two had stopped."""
    return launch(
        "zero3",
        launching / "four",
        [configured("four-int8", quantizer={"name": "int8"}), None],
        [configured("four-after-zero3"), str(zero3[0])],
        [configured("four-after-fsdp2"), str(fsdp2[0])],
        [scaled_down("four"), None],
        processes=4,
    )


@pytest.fixture(scope="module")
def alone_in_int8(configured: Callable[..., dict]) -> Path:
    """The output of one process with int8 weights."""
    settings = configured("alone-int8", quantizer={"name": "int8"})
    lacoskit.train(settings)
    return Path(settings["output"])


def in_half_precision(configured: Callable[..., dict], kind: str) -> dict[str, dict[str, Any]]:
    """Runs in bfloat16, by their names: of plain weights, of int8 ones, and of all weights trained."""
    train = configured("")["train"] | {"dtype": "bfloat16"}
    changes: dict[str, dict[str, Any]] = {"plain": {}, "int8": {"quantizer": {"name": "int8"}}}
    changes["full"] = {"adapter": {"name": "full"}}
    return {name: configured(f"{kind}-bf16-{name}", train=train, **change) for name, change in changes.items()}


def weights_differ_by(first: Path, second: Path) -> float:
    """The largest difference between saved adapters."""
    one, two = (load_file(folder / "adapter_model.safetensors") for folder in (first, second))
    assert one.keys() == two.keys()
    return max(float((one[name] - two[name]).abs().max()) for name in one)


def test_processes_wait_for_one_that_measures_or_writes_longer_than_nccl_would(
    configured: Callable[..., dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Joined(Exception):
        pass

    def join(**settings: Any) -> None:
        raise Joined(settings["kwargs_handlers"][0].to_kwargs())

    monkeypatch.setattr(distributed, "Accelerator", join)
    monkeypatch.delenv("RANK", raising=False)
    for launched in ({}, {"RANK": "0"}):
        for name, value in launched.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(Joined) as caught:
            distributed.start(RunConfig.model_validate(configured("waiting")))
        here = launched and not torch.cuda.is_available()
        assert caught.value.args[0] == {"timeout": PATIENCE, **({"backend": "gloo"} if here else {})}


@pytest.mark.parametrize("kind", ["ddp", "zero2", "zero3", "fsdp2"])
def test_two_processes_train_the_weights_that_one_does(kind: str, alone: Path, request: pytest.FixtureRequest) -> None:
    output, outcomes = request.getfixturevalue(kind)
    assert outcomes[0].get("message") is None
    assert outcomes[0]["placement"]["processes"] == 2
    assert outcomes[0]["placement"]["zero_stage"] == {"ddp": 0, "zero2": 2, "zero3": 3, "fsdp2": 0}[kind]
    assert outcomes[0]["placement"]["fsdp"] == (kind == "fsdp2")
    assert weights_differ_by(alone, output) < 1e-6
    vectors, like = (lacoskit.load(folder).encode(TEXTS) for folder in (output, alone))
    np.testing.assert_allclose(vectors, like, atol=1e-5)


@pytest.mark.parametrize("kind", ["ddp", "zero2", "zero3", "fsdp2"])
def test_gathered_vectors_have_the_loss_and_the_gradient_of_one_process(
    kind: str, alone: Path, request: pytest.FixtureRequest
) -> None:
    output, _ = request.getfixturevalue(kind)
    for name in ("loss", "gradient_norm"):
        figures, expected = (
            [line[name] for line in read_metrics(folder) if "loss" in line] for folder in (output, alone)
        )
        assert len(figures) == 6
        assert figures == pytest.approx(expected, rel=1e-5), name


@pytest.mark.parametrize(
    ("kind", "place"), [("ddp", 2), ("zero2", 3), ("zero2", 4), ("zero2", 5), ("zero3", 4), ("fsdp2", 3)],
    ids=["ddp", "zero2", "zero1", "zero0", "zero3", "fsdp2"],
)  # fmt: skip
def test_batches_in_chunks_train_the_weights_that_one_process_with_one_graph_does(
    kind: str, place: int, one_graph: Path, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id
    output, outcomes = request.getfixturevalue(kind)
    assert outcomes[place].get("message") is None
    assert outcomes[place]["placement"]["processes"] == 2
    assert outcomes[place]["placement"]["zero_stage"] == (int(name[-1]) if name.startswith("zero") else 0)
    folder = output.with_name(f"{name}-chunks")
    expected, trained = (load_file(path / "adapter_model.safetensors") for path in (one_graph, folder))
    for figure in ("loss", "gradient_norm")[: 1 if name == "zero0" else 2]:  # whose norm DeepSpeed keeps to itself
        figures, truth = ([line[figure] for line in read_metrics(p) if "loss" in line] for p in (folder, one_graph))
        assert figures == pytest.approx(truth, rel=1e-5), figure
    assert max(float((trained[key] - expected[key]).abs().max()) for key in expected) < 1e-6


@pytest.mark.parametrize("kind", ["ddp", "zero3"])
def test_two_processes_learn_from_a_teacher_what_one_does(
    kind: str, taught: Callable[[str], dict], request: pytest.FixtureRequest
) -> None:
    output, outcomes = request.getfixturevalue(kind)
    assert outcomes[-1 if kind == "ddp" else -2].get("message") is None
    settings = taught(f"alone-beside-{kind}")
    lacoskit.train(settings)
    runs = (output.with_name(f"{kind}-taught"), Path(settings["output"]))
    figures, expected = ([line["loss"] for line in read_metrics(folder) if "loss" in line] for folder in runs)
    assert figures == pytest.approx(expected, rel=1e-5)
    assert weights_differ_by(*runs) < 1e-6


def test_the_file_for_several_gpus_trains_8_bit_weights(ddp: tuple[Path, list[Outcome]]) -> None:
    assert ddp[1][1].get("message") is None
    assert ddp[1][1]["verification"]["from_base"] > 0


def test_zero2_trains_8_bit_weights(zero2: tuple[Path, list[Outcome]]) -> None:
    assert zero2[1][1].get("message") is None
    assert zero2[1][1]["verification"]["from_base"] > 0


def test_zero3_trains_4_bit_weights(zero3: tuple[Path, list[Outcome]]) -> None:
    assert zero3[1][1].get("message") is None
    assert zero3[1][1]["verification"]["from_base"] > 0


def test_zero3_refuses_8_bit_weights_before_anything_is_loaded_and_names_what_works(
    zero3: tuple[Path, list[Outcome]],
) -> None:
    message = zero3[1][2]["message"]
    assert "quantizer: bnb-8bit cannot be sharded by DeepSpeed ZeRO-3" in message
    assert "bnb-4bit" in message
    assert "ZeRO-2" in message


def test_zero3_saves_a_merged_model(zero3: tuple[Path, list[Outcome]], alone: Path) -> None:
    merged = zero3[0].with_name("zero3-merged")
    assert zero3[1][-1].get("message") is None
    np.testing.assert_allclose(lacoskit.load(merged).encode(TEXTS), lacoskit.load(alone).encode(TEXTS), atol=1e-5)


@pytest.mark.parametrize("kind", ["fsdp2", "four"])
def test_int8_weights_are_shared_out_and_train_what_one_process_does(
    kind: str, alone_in_int8: Path, request: pytest.FixtureRequest
) -> None:
    outcomes = request.getfixturevalue("four") if kind == "four" else request.getfixturevalue("fsdp2")[1]
    outcome, processes = (outcomes[0], 4) if kind == "four" else (outcomes[1], 2)
    assert outcome.get("message") is None
    assert outcome["placement"]["processes"] == processes
    output = alone_in_int8.with_name(f"{kind}-int8")
    assert weights_differ_by(alone_in_int8, output) < 1e-6
    whole = json.loads((alone_in_int8 / "run.json").read_text(encoding="utf-8"))["weight_bytes"]
    assert outcome["weight_bytes"] < 1.05 * whole / processes
    vectors, like = (lacoskit.load(folder).encode(TEXTS) for folder in (output, alone_in_int8))
    np.testing.assert_allclose(vectors, like, atol=1e-5)


@pytest.mark.parametrize("kind", ["zero3", "fsdp2"])
def test_sharded_weights_train_in_bfloat16(kind: str, configured: Callable[..., dict], request: Any) -> None:
    output, outcomes = request.getfixturevalue(kind)
    messages = [outcome.get("message") for outcome in outcomes]
    assert all(message is None or "bnb-8bit" in message for message in messages)
    for name in ("plain", "int8", "full"):
        losses = [line["loss"] for line in read_metrics(output.with_name(f"{kind}-bf16-{name}")) if "loss" in line]
        truth = [line["loss"] for line in read_metrics(output) if "loss" in line]
        assert len(losses) == 6
        assert losses[0] == pytest.approx(truth[0], rel=0.02)
        if name != "full":
            assert losses == pytest.approx(truth, rel=0.03)


@pytest.mark.parametrize(("place", "before"), [(1, "zero3"), (2, "fsdp2")])
def test_a_run_goes_on_with_another_number_of_processes_and_sharded_otherwise(
    place: int, before: str, four: list[Outcome], alone: Path
) -> None:
    assert four[place].get("message") is None
    resumed = alone.with_name(f"four-after-{before}")
    assert [line["step"] for line in read_metrics(resumed) if "loss" in line] == [1, 2, 3, 4, 5, 6]
    assert weights_differ_by(alone, resumed) < 1e-6


@pytest.mark.parametrize("way", ["zero1-after-zero2", "zero0-after-zero2", "zero2-after-zero0"])
def test_a_run_goes_on_with_as_many_processes_under_another_zero_stage(
    way: str, zero2: tuple[Path, list[Outcome]], alone: Path
) -> None:
    """DeepSpeed's own files fit no other stage: it fails on them, or begins with moments of 0 and says nothing."""
    outcome = zero2[1][{"zero1-after-zero2": 6, "zero0-after-zero2": 7, "zero2-after-zero0": 8}[way]]
    assert outcome.get("message") is None
    assert weights_differ_by(alone, alone.with_name(way)) < 1e-6


def test_bloom_176b_scaled_down_trains_on_four_processes_what_one_does(
    four: list[Outcome], scaled_down: Callable[[str], dict[str, Any]]
) -> None:
    alone = scaled_down("alone")
    report = lacoskit.train(alone)
    shared = four[3]
    assert shared.get("message") is None
    assert (shared["placement"]["processes"], shared["placement"]["zero_stage"]) == (4, 3)
    four_folder = Path(alone["output"]).with_name("four")
    # Adam divides by the length of the gradient: where that is near 0, rounding shows in the fourth step of 1e-4
    assert weights_differ_by(Path(alone["output"]), four_folder) < 1e-5
    losses, expected = (
        [line["loss"] for line in read_metrics(folder) if "loss" in line]
        for folder in (four_folder, Path(alone["output"]))
    )
    assert losses == pytest.approx(expected, rel=1e-5)
    assert shared["weight_bytes"] == pytest.approx(report["weight_bytes"] / 4, rel=0.05)


def test_fsdp2_saves_a_merged_model_of_int8_weights(fsdp2: tuple[Path, list[Outcome]], alone_in_int8: Path) -> None:
    assert fsdp2[1][-1].get("message") is None
    merged = lacoskit.load(alone_in_int8.with_name("fsdp2-merged")).encode(TEXTS)
    np.testing.assert_allclose(merged, lacoskit.load(alone_in_int8).encode(TEXTS), atol=1e-4)


@pytest.mark.parametrize("stage", ["zero2", "zero3", "fsdp2"])
def test_a_sharded_run_goes_on_from_its_checkpoint_to_the_same_weights(
    stage: str, request: pytest.FixtureRequest
) -> None:
    whole, outcomes = request.getfixturevalue(stage)
    resumed = whole.with_name(f"{stage}-resumed")
    outcome = outcomes[{"zero2": 2, "zero3": 3, "fsdp2": 2}[stage]]
    assert outcome.get("message") is None
    assert [line["step"] for line in read_metrics(resumed) if "loss" in line] == [1, 2, 3, 4, 5, 6]
    kept = [max((folder / "checkpoints").glob("step-*")).name for folder in (whole, resumed)]
    assert kept == ["step-00000006", "step-00000006"]  # the resumed one had begun with that of step 4
    assert outcome["best_step"] == outcomes[0]["best_step"]
    expected, trained = (load_file(folder / "adapter_model.safetensors") for folder in (whole, resumed))
    assert all((expected[name] == trained[name]).all() for name in expected)
    after = [[line for line in read_metrics(folder) if line["step"] > 4] for folder in (whole, resumed)]
    for name in ("loss", "gradient_norm", "scored/spearman"):
        first, second = ([line[name] for line in lines if name in line] for lines in after)
        assert first == second, name
