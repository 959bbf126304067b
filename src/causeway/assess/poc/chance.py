"""What the figures rest on: made-up data, few rows, choices by the test, chance that no seed holds."""

from collections.abc import Iterator

from causeway.assess.poc import words
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.poc import DataFile, Poc, Sighting

FEW = 30
"""Rows held out below which one answer more or less moves a share by more than three points."""
CHOSEN = {
    "epoch": "The epoch that is kept is the one that does best on {0}, the rows it is measured on: the "
    "best of many tries, not what the world will see.",
    "settings": "{0} looks for settings on all rows, those of the test too, before the quality is "
    "measured on part of them.",
    "threshold": "The threshold {0} is the best point of the test's own curve, so what is reported with "
    "it is too good.",
}
UNTAUGHT = {"clustering", "anomaly"}


def judge(poc: Poc) -> Iterator[Finding]:
    """Synthetic data, drawn targets, small tests, choices on the test, unseeded models, names of clusters."""
    yield from _synthetic(poc)
    yield from _few(poc)
    yield from _chosen(poc)
    yield from _unseeded(poc)
    yield from _clusters(poc)


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _synthetic(poc: Poc) -> Iterator[Finding]:
    known = {_name(file.path) for file in poc.data if file.columns}
    made = [s for s in poc.seen("generated") if _name(s.value) in known]
    if _name(poc.training_data.value) not in {_name(s.value) for s in made}:
        return
    makers = dict.fromkeys(s.detail for s in made)
    drawn = [s for s in poc.seen("drawn_column") if s.value == poc.target.value and s.detail in makers]
    if drawn:
        yield Finding(
            "NO-SKILL",
            Severity.BLOCKER,
            f"{drawn[0].value} is drawn at random when {_name(drawn[0].detail)} makes the data, whatever the "
            "other columns say: there is nothing to learn.",
            Remedy("Train on real records; on these no model can beat the trivial answer."),
            (drawn[0].at, made[0].at),
            certainty=0.85,
            damage=1.0,
            blocks_ship=True,
        )
    yield Finding(
        "DATA-SYNTHETIC",
        Severity.FIX,
        f"{words.listed(list(makers))} {'makes' if len(makers) == 1 else 'make'} up "
        f"{words.listed(sorted({_name(s.value) for s in made}))}: what a model finds there was put there, so "
        "its figures say nothing of real records.",
        Remedy("Measure on real records before anything is promised; name the data as synthetic until then."),
        tuple(s.at for s in made[:3]),
        certainty=0.85,
        damage=0.8,
    )


def _few(poc: Poc) -> Iterator[Finding]:
    found = _held(poc)
    if found and 0 < found[0] < FEW:
        rows, records, at = found
        yield Finding(
            "SMALL-TEST",
            Severity.FIX,
            f"It is measured on {rows} of {records} records: one answer more or less right moves a share "
            f"by {100 / rows:.0f} points, so its figure proves little.",
            Remedy("Cross-validate and report the spread, or get more records before deciding by it."),
            (at,),
            certainty=0.9,
            damage=0.55,
        )


def _held(poc: Poc) -> tuple[int, int, Evidence] | None:
    """How many rows the test has, of how many, and where that is said."""
    file = poc.training_file()
    if file is None or file.records is None or poc.target.value not in file.names:
        return None
    beside = [other for other in poc.data if other.records and _is_its_test(other, file)]
    if beside and beside[0].records:
        rows = beside[0].records
        return rows, rows + file.records, Evidence(beside[0].path)
    own = {poc.train.value, *(training.at.path for training in poc.trainings)}
    held = [s for s in poc.seen("held_out") if s.at.path in own]
    share = float(held[0].value) if held else 0.0
    rows = round(share if share >= 1 else share * file.records)
    return (rows, file.records, held[0].at) if held else None


def _is_its_test(other: DataFile, file: DataFile) -> bool:
    return other.names == file.names and other.path == file.path.replace("train", "test") != file.path


def _chosen(poc: Poc) -> Iterator[Finding]:
    paths = {training.at.path for training in poc.trainings} | {training.path for training in poc.trainings}
    told: set[str] = set()
    for sighting in poc.seen("chosen_on_test"):
        if sighting.value in told or sighting.at.path not in paths:
            continue
        told.add(sighting.value)
        yield Finding(
            "LEAK-SELECTION",
            Severity.FIX,
            CHOSEN[sighting.value].format(sighting.detail),
            Remedy("Choose on a part of the training rows, or by cross-validation; use the test once, last."),
            tuple(s.at for s in poc.seen("chosen_on_test") if s.value == sighting.value)[:3],
            certainty=0.85,
            damage=0.55,
        )


def _unseeded(poc: Poc) -> Iterator[Finding]:
    seeded = {s.at.path for s in poc.seen("seeded")}
    fitted = {training.estimator for training in poc.trainings}
    paths = {training.at.path for training in poc.trainings} | {training.path for training in poc.trainings}
    if any(not training.seeded for training in poc.trainings if training.path == poc.train.value):
        return
    found = [
        s
        for s in poc.seen("without_seed")
        if s.at.path in paths and s.at.path not in seeded and s.value in fitted
    ]
    if found:
        names = list(dict.fromkeys(s.value for s in found))
        yield Finding(
            "UNSEEDED",
            Severity.NOTE,
            f"{words.listed(names[:3])} {'has' if len(names) == 1 else 'have'} no seed, so a second training "
            "gives another model and other figures.",
            Remedy("Give it a random_state." if len(names) == 1 else "Give them a random_state."),
            tuple(s.at for s in found[:3]),
            certainty=0.9,
            damage=0.2,
        )


def _clusters(poc: Poc) -> Iterator[Finding]:
    found: tuple[Sighting, ...] = poc.seen("cluster_names")
    clustered = [training for training in poc.trainings if training.task == "clustering"]
    if found and clustered:
        kept = next((training for training in clustered if training.saves), clustered[-1])
        yield Finding(
            "CLUSTER-LABELS",
            Severity.FIX,
            f"Clusters are given names by their numbers ({found[0].value}): after the next training the same "
            "number may be another group, and the names are wrong without any error.",
            Remedy("Name each cluster by its centre, or save names and model together from one training."),
            (found[0].at, kept.at),
            certainty=0.85,
            damage=0.7,
        )
