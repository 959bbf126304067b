"""Which segments hold a product's rows: a fold over those that were sealed, replaced and erased."""

from causeway.core.events import SegmentSealed
from causeway.core.keeping import SegmentErased


def follow(segments: list[SegmentSealed], fact: SegmentSealed | SegmentErased) -> None:
    """Changes the list as the fact says; what replaces others stands where the first of them stood."""
    if isinstance(fact, SegmentErased):
        segments[:] = [each for each in segments if each.segment != fact.segment]
    elif fact.replaces:
        gone = set(fact.replaces)
        place = next((i for i, each in enumerate(segments) if each.segment in gone), len(segments))
        segments[place:] = [fact, *(each for each in segments[place:] if each.segment not in gone)]
    else:
        segments.append(fact)
