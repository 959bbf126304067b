"""The rows of one request may lie in one frame; whoever reads it gets the same records."""

import struct
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.core.records import Many, Record, Torn, frame, framed, frames

VALUES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text()


@st.composite
def many(draw):
    count = draw(st.integers(1, 4))
    fields = draw(st.lists(st.text(), unique=True, max_size=3))
    outputs = draw(st.lists(st.text(), unique=True, max_size=2))
    row = st.tuples(*(VALUES for _ in fields))
    return Many(
        ids=[f"id-{n}" for n in range(count)],
        at_ns=10**18,
        product="churn",
        release="sha256:ab",
        arm="champion",
        consumer="team",
        fields=fields,
        inputs=draw(st.lists(row, min_size=count, max_size=count)),
        outputs={name: draw(st.lists(VALUES, min_size=count, max_size=count)) for name in outputs},
        latency_us=7,
        flags=draw(st.dictionaries(st.integers(0, count - 1), st.tuples(st.text()))),
        request="r",
    )


@given(many())
def test_many_rows_in_one_frame_are_read_as_the_frames_of_each(made):
    one_by_one = b"".join(map(frame, made.records()))
    assert [*frames(framed(made))] == [*frames(one_by_one)]
    assert [type(each) for each in frames(framed(made))] == [Record] * len(made.ids)


@given(many(), st.data())
def test_a_frame_that_is_cut_gives_no_row_at_all(made, data):
    whole = framed(made)
    cut = whole[: data.draw(st.integers(1, len(whole) - 1))]
    assert [*frames(cut)] == [Torn(0, len(cut))]


@pytest.mark.parametrize("change", [{"ids": ["a"]}, {"outputs": {"y": [1]}}, {"inputs": [(1, 2), (3, 4)]}])
def test_rows_of_unequal_length_are_no_records(change):
    made = Many(["a", "b"], 1, "p", "r", "c", "t", ["x"], [(1,), (2,)], {"y": [1, 2]}, 3, {}, "q")
    body = msgspec.msgpack.encode(msgspec.structs.replace(made, **change))
    broken = struct.pack("<II", len(body), zlib.crc32(body)) + body
    assert [*frames(broken)] == [Torn(0, len(broken))]
