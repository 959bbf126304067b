"""Facts of what became of records after they were taken: lost before the disk, erased from it."""

from datetime import datetime

from causeway.core.fact import Fact


class RecordsLost(Fact, frozen=True, tag="records.lost"):
    """Answers were given whose records never reached the disk, or were removed from it by somebody."""

    rows: int
    first_at: datetime
    last_at: datetime
    because: str


class SegmentErased(Fact, frozen=True, tag="segment.erased"):
    """Rows were taken out of a segment for good: it was written anew without them, or is gone as a whole."""

    segment: str
    """Digest of the file that is no more."""
    path: str
    stream: str
    rows: int
    """How many were taken out."""
    left: str = ""
    """Digest of the file with the others; empty where there were none."""
    because: str = ""
    """`entity`, where one was erased on request, or `retention`."""
    asked: str = ""
    """The request for it, as whoever erased named it; never whose rows these were."""
