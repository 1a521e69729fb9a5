"""The recipe for retrieval taken apart: what each of its parts gives, on real questions and passages.

    python tests/benchmarks/recipe.py --data DATA [--model nano-bloom]

where DATA has nli/, bitext/, classification/ and retrieval/ (folders as BEIR has them: tydiqa-train_*, tydiqa-dev_*,
mlqa-dev_*, xquad_*). Writes the recipe, a file for `lacoskit retrofit`, runs it, and puts results/recipe-MODEL.json and
.md beside this file. Every run has the same base model, steps and batch size. What is done is not done again.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import fmean
from typing import Any

import yaml

TRAINED = ("tydiqa-train_en", "tydiqa-train_sw")
OTHER_LANGUAGES = ("mlqa-dev_ar", "mlqa-dev_es", "mlqa-dev_hi", "mlqa-dev_vi", "mlqa-dev_zh")
MONOLINGUAL = ("tydiqa-dev_en", "tydiqa-dev_id", "xquad_en", "xquad_es", "xquad_hi", "xquad_zh")
CROSS_LINGUAL = (("es", "en"), ("hi", "en"), ("zh", "en"), ("en", "es"))
FIGURES = ("ndcg@1", "ndcg@10", "mrr")

VARIANTS = {
    "base": "the base model as it is",
    "in-batch": "questions and passages in English and Swahili; in-batch negatives only",
    "unfiltered": "the same with a hard negative each, from ranks 1 to 10 by `in-batch`, whatever its score",
    "filtered": "the same, but the negative scores less than 0.95 of the positive, from ranks 1 to 50",
    "synthetic": "filtered, and queries from templates for the same passages",
    "tasks": "filtered, and NLI, translations and topics",
    "languages": "filtered, and questions in Arabic, Chinese, Hindi, Spanish and Vietnamese",
    "quarter": "filtered, a quarter of the questions, as many steps",
}


def main() -> int:
    """Write the recipe, run it, and write the tables."""
    arguments = _arguments()
    arguments.work.mkdir(parents=True, exist_ok=True)
    file = arguments.work / "recipe.yaml"
    file.write_text(yaml.safe_dump(recipe(arguments), sort_keys=False), encoding="utf-8")
    code = subprocess.run([sys.executable, "-m", "lacoskit", "retrofit", str(file)], check=False).returncode
    if code:
        return code
    found = json.loads((arguments.work / "scores" / "results.json").read_text(encoding="utf-8"))
    rows = table_rows(found, arguments)
    name = f"recipe-{Path(arguments.model).name}"
    about = {**_about(arguments), "variants": VARIANTS, "rows": rows}
    arguments.results.mkdir(parents=True, exist_ok=True)
    text = json.dumps(about, indent=1, ensure_ascii=False) + "\n"
    (arguments.results / f"{name}.json").write_text(text, encoding="utf-8")
    table = "\n".join(_markdown(rows, about)) + "\n"
    (arguments.results / f"{name}.md").write_text(table, encoding="utf-8")
    print(table)
    return 0


def recipe(arguments: argparse.Namespace) -> dict[str, Any]:
    """The stages, as `lacoskit retrofit` reads them."""
    data, work = arguments.data, arguments.work

    def train(name: str, sources: Mapping[str, Any]) -> dict[str, Any]:
        sections = {source: {"dataset": dataset} for source, dataset in sources.items()}
        dataset = {"name": "mixture", "sources": sections}
        return {"train": {**_settings(arguments), "output": str(work / name), "dataset": dataset}}

    filtered = {"mined": _triples(work / "filtered-negatives.jsonl")}
    synthetic = {f"synthetic-{name[-2:]}": _triples(work / f"synthetic-{name[-2:]}.jsonl") for name in TRAINED}
    return {
        "output": str(work / "stages"),
        "stages": [
            *(_generate(data, work, name) for name in TRAINED),
            train("in-batch", _questions(data, TRAINED)),
            _mine(data, work, "unfiltered", relative=None, ranks=[1, 10], pick="random"),
            _mine(data, work, "filtered"),
            _mine(data, work, "quarter", part=4),
            train("unfiltered", {"mined": _triples(work / "unfiltered-negatives.jsonl")}),
            train("filtered", filtered),
            train("synthetic", {**filtered, **synthetic}),
            train("tasks", {**filtered, **_tasks(data)}),
            train("languages", {**filtered, **_questions(data, OTHER_LANGUAGES)}),
            train("quarter", {"mined": _triples(work / "quarter-negatives.jsonl")}),
            {"evaluate": {"models": _models(arguments), "tasks": _evaluated(data), "output": str(work / "scores")}},
        ],
    }


def _generate(data: Path, work: Path, name: str) -> dict[str, Any]:
    language = name[-2:]
    documents = {"beir": str(data / "retrieval" / name), "language": language}
    judged = {"model": "bm25", "top_k": 10}
    return {"generate": {"documents": documents, "filter": judged, "output": str(work / f"synthetic-{language}.jsonl")}}


def _mine(data: Path, work: Path, name: str, part: int = 1, **options: Any) -> dict[str, Any]:
    """Negatives by the model that was trained without any, for all questions or one of so many parts of them."""
    questions = {
        source: {"dataset": {**dataset, **({"max_examples": _count(data, source) // part} if part > 1 else {})}}
        for source, dataset in _questions(data, TRAINED).items()
    }
    return {
        "mine": {
            "model": str(work / "in-batch"),
            "queries": {"name": "mixture", "sources": questions},
            "corpus": [str(data / "retrieval" / source / "corpus.jsonl.gz") for source in TRAINED],
            "columns": ["title", "text"],
            "negatives": 1,
            "output": str(work / f"{name}-negatives.jsonl"),
            **options,
        }
    }


def _questions(data: Path, names: Sequence[str]) -> dict[str, Any]:
    return {name: {"name": "retrieval", "folder": str(data / "retrieval" / name)} for name in names}


def _triples(path: Path) -> dict[str, Any]:
    return {"name": "triples", "files": [str(path)]}


def _tasks(data: Path) -> dict[str, Any]:
    """Other tasks than questions, in the languages of the questions and in others."""
    nli = {"name": "nli", "files": [str(data / "nli" / "en_lingnli_train.jsonl.gz")], "max_examples": 6000}
    bitext = {"name": "bitext", "files": [str(data / "bitext" / "tatoeba_*.jsonl.gz")]}
    topics = {"name": "classification", "files": [str(data / "classification" / "sib200_*_train.jsonl.gz")]}
    return {"nli": {**nli, "hard_negatives": True}, "bitext": bitext, "topics": topics}


def _models(arguments: argparse.Namespace) -> list[str]:
    trained = [str(arguments.work / name) for name in VARIANTS if name != "base"]
    return [f"base:{arguments.model}", *trained]


def _evaluated(data: Path) -> dict[str, Any]:
    folders = {name: str(data / "retrieval" / name) for name in MONOLINGUAL}
    tasks = {name: {"name": "retrieval", "folder": folder} for name, folder in folders.items()}
    for asked, answered in CROSS_LINGUAL:
        queries, corpus = folders[f"xquad_{asked}"], folders[f"xquad_{answered}"]
        tasks[f"xquad_{asked}-{answered}"] = {"name": "retrieval", "folder": corpus, "queries": queries}
    return tasks


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "model": arguments.model,
        "seed": arguments.seed,
        "max_length": arguments.max_length,
        "quantizer": None,
        "adapter": {"name": "lora", "rank": 16, "alpha": 32},
        "optimizer": {"name": "adamw"},
        "train": {
            "batch_size": arguments.batch_size,
            "max_steps": arguments.steps,
            "epochs": 100,
            "learning_rate": arguments.learning_rate,
            "log_every": 10,
        },
    }


def _count(data: Path, name: str) -> int:
    import gzip

    with gzip.open(data / "retrieval" / name / "queries.jsonl.gz", "rt", encoding="utf-8") as lines:
        return sum(1 for _ in lines)


def table_rows(found: Mapping[str, Any], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """For each variant the means over the sets of one language, and over those of two, of each figure x100."""
    rows = []
    for name, model in zip(VARIANTS, _models(arguments), strict=True):
        results = {one["task_name"]: one for one in found["results"] if one["model"] == model}
        row: dict[str, Any] = {"variant": name}
        for kind, names in (("one", MONOLINGUAL), ("two", [f"xquad_{a}-{b}" for a, b in CROSS_LINGUAL])):
            for figure in FIGURES:
                row[f"{kind} {figure}"] = 100 * fmean(results[task]["scores"]["test"][0][figure] for task in names)
        row["by set"] = {task: 100 * one["scores"]["test"][0]["ndcg@10"] for task, one in results.items()}
        rows.append(row)
    return rows


def _markdown(rows: Sequence[Mapping[str, Any]], about: Mapping[str, Any]) -> list[str]:
    columns = [key for key in rows[0] if key.startswith(("one", "two"))]
    names = [column.replace("one ", "").replace("two ", "cross-lingual ") for column in columns]
    best = {column: max(row[column] for row in rows) for column in columns}

    def cell(row: Mapping[str, Any], column: str) -> str:
        text = f"{row[column]:.1f}"
        return f"**{text}**" if row[column] == best[column] else text

    sets = list(rows[0]["by set"])
    return [
        f"# What each part of the recipe gives: {about['model']}",
        "",
        f"{about['date']}; {about['machine']}; {about['steps']} steps of {about['batch_size']} examples each, texts of "
        f"at most {about['max_length']} tokens, LoRA of rank 16, one seed; {about['versions']}.",
        "",
        f"Means x100 over {', '.join(MONOLINGUAL)}; cross-lingual: XQuAD, "
        f"{', '.join(map(' to '.join, CROSS_LINGUAL))}.",
        "",
        f"| variant | {' | '.join(names)} |",
        f"|---|{'---:|' * len(names)}",
        *(f"| {row['variant']} | {' | '.join(cell(row, column) for column in columns)} |" for row in rows),
        "",
        *(f"- `{name}`: {what}" for name, what in about["variants"].items()),
        "",
        "nDCG@10 x100 by set:",
        "",
        f"| variant | {' | '.join(sets)} |",
        f"|---|{'---:|' * len(sets)}",
        *(f"| {row['variant']} | {' | '.join(f'{value:.1f}' for value in row['by set'].values())} |" for row in rows),
    ]


def _about(arguments: argparse.Namespace) -> dict[str, Any]:
    packages = ("torch", "transformers", "bm25s", "pytrec-eval-terrier")
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": ", ".join(f"{name} {version(name)}" for name in packages),
        "model": Path(arguments.model).name,
        "steps": arguments.steps,
        "batch_size": arguments.batch_size,
        "max_length": arguments.max_length,
        "learning_rate": arguments.learning_rate,
        "seed": arguments.seed,
    }


def _arguments() -> argparse.Namespace:
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets")
    parser.add_argument("--model", default="nano-bloom", help="base model: a name or a folder")
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=96)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path("runs/recipe"), help="receives the runs")
    parser.add_argument("--results", type=Path, default=here / "results", help="receives the tables")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
