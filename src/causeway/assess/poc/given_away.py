"""Do columns of two values give the answer away: in nearly every record where they say so, it is so."""

from collections.abc import Iterator

from causeway.assess.poc import words
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.poc import Poc, Telling


def judge(poc: Poc) -> Iterator[Finding]:
    """Features that together are the target, else those that alone nearly always go with it."""
    file = poc.training_file()
    found = [item for item in (file.telling if file else ()) if set(item.columns) <= set(poc.features)]
    if file is None or not found:
        return
    together = [item for item in found if len(item.columns) > 1]
    places = (Evidence(file.path, line=1), *poc.train.evidence[:1])
    yield _together(poc, together[0], places) if together else _alone(poc, found, places)


def _together(poc: Poc, item: Telling, places: tuple[Evidence, ...]) -> Finding:
    return Finding(
        "LEAK-TARGET",
        Severity.BLOCKER,
        f"{words.listed(list(item.columns))} together are {poc.target.value}: any of them being {item.value} "
        f"agrees with {poc.target.value} being {item.outcome} in {item.same:,} of {item.records:,} records, "
        f"and tells {item.hits:,} of the {item.positives:,} that are.",
        Remedy("Leave out those that are only known with the outcome, train again, and compare."),
        places,
        certainty=0.9,
        damage=0.95,
        blocks_ship=True,
    )


def _alone(poc: Poc, found: list[Telling], places: tuple[Evidence, ...]) -> Finding:
    counted = [
        f"{poc.target.value} is {item.outcome} in {item.hits:,} of the {item.rows:,} records where "
        f"{item.columns[0]} is {item.value}"
        for item in found[:3]
    ]
    base = found[0].positives / found[0].records
    return Finding(
        "LEAK-TARGET",
        Severity.FIX,
        f"{'; '.join(counted)} (in {base:.1%} of all): is that known before the outcome?",
        Remedy("If it is only known afterwards, leave the column out."),
        places,
        certainty=0.7,
        damage=0.9,
    )
