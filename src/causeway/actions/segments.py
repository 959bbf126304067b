"""Where segments lie, which of them hold rows now, and what is said of each beside it.

They lie below the state's folder, or below the address that `CAUSEWAY_SEGMENTS` names. The ledger alone
says which files are segments, and which of them others replaced.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from causeway.actions.bundles import describe
from causeway.actions.source import digest_file
from causeway.actions.workspace import Workspace, write_whole
from causeway.adapters import registry
from causeway.adapters.ports import SegmentPlaces, Source
from causeway.assess.cost.usage import usage_of
from causeway.core.errors import CausewayError, OutsideError, remedy
from causeway.core.events import SegmentSealed
from causeway.core.ids import digest_of, short
from causeway.core.keeping import SegmentErased
from causeway.core.records import SegmentContent
from causeway.core.score import REHEARSAL
from causeway.ledger import BrokenLedger
from causeway.stats.profile import profile_of
from causeway.stats.profile_form import Arrays, Coded, Profile, read_profile, write_profile
from causeway.views.segments import follow

PREDICTIONS, OUTCOMES = "predictions", "outcomes"
VALUES, EXPOSURES = "values", "exposures"
"""What came about by entity and time, and who was assigned by another tool."""
ADDRESS = "CAUSEWAY_SEGMENTS"
SEGMENTS = "segments/"
# what says who a row is, or what it was asked under, is no feature of it
NO_FEATURES = frozenset({"id", "request", "at", "release", "arm", "outcome_at", "outcome_number"})


class NewSegment(Struct, frozen=True):
    """A segment that is not in its place yet, with its profile."""

    fact: SegmentSealed
    content: bytes
    profile: bytes = b""


def segments_of(work: Workspace, product: str, stream: str) -> list[SegmentSealed]:
    """The segments that hold the stream's rows now, in their order."""
    segments: list[SegmentSealed] = []
    for event in work.ledger.read(product):
        if isinstance(event.fact, SegmentSealed | SegmentErased) and event.fact.stream == stream:
            follow(segments, event.fact)
    return segments


def segment_files(work: Workspace, product: str, stream: str) -> list[Source]:
    """The product's segments of one stream, to be read in this order."""
    return [segment_source(work, fact) for fact in segments_of(work, product, stream)]


def segment_source(work: Workspace, fact: SegmentSealed) -> Source:
    """The segment, to be read."""
    return places(work).source(_name(fact.path))


def segment_digest(work: Workspace, path: str) -> str | None:
    """The digest of what lies there now; None where nothing does."""
    return places(work).digest(_name(path))


def put_segment(work: Workspace, new: NewSegment) -> None:
    """Puts a segment's files in their places."""
    if new.profile:
        places(work).put(_name(profile_path(new.fact.path)), new.profile)
    places(work).put(_name(new.fact.path), new.content)


def remove_segment(work: Workspace, path: str) -> None:
    """Takes a segment's files away."""
    places(work).remove(_name(path))
    places(work).remove(_name(profile_path(path)))


def is_there(work: Workspace, fact: SegmentSealed) -> bool:
    """Whether the segment and its profile lie in their places, whole."""
    try:
        whole = segment_digest(work, fact.path) == fact.segment
        return whole and (not fact.profile or segment_digest(work, profile_path(fact.path)) == fact.profile)
    except OutsideError:
        return False


def segment_path(product: str, stream: str, *, day: str, digest: str) -> str:
    """What a segment is called."""
    return f"{SEGMENTS}{product}/{stream}/{day}/{short(digest)}.parquet"


def profile_path(segment: str) -> str:
    """What the profile of a segment is called."""
    return segment.removesuffix(".parquet") + ".profile"


def day_of(fact: SegmentSealed) -> str:
    """The day that the segment is filed under."""
    return fact.path.split("/")[-2]


