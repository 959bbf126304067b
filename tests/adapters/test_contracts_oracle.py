"""Rules held against a naive reading of the same rows in plain Python, one row at a time."""

import csv
import io
import math
import re
from collections import Counter
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from causeway.actions.contracts import check, infer
from causeway.adapters import registry
from causeway.adapters.contracts import duplicates
from causeway.core.contract import Allowed, Contract, Options, Property, Quality, SchemaObject

# a busy machine makes slow input of quick input
SUPPRESSED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
NOTHING = {"", "na", "n/a", "nan", "null", "none", "-", "?", "<na>", "#n/a"}
CONTRACT = Contract(
    id="c",
    version="1.0.0",
    schema=(
        SchemaObject(
            "t",
            properties=(
                Property("key", unique=True),
                Property(
                    "number",
                    logical_type="integer",
                    required=True,
                    logical_type_options=Options(minimum=-3, exclusive_maximum=7, multiple_of=2),
                ),
                Property(
                    "word",
                    logical_type="string",
                    logical_type_options=Options(min_length=2, max_length=4, pattern="^[a-z]"),
                    enum=(Allowed("ab"), Allowed("abc"), Allowed(1)),
                ),
                Property(
                    "day",
                    logical_type="date",
                    logical_type_options=Options(minimum="2024-02-01"),
                    quality=(Quality(metric="nullValues", must_be_less_or_equal_to=40, unit="percent"),),
                ),
            ),
            quality=(
                Quality(metric="duplicateValues", must_be=0, arguments={"properties": ["number", "word"]}),
                Quality(metric="rowCount", must_not_be_between=(3, 4)),
            ),
        ),
    ),
)
KEYS = st.sampled_from(["1", "2", "3", "01", " 1", "", "x", "NA"])
NUMBERS = st.sampled_from(
    ["0", "2", "4", "3", "-4", "7", "8", "2.0", "2.5", "1e1", "x", "", "Null", " 6 ", "inf"]
)
WORDS = st.sampled_from(["ab", "abc", "1", "1.0", "a", "Ab", "abcde", "äb", "", "none", "a,b", 'a"b', "a\nb"])
DAYS = st.sampled_from(["2024-02-01", "2024-01-31", "2024-02-30", "01.02.2024", "", "-", "2030-12-31"])
ROWS = st.lists(st.tuples(KEYS, NUMBERS, WORDS, DAYS), min_size=1, max_size=12)


def value(text):
    stripped = text.strip()
    return None if stripped.lower() in NOTHING else stripped


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def day(text):
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def broken(rows):
    """For each rule the numbers of the rows that break it, as the documentation words it."""
    found, keys, pairs = {}, set(), set()
    for row, texts in enumerate(rows, 1):
        key, amount, word, at = map(value, texts)
        told = [*of_number(amount), *of_word(word), *of_day(at)]
        told += ["key unique"] if key is not None and key in keys else []
        if amount is not None and word is not None:
            told += ["number, word duplicateValues"] if (amount, word) in pairs else []
            pairs.add((amount, word))
        keys.add(key)
        for rule in told:
            found.setdefault(rule, []).append(row)
    without = [row for row, texts in enumerate(rows, 1) if value(texts[3]) is None]
    return found | ({"day nullValues": without} if 100 * len(without) / len(rows) > 40 else {})


def of_number(text):
    if text is None:
        return ["number required"]
    read = number(text)
    if read is None:
        return ["number type"]
    whole = not math.isinf(read) and read == math.floor(read)
    even = not math.isinf(read) and abs(read / 2 - round(read / 2)) <= 1e-9
    told = {"type": not whole, "minimum": read < -3, "exclusiveMaximum": read >= 7, "multipleOf": not even}
    return [f"number {rule}" for rule, wrong in told.items() if wrong]


def of_word(text):
    if text is None:
        return []
    known = text in {"ab", "abc", "1"} or number(text) == 1
    told = {"minLength": len(text) < 2, "maxLength": len(text) > 4, "enum": not known}
    told["pattern"] = not re.search("^[a-z]", text)
    return [f"word {rule}" for rule, wrong in told.items() if wrong]


def of_day(text):
    if text is None:
        return []
    if day(text) is None:
        return ["day type"]
    return ["day minimum"] if day(text) < date(2024, 2, 1) else []


def written(rows, path):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([("key", "number", "word", "day"), *rows])
    path.write_text(text.getvalue())
    return path


def kept(rows):
    """A line without any value is no record."""
    return [row for row in rows if any(row)]


@settings(max_examples=150, deadline=None, suppress_health_check=SUPPRESSED)
@given(rows=ROWS)
def test_every_rule_finds_the_rows_that_a_naive_reading_finds(rows, tmp_path):
    rows = kept(rows)
    report = registry.validate_file(CONTRACT, written(rows, tmp_path / "t.csv"), into=tmp_path, good=True)
    expected = broken(rows)
    told = {f"{each.column} {each.rule}": each for each in report.violations if each.rule != "rowCount"}
    assert {rule: (each.rows, each.first_rows) for rule, each in told.items()} == {
        rule: (len(at), tuple(at[:3])) for rule, at in expected.items()
    }
    assert (len(rows) in {3, 4}) == any(each.rule == "rowCount" for each in report.violations)
    at_fault = sorted({row for at in expected.values() for row in at})
    assert (report.rows, report.set_apart) == (len(rows), len(at_fault))
    assert_nothing_is_lost(rows, expected, at_fault, tmp_path)


