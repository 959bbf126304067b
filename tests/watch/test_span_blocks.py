"""Days, kept: any span is what its hours make, whoever comes late, goes, or spoils a file."""

from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.actions.watch.blocks import Blocks, date_of, day_of
from causeway.core.events import SegmentSealed
from causeway.core.ids import digest_of
from causeway.stats.profile import number_profile, text_profile
from causeway.stats.profile_form import Profile, Window, write_profile
from causeway.stats.rollup import merged_block

FIRST = day_of(date(2026, 1, 1))
DAYS = 140
RELEASES, ARMS = ("one", "other"), ("champion", "shadow")
CUTS = st.integers(-3, DAYS + 3)


class Sealed:
    """Segments of a few hours each, and how often one was read."""

    def __init__(self):
        self.segments, self.profiles, self.read_times = [], {}, 0

    def put(self, windows, *, place=None):
        content = write_profile(Profile(tuple(windows)))
        times = [datetime.fromtimestamp(each.hour * 3600 + 60, UTC) for each in windows]
        fact = SegmentSealed(
            digest_of(content + b"rows"),
            "predictions",
            "segments/churn/predictions/day/x.parquet",
            sum(each.rows for each in windows),
            first_at=min(times),
            last_at=max(times),
            profile=digest_of(content),
        )
        self.profiles[fact.profile] = Profile(tuple(windows))
        self.segments.insert(len(self.segments) if place is None else place, fact)
        return fact

    def read(self, fact):
        self.read_times += 1
        return self.profiles.get(fact.profile)

    def blocks(self, folder, *, today=FIRST + DAYS):
        return Blocks(Path(folder), self.segments, self.read, today=today)


def window(hour, release="one", arm="champion", seed=0):
    random = np.random.default_rng([hour, seed])
    values = {"in_a": random.normal(size=25), "in_few": random.integers(0, 4, 25) * 1.0}
    columns = {name: number_profile(each) for name, each in values.items()}
    columns["in_kind"] = text_profile(random.integers(-1, 3, 25), ("x", "y", "z"))
    return Window(hour, release, arm, 25, columns)


def same(found, whole):
    """That numbers are the same, and what is summed of fractions nearly."""
    assert [(each.release, each.arm, each.rows) for each in found] == [
        (each.release, each.arm, each.rows) for each in whole
    ]
    for one, other in zip(found, whole, strict=True):
        assert one.columns["in_kind"] == other.columns["in_kind"]
        for name in ("in_a", "in_few"):
            mine, its = one.columns[name], other.columns[name]
            assert (mine.bins, mine.counts, mine.values) == (its.bins, its.counts, its.values)
            assert (mine.count, mine.missing, mine.minimum) == (its.count, its.missing, its.minimum)
            assert (mine.mean, mine.spread) == pytest.approx((its.mean, its.spread))


HOUR = st.tuples(st.integers(0, DAYS * 24 - 1), st.sampled_from(RELEASES), st.sampled_from(ARMS))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(HOUR, min_size=1, max_size=60, unique=True),
    st.integers(1, 9),
    st.lists(st.tuples(CUTS, CUTS), min_size=1, max_size=4),
)
def test_any_span_is_what_its_hours_make(hours, together, spans):
    sealed = Sealed()
    windows = [window(FIRST * 24 + hour, release, arm) for hour, release, arm in sorted(hours)]
    for start in range(0, len(windows), together):
        sealed.put(windows[start : start + together])
    with TemporaryDirectory() as folder:
        for one, other in [*spans, *spans]:
            since, until = FIRST + min(one, other), FIRST + max(one, other)
            found = sealed.blocks(folder).span(since, until)
            chosen = [each for each in windows if since <= each.hour // 24 < until]
            same(found, merged_block(chosen, day=since))


def test_what_is_over_is_read_once_and_today_every_time(tmp_path):
    sealed = Sealed()
    for day in range(30):
        sealed.put([window((FIRST + day) * 24 + 5)])
    first = sealed.blocks(tmp_path, today=FIRST + 29).span(FIRST, FIRST + 30)
    assert (first[0].rows, sealed.read_times) == (750, 30)
    again = sealed.blocks(tmp_path, today=FIRST + 29).span(FIRST, FIRST + 30)
    assert (again[0].rows, sealed.read_times) == (750, 31)
    assert not list(tmp_path.glob(f"{FIRST + 29}-1-*"))
    for file in tmp_path.iterdir():
        file.unlink()
    same(sealed.blocks(tmp_path).span(FIRST, FIRST + 30), first)


def test_rows_that_come_late_or_are_erased_make_their_days_anew_and_nothing_else(tmp_path):
    sealed = Sealed()
    for day in range(30):
        sealed.put([window((FIRST + day) * 24 + 5)])
    sealed.blocks(tmp_path).span(FIRST, FIRST + 30)
    kept = {each.name for each in tmp_path.iterdir()}
    sealed.put([window((FIRST + 3) * 24 + 7)])
    sealed.read_times = 0
    assert sealed.blocks(tmp_path).span(FIRST, FIRST + 30)[0].rows == 775
    assert sealed.read_times == 2
    fresh = {each.name for each in tmp_path.iterdir()}
    assert len(fresh) == len(kept)
    assert {name.rpartition("-")[0] for name in fresh} == {name.rpartition("-")[0] for name in kept}
    gone = sealed.segments.pop(10)
    sealed.blocks(tmp_path).forget()
    left = {each.name for each in tmp_path.iterdir()}
    assert not any(name.startswith(f"{day_of(gone.first_at)}-1-") for name in left)
    assert left < fresh
    assert sealed.blocks(tmp_path).span(FIRST, FIRST + 30)[0].rows == 750


def test_the_same_rows_joined_into_one_segment_are_the_same(tmp_path):
    sealed, joined = Sealed(), Sealed()
    windows = [window((FIRST + 2) * 24 + hour) for hour in range(24)]
    for each in windows:
        sealed.put([each])
    joined.put(windows)
    first = sealed.blocks(tmp_path).span(FIRST, FIRST + 9)
    same(joined.blocks(tmp_path).span(FIRST, FIRST + 9), first)


def test_a_spoilt_file_is_made_again(tmp_path):
    sealed = Sealed()
    sealed.put([window(FIRST * 24)])
    whole = sealed.blocks(tmp_path).span(FIRST, FIRST + 1)
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"spoilt")
    same(sealed.blocks(tmp_path).span(FIRST, FIRST + 1), whole)
    assert file.read_bytes() != b"spoilt"


def test_segments_without_a_profile_are_counted_and_nothing_is_nothing(tmp_path):
    sealed = Sealed()
    fact = sealed.put([window(FIRST * 24)])
    sealed.profiles.clear()
    sealed.segments[0] = SegmentSealed(
        fact.segment, fact.stream, fact.path, 25, first_at=fact.first_at, last_at=fact.last_at
    )
    blocks = sealed.blocks(tmp_path)
    assert blocks.span(FIRST, FIRST + 9) == ()
    assert (blocks.unread(FIRST, FIRST + 1), blocks.unread(FIRST + 1, FIRST + 2)) == (1, 0)
    assert Sealed().blocks(tmp_path).span(-(10**6), 10**6) == ()
    assert date_of(day_of(datetime(2026, 5, 4, 23, 59, tzinfo=UTC))) == date(2026, 5, 4)
