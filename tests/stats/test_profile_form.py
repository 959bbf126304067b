"""The bytes of profiles: what was written once is read for ever, and what is written now does not change."""

import zlib
from pathlib import Path

import numpy as np

from causeway.stats.profile import merged, profile_of, text_profile
from causeway.stats.profile_form import HOUR_US, Coded, Profile, read_profile, write_profile

GOLDEN = Path(__file__).parents[1] / "golden" / "profiles"


def small() -> Profile:
    # numbers whose means are exact, so that no machine rounds them otherwise
    rows = 1024
    numbers = np.arange(rows)
    arrays = {
        "at": (numbers // 512 * HOUR_US).astype(float),
        "release": Coded(np.zeros(rows, np.int64), ("r1",)),
        "arm": Coded(np.zeros(rows, np.int64), ("champion",)),
        "in_size": np.where(numbers % 2, np.nan, numbers),
        "in_kind": Coded(numbers % 3 - 1, ("a", "b")),
        "in_name": Coded(numbers, tuple(f"n{i}" for i in range(rows))),
        "out_price": (numbers % 8).astype(float),
    }
    return profile_of(arrays, shifts={}, columns=[name for name in arrays if "_" in name])


def test_the_bytes_of_a_profile_are_those_of_its_format():
    assert zlib.decompress(write_profile(small())) == (GOLDEN / "2.msgpack").read_bytes()


def test_profiles_of_the_first_format_are_read_and_merged_with_those_of_now():
    old = read_profile(zlib.compress((GOLDEN / "1.msgpack").read_bytes()))
    assert old.format == 1
    for before, now in zip(old.windows, small().windows, strict=True):
        assert before.relations is None
        assert (before.columns["in_size"], before.columns["in_kind"]) == (
            now.columns["in_size"],
            now.columns["in_kind"],
        )
        names = merged(before.columns["in_name"], now.columns["in_name"])
        assert (names.count, names.groups) == (1024, ())


def test_groups_of_texts_are_exact_where_their_names_are_not():
    rng = np.random.default_rng(1)
    names = tuple(f"t{i}" for i in range(2000))
    codes = rng.zipf(1.2, 9000) % 2000
    parts = [text_profile(part, names) for part in np.split(codes, 9)]
    one = merged(merged(merged(*parts[:2]), merged(*parts[2:4])), parts[4])
    other = text_profile(codes[:5000], names)
    assert one.groups == other.groups
    assert sum(one.groups) == one.count == 5000
