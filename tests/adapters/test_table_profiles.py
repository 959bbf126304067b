"""Profiles of tables, beside numpy over their rows."""

import numpy as np
import polars as pl
import pytest

from causeway.adapters import registry, table_profiles
from causeway.core.errors import OutsideError, UsageError
from causeway.stats.drift import difference
from causeway.stats.profile import number_profile
from causeway.stats.profile_form import NumberProfile, TextProfile

ROWS = 5000


@pytest.fixture
def frame():
    rng = np.random.default_rng(1)
    return pl.DataFrame(
        {
            "size": rng.normal(50, 10, ROWS),
            "gaps": pl.Series(np.where(rng.random(ROWS) < 0.1, np.nan, rng.random(ROWS))).fill_nan(None),
            "count": rng.integers(0, 5, ROWS),
            "yes": rng.random(ROWS) < 0.3,
            "when": pl.Series(rng.integers(0, 10**15, ROWS)).cast(pl.Datetime("us")),
            "kind": pl.Series([f"k{i}" for i in rng.integers(0, 9, ROWS)]),
            "class": pl.Series([f"c{i}" for i in rng.integers(0, 3, ROWS)]).cast(pl.Categorical),
            "name": pl.Series([f"n{i}" for i in rng.integers(0, 2000, ROWS)]),
            "list": pl.Series([[1]] * ROWS),
        }
    )


@pytest.mark.parametrize("batch", [300, 131_072])
def test_a_table_read_in_parts_is_as_its_rows(frame, tmp_path, monkeypatch, batch):
    monkeypatch.setattr(table_profiles, "ROWS_AT_ONCE", batch)
    monkeypatch.setattr(table_profiles, "TEXTS_AT_ONCE", 900)
    frame.write_parquet(tmp_path / "t.parquet", row_group_size=700)
    found = registry.table_profile([tmp_path / "t.parquet"])
    assert found.rows == ROWS
    assert found.left_out == {"list": "List(Int64)"}
    for name in ("size", "gaps", "count", "yes", "when"):
        plain = frame[name].to_physical().cast(pl.Float64).fill_null(np.nan).to_numpy()
        one = number_profile(plain, shift=found.shifts[name])
        assert (found.columns[name].bins, found.columns[name].counts) == (one.bins, one.counts)
        assert (found.columns[name].values, found.columns[name].missing) == (one.values, one.missing)
    for name in ("kind", "class"):
        known = dict(frame[name].cast(pl.String).value_counts().iter_rows())
        assert found.columns[name].counts == known
    assert (found.columns["name"].count, sum(found.columns["name"].groups)) == (ROWS, ROWS)
    assert found.relations is not None


def test_two_halves_of_a_table_do_not_differ_and_a_changed_one_does(frame, tmp_path):
    frame[:2500].write_parquet(tmp_path / "a.parquet")
    frame[2500:].with_columns(pl.col("size") + 5).write_parquet(tmp_path / "b.parquet")
    before = registry.table_profile([tmp_path / "a.parquet"])
    now = registry.table_profile([tmp_path / "b.parquet"], shifts=before.shifts)
    found = {name: difference(each, now.columns[name]) for name, each in before.columns.items()}
    assert found["size"].p < 1e-20
    assert all(each.p > 1e-4 for name, each in found.items() if name != "size")


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".ndjson"])
def test_tables_of_texts_are_read_too(frame, tmp_path, suffix):
    some = frame.select("size", "kind", "gaps")
    path = tmp_path / f"t{suffix}"
    (some.write_csv if suffix == ".csv" else some.write_ndjson)(path)
    found = registry.table_profile([path, path], columns=("size", "kind", "gaps"))
    assert found.rows == 2 * ROWS
    assert isinstance(found.columns["size"], NumberProfile)
    assert isinstance(found.columns["kind"], TextProfile)
    assert found.columns["gaps"].missing == 2 * frame["gaps"].null_count()


def test_what_is_no_table_or_not_whole_is_said(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(OutsideError, match="cannot be read"):
        registry.table_profile([tmp_path / "t.parquet"])
    with pytest.raises(UsageError, match="is no table"):
        registry.table_profile([tmp_path / "t.xyz"])
    pl.DataFrame({"only": [[1], [2]]}).write_parquet(tmp_path / "lists.parquet")
    assert registry.table_profile([tmp_path / "lists.parquet"]).rows == 2
