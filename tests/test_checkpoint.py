from __future__ import annotations

import json
import random
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from processes import Commands, commands_of_this_session
from safetensors.torch import load_file
from transformers import BloomConfig, BloomModel

import lacoskit
from lacoskit import checkpoint
from lacoskit.checkpoint import pack, unpack
from lacoskit.config import RunConfig
from lacoskit.encoder import build_encoder
from lacoskit.errors import RunFolderError
from lacoskit.layout import best_weights, checkpoints
from lacoskit.placement import placement_here
from lacoskit.reporting import read_metrics
from lacoskit.storage import write_json, write_tensors

STEPS = 14
LORA = {"name": "lora", "rank": 32, "dropout": 0.2}
CASES: dict[str, dict[str, Any]] = {
    "full": {"adapter": {"name": "full"}},
    "lora": {"adapter": LORA},
    "int8": {"adapter": LORA, "quantizer": {"name": "bnb-8bit"}, "optimizer": {"name": "adamw-8bit"}},
    "4-bit": {"adapter": LORA, "quantizer": {"name": "bnb-4bit"}, "optimizer": {"name": "adamw-8bit"}},
}


@pytest.fixture(scope="session")
def commands() -> Commands:
    return commands_of_this_session()


@pytest.fixture(scope="module")
def wide_bloom(tmp_path_factory: pytest.TempPathFactory, tiny_bloom: Path) -> Path:
    """A BLOOM whose LoRA has tensors of over 4,096 elements: adamw-8bit keeps 32 bits for smaller ones."""
    folder = tmp_path_factory.mktemp("wide") / "bloom"
    shutil.copytree(tiny_bloom, folder)
    torch.manual_seed(0)
    BloomModel(BloomConfig(vocab_size=400, hidden_size=64, n_layer=2, n_head=4)).save_pretrained(folder)
    return folder


@pytest.fixture
def long_run(settings: dict, wide_bloom: Path) -> dict[str, Any]:
    """More than one epoch, a checkpoint at every step, evaluations between them."""
    settings["model"] = str(wide_bloom)
    settings["train"] |= {"max_steps": STEPS, "epochs": 2, "save_every": 1, "log_every": 1}
    settings["evaluation"] |= {"every": 5}
    return settings


