"""What is seen of two columns that no longer go together as they did, whatever each does alone."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from causeway.assess.drift_columns import DriftRules
from causeway.stats.chances import held_false
from causeway.stats.profile_form import Relations
from causeway.stats.relations import RelationChange, relation_changes


class RelationSeen(Struct, frozen=True):
    """What is seen of two columns in one window: "note" or "warn"."""

    first: str
    second: str
    verdict: str
    before: float
    """The rank correlation in the reference, -1 to 1."""
    now: float
    p: float
    why: str


def relations_noticed(
    reference: Relations | None, seen: Relations | None, *, rules: DriftRules
) -> tuple[RelationChange, ...]:
    """The pairs whose correlation changed by no chance, with one false in a hundred, and not by little."""
    if reference is None or seen is None:
        return ()
    changes = relation_changes(reference, seen)
    shares = held_false([each.p for each in changes]).tolist()
    return tuple(
        each
        for each, share in zip(changes, shares, strict=True)
        if share <= rules.q and each.effect >= rules.relation
    )


def relations_seen(
    recent: Sequence[Sequence[RelationChange]], *, rules: DriftRules, weights: Mapping[str, float]
) -> tuple[RelationSeen, ...]:
    """What is seen in the last of these windows, the largest change first."""
    found: list[RelationSeen] = []
    for each in sorted(recent[-1], key=lambda each: (-each.effect, each.first, each.second)):
        pair = (each.first, each.second)
        times = sum(any((one.first, one.second) == pair for one in window) for window in recent)
        ignored = min(weights.get(name, 1.0) for name in pair) <= rules.ignored
        found.append(
            RelationSeen(
                *pair,
                verdict="warn" if times >= rules.of_three and not ignored else "note",
                before=each.before,
                now=each.now,
                p=each.p,
                why=f"{' and '.join(pair)} went together by {each.before:.2f}, now by {each.now:.2f}",
            )
        )
    return tuple(found)
