"""What a trial proved, as findings; and which doubts of the text it answers."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import structs

from causeway.assess.poc.judging import ordered
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.ids import counted
from causeway.core.metrics import spoken
from causeway.core.poc import ModelFile
from causeway.core.trial import Apart, Entry, Measured, SavedModel, Serving, Trial

BLOCKING_SHARE = 0.02
"""From this share of wrong answers on, the app's skew blocks."""
WORTHLESS = 0.005
ROLES = {"train": "training", "serve": "app"}
ENOUGH_ROWS = 20
"""Fewer rows that agree clear nobody."""
CLAIM_SLACK = 0.02


def judge(trial: Trial, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """What the trial adds, in no order."""
    del findings
    found = [
        *(one for entry in trial.entries for one in _entry(entry)),
        *_models(trial.models),
        *_measured(trial.measured),
        *(one for serving in trial.serving for one in _serving(serving)),
    ]
    return tuple(found)


def answered_by(trial: Trial, findings: Sequence[Finding]) -> tuple[str, ...]:
    """Codes of findings read from the text that the trial proved or cleared, so that they need not stand."""
    codes = {finding.code for finding in findings}
    gone: set[str] = set()
    if any(_compared(one) and (one.agree < one.rows or one.rows >= ENOUGH_ROWS) for one in trial.serving):
        gone |= {"SKEW"}
    if trial.measured.evaluation is not None and not trial.measured.stand_in:
        gone |= {"NO-SKILL"}
    if any(leak.worth for leak in trial.measured.leaks):
        gone |= {"LEAK-TARGET"}
    return tuple(sorted(gone & codes))


def with_trial(findings: Sequence[Finding], trial: Trial) -> tuple[Finding, ...]:
    """The findings in their order, with those of the trial, less the doubts that it answered."""
    kept = [finding for finding in findings if finding.code not in trial.answered]
    return ordered((*kept, *trial.findings))


def _compared(serving: Serving) -> bool:
    return not serving.reason and serving.rows > 0


def _entry(entry: Entry) -> Iterator[Finding]:
    if entry.ended:
        return
    role = ROLES[entry.role]
    if entry.error.startswith("TimeUp") or not entry.error:
        yield Finding(
            "TRY-TIME",
            Severity.NOTE,
            f"The {role} {entry.path} was not seen to its end: {entry.what or entry.stopped}.",
            Remedy(_sentence(entry.remedy) or "Give it more time with --minutes."),
            (_place(entry.where or entry.path, entry.stopped),),
            damage=0.3,
        )
        return
    reached = f" after {entry.done} of {entry.statements} statements" if entry.statements else ""
    went_on = "; it went on and fitted a model" if entry.fitted else ""
    yield Finding(
        "TRY-FAILS",
        Severity.FIX if entry.fitted else Severity.BLOCKER,
        f"The {role} {entry.path} fails{reached}: {entry.what}{went_on}.",
        Remedy(_sentence(entry.remedy) or "Mend that line."),
        (_place(entry.where or entry.path, entry.error),),
        damage=0.6 if entry.fitted else 0.9,
    )


def _place(where: str, text: str) -> Evidence:
    """A place as the runner writes it: `train.py:12`, or `book.ipynb cell 7 line 2`."""
    path, cell, rest = where.partition(" cell ")
    if cell:
        number, _, line = rest.partition(" line ")
        return Evidence(path, _number(line), _number(number), text)
    path, _, line = where.rpartition(":")
    if path and line.isdigit():
        return Evidence(path, int(line), text=text)
    return Evidence(where, text=text)


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".") + "." if words else ""


def stale(model: ModelFile, pins: Mapping[str, str], opened: SavedModel) -> str:
    """What to do about a saved model that fails, where the versions tell; empty where it answers."""
    if opened.outcome != "fails":
        return ""
    package = model.framework.lower()
    held = pins.get(package, "")
    if not model.version or not held:
        return "train it again with what is installed, or pin the versions that saved it"
    since = model.version.lstrip("<= ")
    if held == since:
        return "train it again; the versions are those that saved it"
    pin = f"{package}=={since}" if model.version == since else f"{package}{model.version.replace(' ', '')}"
    return f"{package} {model.version} saved it and {held} is installed: pin {pin}, or train it again"


def proven(told: SavedModel, pin: str) -> SavedModel:
    """The same broken model with the remedy that was tried."""
    return structs.replace(told, remedy=f"pin {pin}, with which it answers (tried), or train it again")


