"""What a trial showed, at eighty columns and as Markdown: what ran, what answers, what it is worth."""

import textwrap
from collections.abc import Iterator

from causeway.cli.reports.findings import WIDTH
from causeway.core.metrics import spoken
from causeway.core.release import Evaluation
from causeway.core.trial import Entry, Measured, SavedModel, Serving, Trial

GUTTER = 12
MOST_MODELS = 6
MOST_APART = 4
ROLES = {"train": "training", "serve": "app"}
LIMITS = {
    "network": "no network",
    "files": "nothing written or read outside the copy",
    "processes": "no other process in reach",
    "calls": "fewer system calls",
}
"""The fences that a person wants to know of; the limits of time, memory, disk and processes always hold."""


def trial_text(trial: Trial) -> str:
    """The trial as a block of the report."""
    head = f"Tried on a copy, in {_seconds(trial.seconds)}:"
    if trial.reason:
        return _filled(f"Not tried: {trial.reason}.", "")
    rows = [_row(label, text) for label, text in lines(trial)]
    return "\n".join([head, *rows])


def trial_markdown(trial: Trial) -> str:
    """The trial as a Markdown table."""
    if trial.reason:
        return f"Not tried: {trial.reason}."
    rows = [f"| {label} | {text.replace('|', chr(92) + '|')} |" for label, text in lines(trial)]
    return "\n".join([f"### Tried on a copy, in {_seconds(trial.seconds)}", "", "| | |", "|---|---|", *rows])


def lines(trial: Trial) -> Iterator[tuple[str, str]]:
    """Label and words of each line."""
    for entry in trial.entries:
        yield ROLES[entry.role], _entry(entry)
    label = "saved"
    for text in _models(trial):
        yield label, text
        label = ""
    for label_, text in _measured(trial.measured):
        yield label_, text
    broken = {entry.path for entry in trial.entries if entry.role == "serve" and not entry.ended}
    for serving in trial.serving:
        if serving.reason and serving.path in broken:
            continue
        yield "served", _serving(serving)
        for text in _apart(serving):
            yield "", text
    yield "packages", _environment(trial)
    yield "limits", _fences(trial)


def _row(label: str, text: str) -> str:
    return _filled(text, f"  {label:<{GUTTER - 2}}")


def _filled(text: str, head: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=head.ljust(GUTTER if head else 0),
        subsequent_indent=" " * (GUTTER if head else 0),
        break_on_hyphens=False,
        break_long_words=False,
    )


