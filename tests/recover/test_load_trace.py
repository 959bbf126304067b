"""A written trace comes back with its arrays; one that was cut short says so."""

import json

import numpy as np
import pytest

from causeway.adapters import registry
from causeway.core.errors import NotFound, OutsideError
from causeway.core.table import Number, Text


def written(folder):
    """A trace as the runner leaves it: two numeric columns in one file, a text column, rows of a link."""
    np.array([1.0, np.nan, 3.0, 7.0, 8.0, 9.0], "<f8").tofile(folder / "columns.bin")
    np.array([2, 0, -1], "<i8").tofile(folder / "rows1.bin")
    (folder / "text1.json").write_text('["a", null, "c"]', encoding="utf-8")
    first = {"name": "age", "kind": "float", "file": "columns.bin", "offset": 0, "rows": 3}
    second = first | {"kind": "integer", "offset": 24}
    text = {"name": "city", "kind": "text", "file": "text1.json", "rows": 3}
    trace = {
        "python": "3.11",
        "packages": {},
        "script": "train.py",
        "seconds": 1.0,
        "peak_bytes": 1,
        "tables": [{"id": "t0", "how": "read_csv", "path": "a.csv", "rows": 3, "columns": [first, text]}],
        "matrices": [{"id": "m0", "rows": 3, "columns": [first, second], "index": "rows1.bin"}],
        "vectors": [second | {"name": "v0"}],
    }
    (folder / "trace.json").write_text(json.dumps(trace), encoding="utf-8")
    return folder


def test_columns_and_rows_are_in_memory(tmp_path):
    loaded = registry.load_trace(written(tmp_path))
    age, city = loaded.tables["t0"].columns.values()
    assert isinstance(age, Number)
    assert isinstance(city, Text)
    np.testing.assert_array_equal(age.values, [1.0, np.nan, 3.0])
    assert list(city.values) == ["a", None, "c"]
    assert loaded.vectors["v0"].values.tolist() == [7.0, 8.0, 9.0]
    assert loaded.indexes["rows1.bin"].tolist() == [2, 0, -1]


def test_a_name_that_stands_twice_gets_a_number(tmp_path):
    assert list(registry.load_trace(written(tmp_path)).matrices["m0"].columns) == ["age", "age#2"]


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("trace.json", b"{", "the trace cannot be read"),
        ("columns.bin", b"12345678", "cut short"),
        ("rows1.bin", b"123", "cut short"),
        ("text1.json", b'["a"', "text cannot be read"),
        ("columns.bin", None, "is missing"),
        ("rows1.bin", None, "is missing"),
    ],
)
def test_what_is_broken_is_named(tmp_path, name, content, error):
    folder = written(tmp_path)
    (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
    with pytest.raises(OutsideError, match=error) as raised:
        registry.load_trace(folder)
    assert raised.value.where.endswith(name)


def test_no_trace_is_said(tmp_path):
    with pytest.raises(NotFound, match="no training was watched"):
        registry.load_trace(tmp_path)
