"""The first lines of the page: is it better, where, and what did it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from lacoskit.evaluating.intervals import SURE, difference_of_means
from lacoskit.evaluating.means import covered
from lacoskit.models import BASE
from lacoskit.page.blocks import Key
from lacoskit.page.gathering import RunFolder
from lacoskit.page.scores import Scores
from lacoskit.page.writing import many, points, signed, spread
from lacoskit.trained_languages import trained_languages
from lacoskit.units import duration, short


@dataclass(frozen=True)
class Card:
    """A run in a few lines."""

    key: Key
    mean: str
    """The mean of its main figures, times 100; empty where nothing is known."""
    gain: str
    verdict: str
    """`better`, `worse`, `mixed`, `unsure`, or nothing where there is no test."""
    sentences: Sequence[str]


@dataclass(frozen=True)
class Summary:
    """What one reads first."""

    headline: str
    sentences: Sequence[str]
    cards: Sequence[Card]


WORDS = {
    "better": "Better than before training",
    "worse": "Worse than before training",
    "unsure": "No sure difference from before training",
}


def summary(scores: Scores, runs: Sequence[RunFolder]) -> Summary:
    """The headline, and a card for each run."""
    cards = [_card(scores, run, number) for number, run in enumerate(runs)]
    if len(runs) == 1:
        return Summary(_of_one(scores, runs[0], cards[0]), [], cards)
    ranked = sorted(
        ((mean, run) for run in runs if (mean := scores.mean(run.name)) is not None), key=lambda known: -known[0]
    )
    if len(ranked) < 2:
        return Summary(f"{len(runs)} runs side by side", [], cards)
    (mean, best), (next_mean, second) = ranked[:2]
    tests = scores.rivalry(best.name, second.name)
    sure = [test.value for test in tests if test.p_value < SURE]
    overall = difference_of_means(tests) if len(tests) == len(scores.tasks) else None
    word = "is best" if overall is not None and overall.p_value < SURE else "is highest"  # which may be by chance
    headline = f"{best.name} {word}: {points(mean)} in the mean of {many(len(scores.tasks), 'task')}"
    if points(mean) == points(next_mean):
        headline = f"{best.name} and {second.name} are equally good: {points(mean)} in the mean"
    gap = f"{signed(mean - next_mean)} in the mean over the next, {second.name}."
    told = [] if points(mean) == points(next_mean) else [gap]
    return Summary(headline, [*told, *_between(best.name, second.name, sure, len(tests))], cards)


def verdict(scores: Scores, run: str) -> str:
    """What the tests say in a word; empty where nothing was tested."""
    if not any(task.gains[run].test is not None for task in scores.tasks if run in task.gains):
        return ""
    better, worse = scores.verdicts(run)
    if better and worse:
        return "mixed"
    return "better" if better else "worse" if worse else "unsure"


def _of_one(scores: Scores, run: RunFolder, card: Card) -> str:
    if card.verdict == "mixed":
        better, worse = scores.verdicts(run.name)
        return f"Better in {many(better, 'task')}, worse in {worse}"
    if card.verdict:
        return WORDS[card.verdict]
    return _untested(scores, run.name)


def _untested(scores: Scores, run: str) -> str:
    """What figures say that no test is known of: of the tasks that have one before and after."""
    gains = [task.gains[run].value for task in scores.tasks if run in task.gains]
    if not gains:
        measured = any(run in task.after for task in scores.tasks)
        return "Measured after training only" if measured else "Trained, and not yet measured"
    gain = round(100 * fmean(gains), 1)  # as it is written
    word = "As good as" if gain == 0 else "Higher than" if gain > 0 else "Lower than"
    part = "" if len(gains) == len(scores.tasks) else f" in {len(gains)} of {many(len(scores.tasks), 'task')}"
    by = "by what the run itself measured" if scores.config is None else "and no task says how sure that is"
    return f"{word} before training{part}, {by}"


def _between(best: str, second: str, sure: Sequence[float], tests: int) -> list[str]:
    """Which of the differences between the two best runs are sure."""
    if not tests:
        return []
    if not sure:
        return [f"Between {best} and {second} no task shows a sure difference."]
    better, worse = (sum(value * sign > 0 for value in sure) for sign in (1, -1))
    return [
        f"Against {second}, {best} is surely better in {better} and surely worse in {worse} of {many(tests, 'task')}."
    ]


def _card(scores: Scores, run: RunFolder, number: int) -> Card:
    before, after = scores.mean(run.name, "before"), scores.mean(run.name)
    gained = scores.means.gains.get(run.name)
    gain = ""
    if before is not None and gained is not None:
        gain = f"{signed(gained.value)} {spread(gained.interval)}".rstrip() + f" from {points(before)}"
    sentences = [*_whether(scores, run.name), *_where(scores, run.name), *_by_language(scores, run), _cost(run)]
    told = verdict(scores, run.name)
    return Card(Key(run.name, number), "" if after is None else points(after), gain, told, sentences)


def _whether(scores: Scores, run: str) -> list[str]:
    tested = [task for task in scores.tasks if run in task.gains and task.gains[run].test is not None]
    if not tested:
        return []
    better, worse = scores.verdicts(run)
    if len(tested) == 1:
        return ["The difference is sure." if better + worse else "The difference is not sure."]
    return [f"Surely better in {better or 'none'} of {len(tested)} tasks, surely worse in {worse or 'none'}."]


def _where(scores: Scores, run: str) -> list[str]:
    gains = sorted(((task.gains[run].value, task.task) for task in scores.tasks if run in task.gains), reverse=True)
    if len(gains) < 2:
        return []
    (most, where), (least, there) = gains[0], gains[-1]
    return [f"Most in {where} ({signed(most)}), least in {there} ({signed(least)})."]


def _by_language(scores: Scores, run: RunFolder) -> list[str]:
    """What was gained in languages that the base was trained on, and in others, where there are both."""
    trained = trained_languages(run.base.removeprefix(BASE))
    if trained is None:
        return []
    told = [(task.languages, task.gains[run.name].value) for task in scores.tasks if run.name in task.gains]
    seen = [gain for languages, gain in told if languages and covered(languages, trained)]
    unseen = [gain for languages, gain in told if languages and not covered(languages, trained)]
    if not seen or not unseen:
        return []
    return [
        f"In languages that the base was trained on {signed(fmean(seen))} ({many(len(seen), 'task')}), in others "
        f"{signed(fmean(unseen))} ({many(len(unseen), 'task')})."
    ]


def _cost(run: RunFolder) -> str:
    about = run.about
    told = []
    if about.get("seconds") is not None:
        told.append(f"Training took {duration(about['seconds'])}")
    if about.get("device"):
        told[-1:] = [f"{told[-1]} on {about['device']}"] if told else [f"Trained on {about['device']}"]
    if about.get("memory_gib") is not None:
        told.append(f"{about['memory_gib']:.2f} GiB of memory at the peak")
    total, trained = about.get("parameters"), about.get("trained_parameters")
    if total and trained is not None:
        told.append(f"{short(trained)} of {short(total)} parameters trained")
    return f"{', '.join(told)}." if told else "What it cost is not recorded."
