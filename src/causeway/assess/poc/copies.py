"""Are test records copies of those that were learned from."""

from collections.abc import Iterator

from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.poc import Poc

LEARNS_A_COLUMN = ("binary", "multiclass", "regression", "classification")


def judge(poc: Poc) -> Iterator[Finding]:
    """Records that repeat another, where a random split puts them on both of its sides."""
    file = poc.training_file()
    found = file.repeated if file else None
    drawn = any(t.shuffled for t in poc.trainings if t.path == poc.train.value)
    splits = [s.at for s in poc.seen("held_out") if s.at.path == poc.train.value and drawn]
    learned = any(word in poc.kind.value for word in LEARNS_A_COLUMN)
    if file is None or found is None or not splits or not learned or poc.seen("drops_copies"):
        return
    chance = f"chance would make about {found.by_chance:,}" if found.by_chance else "chance would make none"
    yield Finding(
        "LEAK-COPIES",
        Severity.FIX,
        f"{found.copies:,} of the {found.records:,} records of {file.path} repeat another one in every "
        f"column that is learned, answer included ({chance}); a random split puts copies on both sides, so "
        "the test is partly known.",
        Remedy("Drop the copies before the split, or keep equal records on the same side of it."),
        (*dict.fromkeys(splits[:2]), Evidence(file.path)),
        certainty=0.9,
        damage=min(0.9, 0.4 + found.copies / found.records),
    )
