from __future__ import annotations

import json
import logging
import re
import time
from pathlib import Path
from typing import Any

import pytest
from processes import Commands, commands_of_this_session
from rich.cells import cell_len

from lacoskit.evaluation import Score
from lacoskit.reporting import Meter, Reporter, before_after, console, read_metrics, show_log
from lacoskit.units import duration, in_bytes, short

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(scope="session")
def commands() -> Commands:
    return commands_of_this_session()


@pytest.fixture
def shown(settings: dict, write_rows: Any, sentences: Any) -> dict[str, Any]:
    """A run of some steps whose first texts look like markup, are long, or are cut."""
    texts = sentences(100, 4)
    rows = [{"anchor": texts[i], "positive": texts[i + 50], "negative": "a cat"} for i in range(50)]
    rows[0] |= {"anchor": "[/INST] [red]a cat[/red]", "positive": "un chat " * 40}
    settings["dataset"] |= {"files": [str(write_rows(rows))]}
    settings["train"] |= {"max_steps": 60, "epochs": 99, "log_every": 2, "trackers": []}
    settings["evaluation"] |= {"every": 30}
    return settings


def test_elsewhere_than_on_a_terminal_figures_stand_in_a_table_of_80_columns(shown: dict, commands: Commands) -> None:
    job = commands.run(shown)
    assert job.code == 0, job.err
    assert "\x1b" not in job.out
    lines = job.out.splitlines()
    header = next(line for line in lines if line.startswith("step  "))
    names = ["step", "loss", "rate", "texts/s", "tokens/s", "padding", "negatives", "GiB", "left"]
    assert header.split() == names
    rows = [line for line in lines if re.match(r" *\d+  ", line)]
    assert [int(row.split()[0]) for row in rows] == [*range(2, 61, 2)]
    assert lines.count(header) == 2  # 30 rows are more than a screen holds
    assert {len(line) for line in [header, *rows]} == {len(header)}
    assert len(header) <= 80
    ends = [header.index(name) + len(name) for name in names]
    assert all(row[end : end + 1] in {"", " "} and row[end - 1] != " " for row in rows for end in ends)
    recorded = (Path(shown["output"]) / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    figures = {line["step"]: line for line in map(json.loads, recorded) if "loss" in line}
    assert all(row.split()[1] == f"{figures[int(row.split()[0])]['loss']:.4f}" for row in rows)
    assert [line for line in lines if line.startswith("step 30: mean ")]


def test_the_first_lines_tell_what_is_trained_on_what_and_show_three_examples(shown: dict, commands: Commands) -> None:
    from transformers import AutoModel, AutoTokenizer

    shown |= {"quantizer": {"name": "bnb-8bit"}}
    shown["train"] |= {"max_steps": 2}
    shown["evaluation"] = {}
    job = commands.run(shown)
    assert job.code == 0, job.err
    lines = [line.rstrip() for line in job.out.splitlines()]
    base = AutoModel.from_pretrained(shown["model"]).num_parameters()
    lora = 2 * 4 * ((32 + 96) + (32 + 32) + (32 + 128) + (128 + 32))
    told = dict(
        re.match(r"(\w+(?: \d)?) {2,}(.*)", line).groups() for line in lines if re.match(r"\w+( \d)? {2}", line)
    )
    assert told["model"] == shown["model"]
    share = f"{100 * lora / (base + lora):.3g} %"
    assert told["parameters"] == f"{(base + lora) / 1e3:.3g}k, of which {lora / 1e3:.3g}k ({share}) are trained"
    assert told["quantizer"].startswith("bnb-8bit; all weights take ")
    assert told["training"] == "lora, mean pooling, multiple-negatives, adamw"
    assert told["device"].endswith(", float32")
    assert told["data"] == "pairs, 50 examples, 2 steps of 16"
    assert told["output"] == shown["output"]
    assert [line.split()[1] for line in lines if line.startswith("example ")] == ["1", "2", "3"]
    assert told["example 1"] == "[/INST] [red]a cat[/red]"
    tokenizer = AutoTokenizer.from_pretrained(shown["model"])
    cut = tokenizer.decode(tokenizer("un chat " * 40)["input_ids"][:32])
    assert "positive    " + cut in lines or any(line.startswith("positive    un chat") for line in lines)
    assert max(map(cell_len, (line for line in lines if line.startswith(("example", "positive", "negative"))))) <= 80


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_a_bar_and_its_figures_take_three_lines_and_are_gone_at_the_end(
    columns: int, shown: dict, commands: Commands
) -> None:
    shown["train"] |= {"max_steps": 300, "epochs": 200}
    shown["evaluation"] |= {"every": 100}
    shown["output"] = str(Path(commands.folder) / f"on-{columns}")
    job = commands.run(shown, terminal=columns)
    assert job.code == 0, job.out
    written = job.out
    frames = re.findall(r"step (\d+) of 300 [^\n]*?(\d+)% (\d+:\d\d) left", ESCAPE.sub("", written))
    assert frames
    plain = ESCAPE.sub("", written)
    bars = [line for line in re.split(r"[\r\n]+", plain) if " of 300 " in line]
    assert all(cell_len(line.rstrip()) <= columns for line in bars)
    assert re.search(r" +loss +rate +texts/s +tokens/s +padding +negatives +GiB\r\n", plain)
    screen = _screen(written)
    assert not [line for line in screen if " of 300 " in line or "tokens/s" in line]
    assert [line for line in screen if line.startswith("step 100: mean ")]
    assert [line for line in screen if re.match(r"  task +figure +units +before +after +change", line)]
    assert [line for line in screen if "lacoskit.load(" in line]
    assert written.count("\x1b[?25h") == written.count("\x1b[?25l") > 0  # the cursor is back


def test_only_training_counts_as_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    meter = Meter()
    for loss in (1.0, 3.0):
        meter.begin()
        now[0] += 2
        meter.end(loss, texts=10, tokens=80, slots=100)
        now[0] += 1000  # an evaluation
    assert meter.figures(processes=3) == {
        "loss": 2.0,
        "texts_per_second": 3 * 20 / 4,
        "tokens_per_second": 3 * 160 / 4,
        "padding": pytest.approx(0.2),
    }


def test_the_loss_of_every_source_is_told_beside_that_of_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    meter = Meter()
    for loss, source in ((1.0, "sts"), (2.0, "nli"), (6.0, "nli")):
        meter.begin()
        meter.end(loss, 1, 1, 1, source)
    figures = meter.figures(processes=1)
    assert {name: value for name, value in figures.items() if "loss" in name} == {
        "loss": 3.0,
        "loss/nli": 4.0,
        "loss/sts": 1.0,
    }
    with Reporter(tmp_path, 9, 0, True, lambda figures, step: None) as reporter:
        reporter.record(3, {**FIGURES, **figures})
    assert "\n   loss of nli 4.0000, sts 1.0000\n" in capsys.readouterr().out
    assert read_metrics(tmp_path)[0]["loss/nli"] == 4.0


FIGURES = {
    "loss": 1.0, "learning_rate": 1e-3, "texts_per_second": 5.0, "tokens_per_second": 9.0, "padding": 0.0,
    "negatives_per_query": 3, "memory_gib": 1.0, "gradient_norm": None,
}  # fmt: skip


def test_the_file_of_a_run_that_goes_on_has_each_step_once_and_no_half_line(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    lines = [json.dumps({"step": step, "loss": step}) for step in (1, 2, 3, 4)]
    file.write_text("\n".join(lines) + '\n{"step": 5, "lo', encoding="utf-8")
    with Reporter(tmp_path, 9, 2, True, lambda figures, step: None) as reporter:
        reporter.record(3, FIGURES)
    written = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["step"] for line in written] == [1, 2, 3]
    assert written[2]["loss"] == 1.0
    assert "gradient_norm" not in written[2]


def test_a_run_that_starts_again_starts_its_file_again(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"step": 0}\n{"step": 1}\n', encoding="utf-8")
    with Reporter(tmp_path, 9, 0, True, lambda figures, step: None):
        pass
    assert (tmp_path / "metrics.jsonl").read_text(encoding="utf-8") == ""


def test_all_processes_but_one_are_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Reporter(tmp_path, 9, 0, False, lambda figures, step: None) as reporter:
        reporter.record(1, FIGURES)
        reporter.say("something")
        show_log(False)
        logging.getLogger("lacoskit").warning("a warning")
    assert capsys.readouterr() == ("", "")
    assert not (tmp_path / "metrics.jsonl").exists()


def test_a_warning_is_marked_and_told_once_a_run_and_brackets_are_no_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for _ in range(2):
        show_log(True)
        for _ in range(3):
            logging.getLogger("lacoskit").warning("texts like [/b] were cut")
            logging.getLogger("lacoskit.data").info("going on from step 3")
    assert capsys.readouterr().out == "warning: texts like [/b] were cut\ngoing on from step 3\n" * 2


def test_the_last_table_has_each_task_and_the_mean(capsys: pytest.CaptureFixture[str]) -> None:
    def scores(en: float, fr: float) -> dict[str, Score]:
        return {"en": Score({"ap": en}, "ap", 1200), "[fr]": Score({"ap": fr, "f1": 0.0}, "ap", 30)}

    before, after = scores(0.1, 0.2), scores(0.3, 0.19)
    console.print(before_after(before, after))
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["en", "ap", "1,200", "10.0", "30.0", "+20.0"] in rows
    assert ["[fr]", "ap", "30", "20.0", "19.0", "-1.0"] in rows
    assert ["mean", "15.0", "24.5", "+9.5"] in rows


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (duration(0), "0:00"),
        (duration(62.4), "1:02"),
        (duration(3723), "1:02:03"),
        (short(999), "999"),
        (short(559_214_592), "559M"),
        (short(7_069_016_064), "7.07B"),
        (in_bytes(500), "500 bytes"),
        (in_bytes(9 * 2**20), "9 MiB"),
        (in_bytes(7_500_000_000), "6.98 GiB"),
    ],
)
def test_sizes_are_short(written: str, expected: str) -> None:
    assert written == expected


def _screen(written: str) -> list[str]:
    """What stands on a terminal at the end: the few codes that a live display uses, carried out."""
    lines, row, column = [""], 0, 0
    for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", written):
        if token == "\r":
            column = 0
        elif token == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif token.endswith("A") and token.startswith("\x1b"):
            row -= int(token[2:-1] or 1)
        elif token == "\x1b[2K":
            lines[row] = ""
        elif not token.startswith("\x1b"):
            lines[row] = lines[row][:column].ljust(column) + token + lines[row][column + len(token) :]
            column += len(token)
    return lines