def assert_nothing_is_lost(rows, expected, at_fault, folder):
    texts = [tuple(cell or None for cell in row) for row in rows]
    good = pl.read_parquet(folder / "good.parquet")
    assert good.rows() == [row for number, row in enumerate(texts, 1) if number not in at_fault]
    if not (folder / "quarantine.parquet").exists():
        assert not at_fault
        return
    bad = pl.read_parquet(folder / "quarantine.parquet")
    assert [(row[0], row[2:]) for row in bad.rows()] == [(row, texts[row - 1]) for row in at_fault]
    for row, reasons in bad.select("causeway.row", "causeway.rules").rows():
        assert len(reasons) == sum(row in at for at in expected.values())


@pytest.fixture(params=[3, 40, 24_000_000])
def in_parts(request, monkeypatch):
    """So few keys at once that a check takes a pass for each part of a key, for each key, or only one."""
    monkeypatch.setattr(duplicates, "KEYS_AT_ONCE", request.param)


@settings(max_examples=30, deadline=None, suppress_health_check=SUPPRESSED)
@given(keys=st.lists(st.one_of(st.none(), st.integers(-5, 5), st.integers(-(2**63), 2**63 - 1)), max_size=40))
def test_uniqueness_in_parts_is_uniqueness(keys, in_parts, tmp_path):
    promised = Contract(
        id="c",
        version="1",
        schema=(SchemaObject("t", properties=(Property("n", unique=True), Property("s", unique=True))),),
    )
    path = tmp_path / "t.parquet"
    texts = [None if key is None else f"k{key}" for key in keys]
    pl.DataFrame({"n": keys, "s": texts}, schema={"n": pl.Int64, "s": pl.String}).write_parquet(
        path, row_group_size=7
    )
    seen: set[int] = set()
    again = []
    for row, key in enumerate(keys, 1):
        if key is not None and key in seen:
            again.append(row)
        seen.add(key)
    found = {
        each.column: (each.rows, each.first_rows)
        for each in registry.validate_file(promised, path).violations
    }
    assert found == (
        {"n": (len(again), tuple(again[:3])), "s": (len(again), tuple(again[:3]))} if again else {}
    )


WORDS_OF_64_BITS = st.one_of(st.integers(0, 12), st.integers(2**64 - 6, 2**64 - 1), st.integers(0, 2**64 - 1))


@settings(max_examples=100, deadline=None, suppress_health_check=SUPPRESSED)
@given(pieces=st.lists(st.lists(WORDS_OF_64_BITS, max_size=9), max_size=5))
def test_hashes_repeat_whatever_pieces_they_come_in(pieces, monkeypatch):
    monkeypatch.setattr(duplicates, "KEYS_AT_A_STEP", 2)
    counted = Counter(each for piece in pieces for each in piece)
    found = duplicates.repeated([np.array(piece, np.uint64) for piece in pieces])
    assert found.keys.tolist() == sorted(each for each, times in counted.items() if times > 1)
    assert found.rows == counted.total() - len(counted)


@given(keys=st.integers(0, 9), rows=st.integers(0, 10**9))
def test_every_part_of_every_key_is_looked_at_once_and_never_too_much_is_held(keys, rows):
    passes = list(duplicates.passes_of(range(keys), rows))
    parts = max((each.parts for each in passes), default=1)
    looked = [(key, each.part) for each in passes for key in each.keys]
    assert sorted(looked) == [(key, part) for key in range(keys) for part in range(parts)]
    assert all(len(each.keys) * rows / each.parts <= duplicates.KEYS_AT_ONCE for each in passes)


TABLES = st.fixed_dictionaries(
    {
        "whole": st.lists(st.integers(-(2**62), 2**62), min_size=30, max_size=30),
        "text": st.lists(st.sampled_from(["a", "b ", "NA", "1", "", "x y"]), min_size=30, max_size=30),
        "real": st.lists(st.one_of(st.none(), st.floats(allow_nan=True)), min_size=30, max_size=30),
        "when": st.lists(st.one_of(st.none(), st.dates()), min_size=30, max_size=30),
        "list": st.lists(st.lists(st.integers(0, 3)), min_size=30, max_size=30),
    }
)


@settings(max_examples=40, deadline=None, suppress_health_check=SUPPRESSED)
@given(table=TABLES)
def test_data_keeps_the_contract_that_is_inferred_from_it(table, tmp_path):
    schema = {
        "whole": pl.Int64,
        "text": pl.String,
        "real": pl.Float64,
        "when": pl.Date,
        "list": pl.List(pl.Int64),
    }
    frame = pl.DataFrame(table, schema=schema)
    frame.write_parquet(tmp_path / "t.parquet")
    frame.drop("list").write_csv(tmp_path / "u.csv", quote_style="non_numeric")
    for name in ("t.parquet", "u.csv"):
        promised = tmp_path / f"{name}.yaml"
        promised.unlink(missing_ok=True)
        infer(tmp_path / name, to=promised)
        checked = check(promised, tmp_path / name)
        assert checked.status == "kept", (checked.violations, promised.read_text())
