from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from lacoskit.budget import tokens_that_fit
from lacoskit.config import RunConfig
from lacoskit.encoder import build_encoder
from lacoskit.footprint.rehearsed import Rehearsed, weights_of
from lacoskit.footprint.shapes import BLOOM, with_known_shape
from lacoskit.footprint.skeleton import skeleton
from lacoskit.placement import placement

GB_OF_BLOOM = {  # of fp16, int8 and nf4 weights, embeddings in 16 bits: counted by hand from layers and widths
    "-560m": (1.12, 0.82, 0.68),
    "-1b7": (3.44, 2.24, 1.71),
    "-7b1": (14.14, 8.10, 5.46),
    "": (352.5, 179.9, 104.3),
}


def _config(model: Path | str, quantizer: str | None, adapter: str, **train: Any) -> RunConfig:
    chosen = None if quantizer is None else {"name": quantizer}
    settings = {"model": str(model), "quantizer": chosen, "adapter": {"name": adapter}}
    return RunConfig.model_validate({**settings, "train": {"dtype": "float32", **train}})


def _bytes(encoder: Any) -> int:
    """Of every tensor that a real encoder holds, the scales of bitsandbytes among them."""
    held: dict[int, int] = {}
    for module in encoder.modules():
        tensors = [*module.parameters(recurse=False)]
        for weight in tensors[:]:
            tensors += [scales for name in ("SCB", "CB") if (scales := getattr(weight, name, None)) is not None]
            state = getattr(weight, "quant_state", None)
            if state is not None:
                tensors += [state.absmax, *([state.state2.absmax, state.offset] if state.nested else [])]
        state = getattr(module, "state", None)
        tensors += [scales for name in ("SCB", "CB") if (scales := getattr(state, name, None)) is not None]
        held |= {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in tensors}
    return sum(held.values())


@pytest.mark.parametrize(
    ("quantizer", "adapter"),
    [
        *((None, adapter) for adapter in ("lora", "bitfit", "full")),
        ("int8", "lora"),
        ("int8", "bitfit"),
        ("bnb-8bit", "lora"),
        ("bnb-4bit", "lora"),
    ],
)
def test_weights_are_those_of_the_encoder_that_a_run_builds(
    tiny_bloom: Path, quantizer: str | None, adapter: str
) -> None:
    config = _config(tiny_bloom, quantizer, adapter)
    where = placement(config, "cpu", 1, 0)
    encoder, weights = build_encoder(config, where), Rehearsed(config, where).weights
    tables = 8 * (256 + 16) * 4 if quantizer == "bnb-4bit" else 0  # on a CPU, all layers share one
    assert weights.frozen + weights.trained - tables == _bytes(encoder)
    assert weights.trained == sum(weight.nbytes for weight in encoder.trained().values())


@pytest.mark.parametrize("size", GB_OF_BLOOM)
def test_bloom_weighs_what_its_layers_and_width_come_to(size: str) -> None:
    plain, eight, four = GB_OF_BLOOM[size]
    for quantizer, known in ((None, plain), ("bnb-8bit", eight), ("bnb-4bit", four)):
        config = _config(f"bigscience/bloom{size}", None, "lora", dtype="bfloat16")
        plain_scales = {"double_quantization": False} if quantizer == "bnb-4bit" else {}
        chosen = None if quantizer is None else {"name": quantizer, **plain_scales}
        config = RunConfig.model_validate(config.as_mapping() | {"quantizer": chosen})
        with with_known_shape(config) as shaped:
            weights = weights_of(skeleton(shaped, placement(shaped, "cuda", 1, 0)))
        assert weights.frozen / 1e9 == pytest.approx(known, rel=0.012)
    assert BLOOM[size][0] == len(weights.units) - 1


@pytest.mark.parametrize("kind", ["bloom", "xlm-roberta", "qwen2"])
@pytest.mark.parametrize(("adapter", "again"), [("lora", False), ("full", False), ("lora", True)])
def test_what_is_kept_for_backward_is_what_a_run_measures(
    tiny_model: Any, kind: str, adapter: str, again: bool
) -> None:
    config = _config(tiny_model(kind), None, adapter, checkpoint_activations=again)
    where = placement(config, "cpu", 1, 0)
    encoder = build_encoder(config, where).train()
    lengths = torch.full((16,), 32)
    if kind != "bloom":
        lengths[-1] = 31  # transformers leaves the mask out where nothing is padded, which a plan does not count on
    tokens = int(lengths.sum())
    _, measured = tokens_that_fit(encoder, torch.full((tokens,), 7), lengths, 1)
    kept = Rehearsed(config, where).try_pass(16, 32).kept
    assert kept == pytest.approx(measured * tokens, rel=0.08)  # a run's measure leaves out what no operation saves


def test_a_gpus_ways_are_taken_where_there_is_none(tiny_bloom: Path) -> None:
    config = _config(tiny_bloom, None, "lora", dtype="bfloat16")
    kept = {}
    for device in ("cpu", "cuda"):
        kept[device] = Rehearsed(config, placement(config, device, 1, 0)).try_pass(4, 64).kept
    assert kept["cuda"] < 0.95 * kept["cpu"]  # attention in 16 bits, and no bias in memory


def test_between_two_sizes_a_pass_is_never_taken_for_less_than_it_is(tiny_bloom: Path) -> None:
    config = _config(tiny_bloom, "int8", "lora")
    rehearsed = Rehearsed(config, placement(config, "cpu", 1, 0))
    rehearsed.try_pass(1, 16), rehearsed.try_pass(64, 16)
    guessed = rehearsed.between(16, 16)
    true = rehearsed.try_pass(16, 16)
    assert all(vars(guessed)[name] >= vars(true)[name] for name in ("kept", "forward", "backward", "evaluated"))


@pytest.mark.parametrize("loss", ["gist", "distill"])
def test_a_teachers_vectors_are_part_of_what_a_loss_takes(loss: str, tiny_model: Any) -> None:
    def most(**options: Any) -> int:
        settings = _config(tiny_model("bloom"), None, "lora").as_mapping() | {"loss": {"name": loss, **options}}
        config = RunConfig.model_validate(settings)
        return Rehearsed(config, placement(config, "cpu", 1, 0)).try_loss(64, 3, 1)[1]

    narrow, wide = (most(teacher=f"base:{model}") for model in (tiny_model("bert"), _wide(tiny_model("bert"))))
    assert wide - narrow >= 64 * 3 * (1024 - 32) * 4


def _wide(model: Path) -> Path:
    wide = model.with_name("wide-bert")
    wide.mkdir(exist_ok=True)
    settings = (model / "config.json").read_text(encoding="utf-8")
    (wide / "config.json").write_text(settings.replace('"hidden_size": 32', '"hidden_size": 1024'), encoding="utf-8")
    return wide