def new_segment(
    work: Workspace,
    product: str,
    stream: str,
    made: SegmentContent,
    *,
    day: str,
    torn_bytes: int = 0,
    replaces: tuple[str, ...] = (),
) -> NewSegment:
    """The segment that these bytes become, with the profile of its columns."""
    digest = digest_of(made.content)
    arrays = registry.segment_files().arrays(made.content) if stream == PREDICTIONS else {}
    profile = profile_content(work, arrays) if stream == PREDICTIONS else b""
    fact = SegmentSealed(
        segment=digest,
        stream=stream,
        path=segment_path(product, stream, day=day, digest=digest),
        rows=made.rows,
        first_at=datetime.fromtimestamp(made.first_us / 1e6, UTC),
        last_at=datetime.fromtimestamp(made.last_us / 1e6, UTC),
        torn_bytes=torn_bytes,
        profile=digest_of(profile) if profile else "",
        replaces=replaces,
        bytes=len(made.content) + len(profile),
        # rows that only moved were metered where they came in
        usage=() if replaces else usage_of(arrays),
    )
    return NewSegment(fact, made.content, profile)


def profile_content(work: Workspace, arrays: Arrays) -> bytes:
    """The profile of a segment's columns, to be put beside it."""
    return write_profile(_profiled(work, arrays))


def _profiled(work: Workspace, arrays: Arrays) -> Profile:
    # numbers are counted from the least that each release was proven on
    release = arrays.get("release")
    names = release.names if isinstance(release, Coded) else ()
    shifts = {name: _least(work, name) for name in names}
    return profile_of(
        _rehearsed(arrays), shifts=shifts, columns=[name for name in arrays if name not in NO_FEATURES]
    )


def _rehearsed(arrays: Arrays) -> Arrays:
    """The same with a rehearsal's rows in an arm of their own: no caller sent them."""
    consumer, arm = arrays.get("consumer"), arrays.get("arm")
    if not (isinstance(consumer, Coded) and isinstance(arm, Coded) and REHEARSAL in consumer.names):
        return arrays
    codes = arm.codes.copy()
    codes[consumer.codes == consumer.names.index(REHEARSAL)] = len(arm.names)
    return {**arrays, "arm": Coded(codes, (*arm.names, REHEARSAL))}


def profile_at(work: Workspace, fact: SegmentSealed) -> Profile | None:
    """The profile beside this segment; None where none was made."""
    if not fact.profile:
        return None
    path = profile_path(fact.path)
    content = places(work).content(_name(path))
    if content is None or digest_of(content) != fact.profile:
        raise OutsideError(
            "a segment's profile is not as it was sealed", where=path, hint="see: causeway verify"
        )
    return read_profile(content)


def places(work: Workspace) -> SegmentPlaces:
    """Where this workspace keeps its segments."""
    url = os.environ.get(ADDRESS)
    return registry.object_segments(url) if url else FolderSegments(work.state / "segments")


class FolderSegments:
    """Segments as files of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, content: bytes) -> None:
        """Puts all of this there, or nothing."""
        write_whole(self._folder / name, content)

    def source(self, name: str) -> Path:
        """Where the file lies."""
        return self._folder / name

    def content(self, name: str) -> bytes | None:
        """All of its bytes; None where it is not there."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OutsideError(f"cannot read {name}: {error.strerror}", hint=remedy(error)) from error

    def digest(self, name: str) -> str | None:
        """The digest of its bytes; None where it is not there."""
        place = self._folder / name
        return digest_file(place) if place.is_file() else None

    def remove(self, name: str) -> None:
        """Takes it away, if it is there."""
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise OutsideError(f"cannot remove {name}: {error.strerror}", hint=remedy(error)) from error


def _name(path: str) -> str:
    """The segment's name below its folder; refused where the ledger names a place outside of it."""
    plain = os.path.normpath(path)
    if not plain.startswith(SEGMENTS):
        raise BrokenLedger(
            "a segment is said to lie outside of the folder of segments",
            where=path,
            hint="this was not written by Causeway: ask whoever gave you this ledger",
        )
    return plain.removeprefix(SEGMENTS)


def _least(work: Workspace, release: str) -> Mapping[str, float]:
    """The least number of each input that the release was proven on."""
    try:
        fields = describe(work, release).release.signature.inputs
    except CausewayError:
        # its bundle is not here: then numbers are counted from zero
        return {}
    return {f"in_{field.name}": field.minimum for field in fields if field.minimum is not None}
