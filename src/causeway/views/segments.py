"""Which segments hold a product's rows: a fold over those that were sealed, replaced and erased."""

from collections.abc import Iterable

from causeway.core.events import SegmentSealed
from causeway.core.keeping import SegmentErased


def follow(segments: list[SegmentSealed], fact: SegmentSealed | SegmentErased) -> list[SegmentSealed]:
    """Changes the list as the fact says, and gives what holds no rows any more.

    What replaces others stands where the first of them stood. The same outcomes may have been brought twice,
    with others in between: each time is replaced for itself.
    """
    if isinstance(fact, SegmentErased):
        # where others were left, the file with them took its place before
        return [] if fact.left else _taken(segments, (fact.segment,))[1]
    place, gone = _taken(segments, fact.replaces)
    segments.insert(place, fact)
    return gone


def _taken(segments: list[SegmentSealed], names: Iterable[str]) -> tuple[int, list[SegmentSealed]]:
    """Takes the first of each name out: where the first stood, else the end, and what was taken."""
    first, gone = len(segments), list[SegmentSealed]()
    for name in names:
        place = next((i for i, each in enumerate(segments) if each.segment == name), None)
        if place is not None:
            first = min(first, place)
            gone.append(segments.pop(place))
    return min(first, len(segments)), gone
