"""What the tests share: tiny models of several kinds made at random, small data files, a way to run commands."""

from __future__ import annotations

import json
import logging
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

ROOT = Path(__file__).resolve().parent.parent
WORDS = (
    "the a cat dog house tree river boat man woman child runs sleeps eats sings sees finds opens closes green blue "
    "big small old new near under with and el la gato perro casa duerme come un chat chien dort mange 猫 狗 睡觉 吃"
).split()
TINY = {"vocab_size": 400, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing here may depend on a network
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(autouse=True, scope="session")
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["LACOSKIT_CACHE"] = str(tmp_path_factory.mktemp("cache"))  # which processes that are started inherit


@pytest.fixture(autouse=True, scope="session")
def _one_thread_a_worker() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _log_is_not_printed() -> None:
    logger = logging.getLogger("lacoskit")  # a run, of a fixture too, prints what is logged itself
    logger.handlers, logger.level, logger.propagate = [], logging.NOTSET, True


@pytest.fixture(scope="session")
def sentences() -> Callable[[int, int], list[str]]:
    """`sentences(count, seed)`: different sentences of 3 to 14 words."""

    def make(count: int, seed: int = 0) -> list[str]:
        generator = random.Random(seed)
        made: dict[str, None] = {}
        while len(made) < count:
            made[" ".join(generator.choices(WORDS, k=generator.randint(3, 14)))] = None
        return list(made)

    return make


@pytest.fixture(scope="session")
def write_rows(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`write_rows(rows, name)`: a JSONL file of these rows in a folder of its own."""

    def write(rows: list[dict[str, Any]], name: str = "rows.jsonl") -> Path:
        path = tmp_path_factory.mktemp("rows") / name
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def pairs_file(sentences: Any, write_rows: Any) -> Path:
    """200 pairs with a negative each and a score: columns anchor, positive, negative, score."""
    texts = sentences(600, 1)
    rows = [
        {"anchor": texts[i], "positive": texts[i + 200], "negative": texts[i + 400], "score": i % 6} for i in range(200)
    ]
    return write_rows(rows, "pairs.jsonl")


@pytest.fixture(scope="session")
def scored_file(sentences: Any, write_rows: Any) -> Path:
    """40 scored pairs: columns sentence1, sentence2, score."""
    texts = sentences(80, 2)
    rows = [{"sentence1": texts[i], "sentence2": texts[i + 40], "score": i % 5 + 0.5} for i in range(40)]
    return write_rows(rows, "scored.jsonl")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory, sentences: Any) -> Callable[[str], Path]:
    """`tiny_model(kind)`: the folder of a random bloom, bert, xlm-roberta, llama or qwen2, with a tokenizer."""
    folder = tmp_path_factory.mktemp("models")

    def make(kind: str) -> Path:
        path = folder / kind
        if not path.is_dir():
            _tokenizer(sentences(300, 3)).save_pretrained(path)
            torch.manual_seed(0)
            model = _model(kind)
            for weight in model.parameters():  # norms and biases too, so that no test passes because they are trivial
                weight.data += 0.05 * torch.randn_like(weight)
            model.save_pretrained(path)
        return path

    return make


@pytest.fixture(scope="session")
def tiny_bloom(tiny_model: Callable[[str], Path]) -> Path:
    """The folder of a random BLOOM of two layers."""
    return tiny_model("bloom")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data sets, where there are any; tests that need them are skipped otherwise."""
    folder = Path(os.environ.get("LACOSKIT_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("real data sets are absent; LACOSKIT_TEST_DATA names their folder")
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run("-m", "lacoskit", ...)`: Python in a process of its own, from an empty folder."""

    def call(*arguments: str, timeout: float = 300, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "120", **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return call


@pytest.fixture
def settings(tiny_bloom: Path, pairs_file: Path, scored_file: Path, tmp_path: Path) -> dict[str, Any]:
    """A run of a few steps of LoRA in float32 on the tiny BLOOM, as a mapping; tests change what they are about."""
    return {
        "model": str(tiny_bloom),
        "output": str(tmp_path / "run"),
        "max_length": 32,
        "quantizer": None,
        "adapter": {"name": "lora", "rank": 4},
        "optimizer": {"name": "adamw"},
        "dataset": {"name": "pairs", "files": [str(pairs_file)], "negatives": ["negative"]},
        "train": {"batch_size": 16, "max_steps": 6, "learning_rate": 1e-3, "dtype": "float32", "log_every": 2},
        "evaluation": {"tasks": {"scored": {"name": "sts", "files": [str(scored_file)]}}},
    }


def _tokenizer(texts: list[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<unk>", "<s>", "</s>", "<pad>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        padding_side="left",
    )


def _model(kind: str) -> Any:
    import transformers as t

    ids = {"pad_token_id": 3, "bos_token_id": 1, "eos_token_id": 2}
    inner = {"intermediate_size": 64, "max_position_embeddings": 128}
    if kind == "bloom":
        return t.BloomModel(t.BloomConfig(vocab_size=400, hidden_size=32, n_layer=2, n_head=4, **ids))
    if kind == "bert":
        return t.BertModel(t.BertConfig(**TINY, **inner, **ids))
    if kind == "xlm-roberta":
        return t.XLMRobertaModel(t.XLMRobertaConfig(**TINY, **inner, **ids))
    if kind == "llama":
        return t.LlamaModel(t.LlamaConfig(**TINY, **inner, **ids, num_key_value_heads=2))
    if kind == "qwen2":
        return t.Qwen2Model(t.Qwen2Config(**TINY, **inner, **ids, num_key_value_heads=2))
    raise ValueError(kind)