def _seconds(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def _entry(entry: Entry) -> str:
    fitted = f"; {', '.join(entry.fitted[:3])} fitted" if entry.fitted else ""
    if entry.ended:
        took = f" in {_seconds(entry.seconds)}" if entry.seconds else ""
        return f"{entry.path} {'ran to its end' if entry.role == 'train' else 'starts'}{took}{fitted}"
    if not entry.error:
        return f"{entry.path}: {entry.stopped}{fitted}"
    reached = f" after {entry.done} of {entry.statements} statements" if entry.statements else ""
    place = f" at {entry.where}" if entry.where != entry.path else ""
    more = f" ({entry.failed} statements fail in all)" if entry.failed > 1 else ""
    first = "fails" if entry.role == "serve" else "first fails"
    mend = f" To mend it: {entry.remedy}." if entry.remedy else ""
    return f"{entry.path} {first}{reached}{place}: {entry.what}{fitted}{more}.{mend}"


def _models(trial: Trial) -> Iterator[str]:
    models = [model for model in trial.models if model.outcome != "no-model"]
    for model in models[:MOST_MODELS]:
        yield _model(model)
    if len(models) > MOST_MODELS:
        yield f"and {len(models) - MOST_MODELS} more files"
    others = [model.path for model in trial.models if model.outcome == "no-model"]
    if others:
        yield f"{', '.join(others[:3])}{' ...' if len(others) > 3 else ''}: opened, no model in it"


def _model(model: SavedModel) -> str:
    name = f"{model.path} ({model.estimator})" if model.estimator else model.path
    if model.outcome == "predicts":
        problem = f"; {model.error}" if model.error else ""
        return f"{name} answers {model.row}: {model.answer}{problem}"
    if model.outcome == "fails":
        return f"{name} fails, {model.error}. To mend it: {model.remedy}."
    if model.outcome == "loads":
        return f"{name} opens, and was not asked: {model.error}"
    return f"{name}: {model.error}"


def _measured(measured: Measured) -> Iterator[tuple[str, str]]:
    evaluation = measured.evaluation
    if evaluation is None:
        if measured.reason:
            yield "measured", f"not measured: {measured.reason}"
        return
    if measured.stand_in:
        yield "measured", f"with {measured.by}, because {measured.reason}:"
    yield "" if measured.stand_in else "measured", _value(evaluation)
    if evaluation.claimed is not None:
        yield "", _claim(evaluation, measured)
    for leak in measured.leaks:
        told = f"{leak.column} is worth {leak.worth:.3f} of it: {leak.without_it:.3f} without ({leak.why})"
        yield "", told


def _value(evaluation: Evaluation) -> str:
    return (
        f"{spoken(evaluation.metric)} {evaluation.value:.3f} (95 % {evaluation.low:.3f} to "
        f"{evaluation.high:.3f}) on {evaluation.rows:,} rows it was not fitted on; "
        f"{evaluation.baseline_name} {evaluation.baseline:.3f} ({evaluation.method})"
    )


def _claim(evaluation: Evaluation, measured: Measured) -> str:
    name = evaluation.claimed_how.partition(" in ")[0]
    honest = next((value for metric, value in evaluation.others.items() if spoken(metric) == name), None)
    told = f"claimed: {evaluation.claimed:.3f} ({evaluation.claimed_how})"
    told += f"; held out: {honest:.3f}" if honest is not None else ""
    if name == "accuracy" and measured.commonest is not None:
        told += f"; always the commonest class: {measured.commonest:.3f}"
    return told


def _serving(serving: Serving) -> str:
    if serving.reason:
        refused = f" ({'; '.join(serving.refused[:3])})" if serving.refused else ""
        error = f": {serving.error}" if serving.error else ""
        return f"{serving.path} was not compared: {serving.reason}{error}{refused}"
    told = f"{serving.agree} of {serving.rows} stored rows are answered as its model answers "
    told += serving.against
    told = f"with {serving.pinned}, {told}" if serving.pinned else told
    if serving.typical or serving.largest:
        middle = f"{serving.typical:.3g} in the middle, " if serving.typical else ""
        told += f"; off by {middle}{serving.largest:.3g} at most"
    if serving.broken_after:
        told += f"; on {serving.broken_after} the app then fails: {serving.error}"
    if serving.failed:
        told += f"; {serving.failed} got no answer"
    return told


def _apart(serving: Serving) -> Iterator[str]:
    for one in serving.apart[:MOST_APART]:
        yield (
            f"{one.column} differs in {one.rows} rows: {one.app} in the app, {one.training} in training "
            f"(record {one.row})"
        )
    if len(serving.apart) > MOST_APART:
        yield f"and {len(serving.apart) - MOST_APART} more columns"
    if serving.lost:
        yield f"inputs that cannot say a stored value: {'; '.join(serving.lost[:3])}"
    if serving.refused and not serving.reason:
        yield f"rows left out, for the app does not take them: {'; '.join(serving.refused[:3])}"
    if serving.unasked:
        yield f"features that it never asks for: {', '.join(serving.unasked[:6])}"
    if serving.unmatched:
        yield f"inputs without a column, left as they are: {', '.join(serving.unmatched[:6])}"


def _environment(trial: Trial) -> str:
    problems = [f"not {one.requirement}" for one in trial.problems if not one.proposal]
    problems += [f"{one.proposal} for {one.requirement}" for one in trial.problems if one.proposal]
    told = f"; {', '.join(problems[:3])}{' ...' if len(problems) > 3 else ''}" if problems else ""
    return f"Python {trial.python}, made from what is declared{told}"


def _fences(trial: Trial) -> str:
    held = [words for name, words in LIMITS.items() for one in trial.fences if one.name == name and one.how]
    open_ = [one.name for one in trial.fences if not one.how]
    told = ", ".join([*held, f"{trial.minutes:g} minutes for the training"])
    weak = next((one.how for one in trial.fences if one.name == "network" and "Python" in one.how), "")
    told += f"; not enforced on this machine: {', '.join(open_)}" if open_ else ""
    return told + (f"; the network is cut by {weak}" if weak else "")