@pytest.mark.parametrize("case", CASES)
def test_a_run_killed_again_and_again_ends_with_the_weights_of_one_that_was_not(
    case: str, long_run: dict, commands: Commands, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    long_run |= CASES[case]
    assert commands.run(long_run | {"output": str(whole)}).code == 0
    stops = sorted(random.Random(case).sample(range(1, STEPS - 2), 3))
    for number, stop in enumerate(stops):
        resume = ["--resume"] if number else []
        job = commands.interrupted(
            long_run | {"output": str(killed)}, *resume, when=lambda stop=stop: _last_step(killed) >= stop
        )
        assert job.code == -signal.SIGKILL
        assert not (killed / "run.json").exists()
        assert stop <= _last_step(killed) < STEPS
    assert commands.run(long_run | {"output": str(killed)}, "--resume").code == 0
    same = ["trained.safetensors", "optimizer.safetensors", "optimizer.json", "random-0.json"]
    last = f"step-{STEPS - 1:08d}"
    best = [path.relative_to(whole) for path in sorted((whole / "checkpoints").glob("best-*.safetensors"))]
    assert best
    for name in [*(f"checkpoints/{last}/{name}" for name in same), _weights(whole), *best]:
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name
    steps = [line["step"] for line in read_metrics(killed) if "loss" in line]
    assert steps == [*range(1, STEPS + 1)]
    losses = [[line["loss"] for line in read_metrics(output) if "loss" in line] for output in (whole, killed)]
    assert losses[0] == losses[1]
    states = load_file(whole / f"checkpoints/{last}/optimizer.safetensors").values()
    in_8_bits = [state for state in states if state.dtype == torch.uint8]
    assert bool(in_8_bits) == ("optimizer" in CASES[case])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_asked_to_stop_saves_a_checkpoint_says_how_to_resume_and_ends_with_the_same_weights(
    number: int, code: int, long_run: dict, commands: Commands, tmp_path: Path
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    long_run |= CASES["lora"]
    long_run["train"] |= {"save_every": 0}
    assert commands.run(long_run | {"output": str(whole)}).code == 0
    long_run["output"] = str(stopped)
    job = commands.interrupted(long_run, when=lambda: _recorded(stopped) >= 3, number=number)
    assert job.code == code
    assert "Traceback" not in job.err
    (last,) = checkpoints(stopped)
    step = int(last.name.removeprefix("step-"))
    assert f"stopped after step {step} of {STEPS}; saved {last}. Go on with the same command and --resume" in job.err
    assert len(job.err.strip().splitlines()) == 1
    assert commands.run(long_run, "--resume").code == 0
    assert (stopped / _weights(whole)).read_bytes() == (whole / _weights(whole)).read_bytes()
    again = commands.run(long_run, "--resume")
    assert again.code == 0
    assert "is finished: nothing to resume" in again.out


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory, commands: Commands, tiny_bloom: Path, pairs_file: Path) -> Any:
    """The settings of a run that was killed after some steps, which others copy and go on with."""
    output = tmp_path_factory.mktemp("stopped") / "run"
    settings = {
        "model": str(tiny_bloom),
        "output": str(output),
        "quantizer": None,
        "optimizer": {"name": "adamw"},
        "dataset": {"name": "pairs", "files": [str(pairs_file)]},
        "train": {"batch_size": 16, "epochs": 9, "max_steps": 60, "dtype": "float32", "save_every": 1, "log_every": 1},
    }
    commands.interrupted(settings, when=lambda: _last_step(output) >= 5)
    return settings


@pytest.fixture
def resumable(stopped: dict, tmp_path: Path) -> dict[str, Any]:
    """A copy of the killed run."""
    output = tmp_path / "copy"
    shutil.copytree(stopped["output"], output)
    return {**stopped, "output": str(output), "train": dict(stopped["train"]), "dataset": dict(stopped["dataset"])}


def test_only_the_last_checkpoints_are_kept(resumable: dict, commands: Commands) -> None:
    output = Path(resumable["output"])
    assert len(checkpoints(output)) in {2, 3}  # the process may have died before it removed the third
    resumable["train"] |= {"keep_checkpoints": 3, "save_every": 10}
    assert commands.run(resumable, "--resume").code == 0
    assert [path.name for path in checkpoints(output)] == ["step-00000040", "step-00000050", "step-00000060"]


def test_a_checkpoint_that_was_not_finished_is_never_used_and_soon_removed(resumable: dict, commands: Commands) -> None:
    output = Path(resumable["output"])
    last = checkpoints(output)[-1]
    unfinished = last.with_name(".unfinished-step-00000059")
    shutil.copytree(last, unfinished)
    (unfinished / "trained.safetensors").write_bytes(b"half")
    renamed_too_early = last.with_name("step-00000058")
    shutil.copytree(last, renamed_too_early)
    (renamed_too_early / "state.json").unlink()
    job = commands.run(resumable, "--resume")
    assert job.code == 0, job.err
    assert f"going on from {last}" in job.out
    assert not unfinished.exists()
    assert not list(output.rglob(".unfinished*"))


def test_neither_checkpoints_nor_the_folder_hold_base_weights_or_pickles(resumable: dict, commands: Commands) -> None:
    output = Path(resumable["output"])
    last = checkpoints(output)[-1]
    assert all(".lora_" in name for name in load_file(last / "trained.safetensors"))
    assert commands.run(resumable, "--resume").code == 0
    files = [path for path in output.rglob("*") if path.is_file()]
    assert len(files) > 15
    for path in files:
        assert path.suffix not in {".bin", ".pt", ".pth", ".pkl", ".npy", ".npz"}, path
        start = path.read_bytes()[:4]
        assert start[:2] != b"PK", path  # a zip, as torch.save writes it
        assert not (start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05"), path  # a pickle
    base = 54_720 * 4
    assert sum(path.stat().st_size for path in last.parent.rglob("trained.safetensors")) < 2 * base
    names = [name for path in output.rglob("*.safetensors") for name in load_file(path)]
    assert not any("word_embeddings" in name or name.endswith("base_layer.weight") for name in names)


def test_other_data_under_the_same_name_is_refused(resumable: dict, commands: Commands, tmp_path: Path) -> None:
    path = Path(resumable["dataset"]["files"][0])
    before = path.read_text(encoding="utf-8")
    try:
        path.write_text(before.replace("cat", "cats"), encoding="utf-8")
        job = commands.run(resumable, "--resume")
    finally:
        path.write_text(before, encoding="utf-8")
    assert job.code == 2
    assert "the data has changed since" in job.err
    assert len(job.err.strip().splitlines()) == 1


def test_another_configuration_is_refused_with_every_difference(resumable: dict, commands: Commands) -> None:
    resumable["train"] |= {"learning_rate": 0.5, "log_every": 3}
    resumable["adapter"] = {"name": "lora", "rank": 7}
    job = commands.run(resumable, "--resume")
    assert job.code == 2
    assert "2 problems" in job.err
    assert "adapter.rank: was 16 in the run to resume and is 7 now" in job.err
    assert "train.learning_rate: was 0.001 in the run to resume and is 0.5 now" in job.err


def test_a_checkpoint_that_cannot_be_read_is_named_with_what_to_do(resumable: dict, commands: Commands) -> None:
    first, last = checkpoints(Path(resumable["output"]))[-2:]
    for name in ("optimizer.json", "state.json", "optimizer.safetensors", "trained.safetensors"):
        content = (last / name).read_bytes()
        (last / name).write_bytes(content[: len(content) // 2])
        with pytest.raises(RunFolderError, match="remove its folder to go on from the checkpoint before") as raised:
            lacoskit.train(resumable, resume=True)
        assert str(last / name) in str(raised.value)
        if name != "trained.safetensors":
            (last / name).write_bytes(content)
    job = commands.run(resumable, "--resume")
    assert job.code == 2
    assert str(last / "trained.safetensors") in job.err
    assert len(job.err.strip().splitlines()) == 1
    shutil.rmtree(last)
    resumable["train"] |= {"save_every": 0}
    assert f"going on from {first}" in commands.run(resumable, "--resume").out


def test_a_checkpoint_of_another_adapter_is_named(tmp_path: Path, settings: dict) -> None:
    config = RunConfig.model_validate(settings)
    encoder = build_encoder(config, placement_here(config))
    path = tmp_path / "trained.safetensors"
    write_tensors(encoder.trained(), path)
    checkpoint.restore_weights(path, encoder)
    other = RunConfig.model_validate({**settings, "adapter": {"name": "lora", "rank": 5}})
    with pytest.raises(RunFolderError, match="another model or adapter"):
        checkpoint.restore_weights(path, build_encoder(other, placement_here(other)))


def test_the_best_weights_that_a_checkpoint_names_are_kept_though_better_ones_came_since(
    tmp_path: Path, settings: dict
) -> None:
    """A run that was killed after step 60 and goes on from step 50 may find that step 40 was the best after all."""
    config = RunConfig.model_validate(settings)
    encoder = build_encoder(config, placement_here(config))
    accelerator = Accelerator(cpu=True)
    optimizer = torch.optim.AdamW(encoder.trained().values())
    weight = next(iter(encoder.trained().values()))

    def best(step: int) -> None:
        weight.data.fill_(step)
        checkpoint.save_best(tmp_path, step, encoder, accelerator)

    def save(step: int, best: int) -> None:
        state = {"best": {"step": best}}
        checkpoint.save(tmp_path, step, encoder, optimizer, accelerator, state, keep=1)

    def kept() -> list[int]:
        return [step for step in range(99) if best_weights(tmp_path, step).is_file()]

    for step in (20, 30, 40):
        best(step)
    assert kept() == [40]
    save(50, best=40)
    best(60)
    best(65)
    assert kept() == [40, 65]
    checkpoint.restore_weights(best_weights(tmp_path, 40), encoder)
    assert (weight == 40).all()
    save(70, best=65)
    assert kept() == [65]


TENSORS = st.builds(
    lambda shape, dtype, seed: (torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 9).to(dtype),
    st.lists(st.integers(0, 3), max_size=3),
    st.sampled_from([torch.float32, torch.bfloat16, torch.uint8, torch.int64, torch.bool]),
    st.integers(0, 99),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | TENSORS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.integers() | st.text(), inner, max_size=3)
    ),
    max_leaves=12,
)


@hypothesis_settings(deadline=None, max_examples=150)
@given(VALUES)
def test_what_is_packed_comes_back_equal_through_files(value: Any) -> None:
    structure, tensors = pack(value)
    with tempfile.TemporaryDirectory() as folder:
        write_json(Path(folder) / "a.json", structure)
        write_tensors(tensors, Path(folder) / "a.safetensors")
        back = unpack(json.loads((Path(folder) / "a.json").read_text()), load_file(Path(folder) / "a.safetensors"))
    assert _same(value, back)


def test_tensors_that_were_one_object_are_one_again() -> None:
    table = torch.arange(256.0)
    structure, tensors = pack({0: {"qmap": table}, 1: {"qmap": table}, 2: {"qmap": table.clone()}})
    back = unpack(structure, tensors)
    assert len(tensors) == 2
    assert back[0]["qmap"] is back[1]["qmap"]
    assert back[0]["qmap"] is not back[2]["qmap"]


@pytest.mark.parametrize("value", [{"a": object()}, {"a": {1, 2}}, {(1, 2): 3}])
def test_what_only_a_pickle_could_hold_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="without pickle"):
        pack(value)


def _last_step(output: Path) -> int:
    return max([int(path.name.removeprefix("step-")) for path in checkpoints(output)], default=0)


def _recorded(output: Path) -> int:
    try:
        return read_metrics(output)[-1]["step"]
    except (OSError, ValueError, IndexError):
        return 0


def _weights(output: Path) -> str:
    return next(path.name for path in output.glob("*model.safetensors"))


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return [*one] == [*other] and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other