def _models(models: Sequence[SavedModel]) -> Iterator[Finding]:
    broken = [model for model in models if model.outcome == "fails"]
    if broken:
        first = min(broken, key=lambda model: (model.path.count("/"), model.path))
        others = counted(len(broken) - 1, "more file")
        more = f" (and {others})" if len(broken) > 1 else ""
        yield Finding(
            "TRY-MODEL-BROKEN",
            Severity.BLOCKER,
            f"The saved model {first.path}{more} gives no answer about a real row; {first.error}.",
            Remedy(_sentence(first.remedy or "train it again with what is installed")),
            tuple(Evidence(model.path, text=model.error) for model in broken[:4]),
            damage=0.9,
        )


def _measured(measured: Measured) -> Iterator[Finding]:
    evaluation = measured.evaluation
    if evaluation is None:
        return
    name = spoken(evaluation.metric)
    if not evaluation.has_skill:
        yield Finding(
            "TRY-NO-SKILL",
            Severity.BLOCKER,
            f"Held out, {measured.by} has {name} {evaluation.value:.3f}; {evaluation.baseline_name} has "
            f"{evaluation.baseline:.3f}: there is no skill.",
            Remedy("Stop, or look for data that knows more; a better pipeline will not help."),
            damage=1.0,
            certainty=0.7 if measured.stand_in else 1.0,
        )
    claimed, honest = evaluation.claimed, _honest_of_claim(measured)
    if (
        claimed is not None
        and honest is not None
        and not measured.stand_in
        and claimed - honest > CLAIM_SLACK
    ):
        yield Finding(
            "TRY-METRIC",
            Severity.FIX,
            f"Claimed {claimed:.3f} ({evaluation.claimed_how}); on rows held out it is {honest:.3f}.",
            Remedy("Quote the figure on rows held out, with its interval."),
            damage=0.85,
        )
    for leak in measured.leaks:
        if abs(leak.worth) > WORTHLESS:
            yield Finding(
                "TRY-LEAK",
                Severity.BLOCKER if leak.worth > 10 * WORTHLESS else Severity.FIX,
                f"{leak.column} is worth {leak.worth:.3f} of {spoken(leak.metric)}: {leak.with_it:.3f} with "
                f"it, {leak.without_it:.3f} without it ({leak.why}).",
                Remedy("If it is only known afterwards, leave it out and quote the figure without it."),
                damage=0.95,
                certainty=0.9,
                blocks_ship=leak.worth > 10 * WORTHLESS,
            )


def _honest_of_claim(measured: Measured) -> float | None:
    """The honest figure of the metric that was claimed."""
    evaluation = measured.evaluation
    if evaluation is None or evaluation.claimed is None:
        return None
    told = evaluation.claimed_how.partition(" in ")[0]
    return next((value for name, value in evaluation.others.items() if spoken(name) == told), None)


def _serving(serving: Serving) -> Iterator[Finding]:
    if serving.broken_after:
        yield Finding(
            "TRY-SERVE-FAILS",
            Severity.BLOCKER,
            f"The app {serving.path} fails after its model has answered, on {serving.broken_after} of "
            f"{serving.rows} stored rows: {serving.error}.",
            Remedy("Mend what it does with the answer; no caller gets one."),
            (Evidence(serving.path, text=serving.error),),
            damage=0.95,
        )
    elif serving.failed and serving.error and not serving.reason:
        yield Finding(
            "TRY-SERVE-FAILS",
            Severity.FIX,
            f"The app {serving.path} fails on {serving.failed} stored rows: {serving.error}.",
            Remedy("Handle those values, or refuse them in words."),
            (Evidence(serving.path, text=serving.error),),
            damage=0.7,
        )
    if _compared(serving) and serving.agree < serving.rows:
        yield _skew(serving)


def _skew(serving: Serving) -> Finding:
    wrong = serving.rows - serving.agree
    columns = ", ".join(one.column for one in serving.apart[:4])
    more = f" and {len(serving.apart) - 4} more" if len(serving.apart) > 4 else ""
    where = f"; the app fills {columns}{more} otherwise than the training" if columns else ""
    where += f", and is off by {serving.typical:.3g} in the middle" if serving.typical else ""
    grave = wrong > BLOCKING_SHARE * serving.rows
    return Finding(
        "TRY-SKEW",
        Severity.BLOCKER if grave else Severity.FIX,
        f"The app answers {wrong} of {serving.rows} stored rows otherwise than its own model does on "
        f"{serving.against}{where}.",
        Remedy(
            "Let its inputs take the values that the data holds."
            if serving.lost and len(serving.lost) >= len(serving.apart)
            else "Let the app use the training's own preprocessing; `causeway run` recovers it."
        ),
        tuple(
            Evidence(
                serving.path,
                text=_apart(one),
            )
            for one in serving.apart[:4]
        )
        or (Evidence(serving.path),),
        damage=1.0,
        blocks_ship=grave,
    )


def _apart(one: Apart) -> str:
    seen = f"in {one.rows} rows, such as {one.row}"
    return f"{one.column}: {one.app}, in training {one.training}; {seen}"
