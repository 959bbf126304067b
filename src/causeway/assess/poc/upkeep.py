"""What makes it hard to repeat or to keep: scaling left out, accounts elsewhere, leftovers, old options."""

from collections.abc import Iterator

from causeway.assess.poc import words
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.poc import ColumnProfile, Poc, Training

WIDE = 100.0
"""How many times wider one feature may be than another before a network minds."""


def judge(poc: Poc) -> Iterator[Finding]:
    """Unscaled inputs of networks, trackers that need an account, unused artefacts, deprecated options."""
    yield from _unscaled(poc)
    yield from _external(poc)
    yield from _leftovers(poc)
    yield from _deprecated(poc)
    yield from _undefined(poc)


def _undefined(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("undefined_name")
    if found:
        names = list(dict.fromkeys(s.value for s in found))
        one = len(names) == 1
        yield Finding(
            "NAME-UNDEFINED",
            Severity.FIX,
            f"{words.listed(names[:4])} {'is' if one else 'are'} used, and no line of the file defines or "
            f"imports {'it' if one else 'them'}: that line fails when it runs.",
            Remedy("Import or define it." if one else "Import or define them."),
            tuple(s.at for s in found[:4]),
            certainty=0.95,
            damage=0.45,
        )


def _unscaled(poc: Poc) -> Iterator[Finding]:
    file = poc.training_file()
    training = next((t for t in poc.trainings if t.path == poc.train.value and t.at == poc.train.at), None)
    if file is None or training is None or not _raw_network(training):
        return
    spans = sorted(
        (_span(column), column.name)
        for column in file.columns
        if column.name in poc.features and column.kind in {"integer", "float"} and _span(column) > 0
    )
    if len(spans) > 1 and spans[-1][0] > WIDE * spans[0][0]:
        yield Finding(
            "NO-SCALING",
            Severity.NOTE,
            f"The network is fed raw numbers: {spans[-1][1]} spans {spans[-1][0]:,.0f}, {spans[0][1]} "
            f"{spans[0][0]:,.3g}, so the large ones drown the small.",
            Remedy("Scale the inputs inside the model, or in a pipeline that is saved with it."),
            (training.at,),
            certainty=0.8,
            damage=0.35,
        )


def _raw_network(training: Training) -> bool:
    named = "network" in training.estimator or training.estimator in {"Sequential", "Model", "Functional"}
    return named and not training.scaled and not training.images and not training.text


def _span(column: ColumnProfile) -> float:
    if column.minimum is None or column.maximum is None:
        return 0.0
    return column.maximum - column.minimum


def _external(poc: Poc) -> Iterator[Finding]:
    found = [s for s in poc.seen("external") if s.at.path in {poc.train.value, *poc.train.candidates}]
    if found:
        yield Finding(
            "EXTERNAL",
            Severity.NOTE,
            f"Training reports to {found[0].value}: without an account and a network it stops there.",
            Remedy("Make the tracker optional, or keep the runs in the folder."),
            tuple(s.at for s in found[:3]),
            certainty=0.85,
            damage=0.3,
        )


def _leftovers(poc: Poc) -> Iterator[Finding]:
    unused = poc.seen("unused_artifact")
    if unused and poc.sources:
        names = words.listed([s.value for s in unused[:3]])
        more = f" (and {len(unused) - 3} more)" if len(unused) > 3 else ""
        are = (
            "is saved here, and no code names it"
            if len(unused) == 1
            else "are saved here, and no code names them"
        )
        yield Finding(
            "ARTIFACT-UNUSED",
            Severity.NOTE,
            f"{names}{more} {are}.",
            Remedy("Delete what is not used, or say what it belongs to."),
            tuple(s.at for s in unused[:3]),
            certainty=0.75,
            damage=0.25,
        )
    empty = poc.seen("empty_code")
    if empty:
        yield Finding(
            "DEAD-FILE",
            Severity.NOTE,
            f"{words.listed([s.value for s in empty[:3]])} {'is' if len(empty) == 1 else 'are'} empty.",
            Remedy("Delete it." if len(empty) == 1 else "Delete them."),
            tuple(s.at for s in empty[:3]),
            damage=0.1,
        )


def _deprecated(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("deprecated")
    if found:
        names = list(dict.fromkeys(f"{s.value} ({s.detail})" for s in found))
        yield Finding(
            "API-DEPRECATED",
            Severity.NOTE,
            f"Works today with a warning: {words.listed(names[:3])}.",
            Remedy("Drop the option, or say what is meant now."),
            tuple(s.at for s in found[:3]),
            certainty=0.9,
            damage=0.2,
        )
