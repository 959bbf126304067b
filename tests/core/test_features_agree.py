"""The two interpreters of the rules are one: whatever the rule, whatever the value."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.core.features import (
    Compiled,
    Constant,
    Derived,
    Features,
    Filled,
    Map,
    NumberElseMap,
    Numeric,
    Pair,
    Step,
    Sum,
    Words,
    apply,
    apply_columns,
    columns_read,
    read_features,
    write_features,
)
from causeway.core.features_compiled import BATCH_ROWS
from causeway.core.features_read import FUNCTIONS
from causeway.core.release import Field
from causeway.core.table import Number, Table, Text

WORDS = (
    "Yes",
    "No",
    " Yes",
    "2 BHK",
    "12 - 20",
    "$1,200.50",
    "12,5",
    "3%",
    "1e3",
    ".5",
    "-3",
    "",
    " ",
    "nan",
    "inf",
    "1_0",
)
DATES = ("2024-02-29", "2023-01-31", "31/12/2023", "2024-13-01")
texts = st.one_of(st.none(), st.sampled_from(WORDS + DATES), st.text(max_size=6))
numbers = st.one_of(
    st.sampled_from([float("nan"), float("inf"), 1e308]),
    st.floats(-1e6, 1e6),
    st.integers(-3, 3).map(float),
)
lines = {"a": st.sampled_from([1.0, 2.5, -0.1]), "b": st.sampled_from([0.0, 0.3, -7.0])}
gaps = {"missing": st.sampled_from([None, 0.0, 4.5]), "keeps_missing": st.booleans()}
columns = st.sampled_from(["text", "other", "number", "flag"])
bases = st.sampled_from(
    [
        "number",
        "range_mean",
        "first_number",
        "amount",
        "length",
        "count.words",
        "count.marks",
        "mean.word_length",
    ]
)
codes = st.dictionaries(st.sampled_from([*WORDS, "1", "0"]), st.sampled_from([0.0, 1.0, 7.25]), max_size=5)

numeric = st.builds(
    Numeric, columns, base=bases, fn=st.sampled_from(sorted(FUNCTIONS)),
    low=st.sampled_from([None, -1.0]), high=st.sampled_from([None, 2.0]),
    format=st.sampled_from(["", "$"]), coerce=st.booleans(), **lines, **gaps,
)  # fmt: skip
dated = st.builds(
    Numeric, columns, base=st.sampled_from(["date.year", "date.dayofweek", "date.days", "date.seconds"]),
    format=st.sampled_from(["%Y-%m-%d", "%d/%m/%Y"]), **gaps,
)  # fmt: skip
mapped = st.builds(
    Map, columns, what=st.just("code-map"), values=codes, rest=st.sampled_from([None, 0.0, 1.5]), **gaps,
    strip=st.booleans(), part=st.sampled_from(["", "", "lower", "first", "first word", "between ,."]),
)  # fmt: skip
counted = st.builds(Numeric, columns, base=st.just("count.text"), format=st.sampled_from(["B", "2"]), **gaps)
summed = st.builds(
    Sum, st.just(("number", "text", "flag")), weights=st.just((1.0, -2.5, 0.3)), b=st.just(7.0),
    fills=st.sampled_from([(), (None, 1.0, None), (0.0, 1.0, 2.0)]),
)  # fmt: skip
stepped = st.builds(
    Step, columns, cuts=st.just((0.0, 2.5)), intervals=st.just(((-1.0, 1.0), (2.0, 3.0))),
    values=st.just((0.0, 1.0, 2.0)), base=bases, **gaps,
)  # fmt: skip
shaped = st.builds(
    NumberElseMap, columns, shapes=st.just({"# BHK": 9.0}),
    exact=st.dictionaries(st.sampled_from(WORDS), st.just(5.0)), **gaps,
)  # fmt: skip
operations = st.sampled_from(["ratio", "product", "sum", "difference"])
paired = st.builds(
    Pair, st.tuples(columns, columns), operation=operations, bases=st.tuples(bases, bases), **lines,
    keeps_missing=st.booleans(), plus=st.sampled_from([0.0, 1.0]),
)  # fmt: skip
derived = st.builds(Derived, st.just((0, 1)), operation=operations, plus=st.sampled_from([0.0, 1.0]), **lines)
plain = st.one_of(
    numeric, dated, mapped, stepped, shaped, paired, counted, summed, st.builds(Constant, st.just(2.0))
)
filled = st.builds(
    Filled,
    columns,
    by=columns,
    fills=st.dictionaries(st.sampled_from([*WORDS, "1", "0"]), st.just(3.5)),
    **lines,
)
any_plain = st.one_of(plain, filled)
rule_sets = st.tuples(any_plain, any_plain, st.one_of(derived, plain))
rows = st.lists(
    st.tuples(texts, texts, numbers, st.sampled_from([0.0, 1.0, float("nan")])), min_size=1, max_size=8
)

FIELDS = [Field("text", "text"), Field("other", "text"), Field("number", "number"), Field("flag", "boolean")]


def features_of(rules):
    domains = dict.fromkeys(("text", "other", "number", "flag"), ("Yes", "No", "2 BHK", "1", "0"))
    domains |= {rule.domain: ("y", "N", "2", "Yes") for rule in rules if isinstance(rule, Map) and rule.part}
    return Features(tuple(f"c{j}" for j in range(len(rules))), tuple(rules), domains)


def table_of(cells):
    text, other, number, flag = zip(*cells, strict=True)
    return Table(
        {
            "text": Text(text),
            "other": Text(other),
            "number": Number(np.array(number)),
            "flag": Number(np.array(flag), "boolean"),
        }
    )


def sent(cells):
    keys = ("text", "other", "number", "flag")
    return [dict(zip(keys, row, strict=True)) for row in cells]


@settings(max_examples=400, deadline=None)
@given(rule_sets, rows)
def test_requests_get_what_the_proof_proved(rules, cells):
    features = features_of(rules)
    proved = apply(features, table_of(cells))
    compiled = Compiled(features, FIELDS)
    one_by_one = [compiled.matrix([row]) for row in sent(cells)]
    for index, prepared in enumerate(one_by_one):
        assert bool(prepared.refused) == (not proved.defined[index].all()), prepared.problems
        if not prepared.refused:
            np.testing.assert_array_equal(prepared.values[0], proved.values[index])


@settings(max_examples=60, deadline=None)
@given(rule_sets, rows)
def test_many_rows_at_once_are_the_same_as_one_by_one(rules, cells):
    many = sent(cells) * BATCH_ROWS
    compiled = Compiled(features_of(rules), FIELDS, missing="flag", unseen="flag")
    batch = compiled.matrix(many)
    single = [compiled.matrix([row]) for row in many[: len(cells)]]
    np.testing.assert_array_equal(batch.values[: len(cells)], np.vstack([one.values for one in single]))
    told = [(p.row % len(cells), p.field, p.kind, p.refused) for p in batch.problems]
    assert told[: sum(len(one.problems) for one in single)] == [
        (index, p.field, p.kind, p.refused) for index, one in enumerate(single) for p in one.problems
    ]


UNSEEN = "Zzz-never, seen."
KNOWN = {"text": "Yes", "other": "No", "number": 1.0, "flag": 1.0}


@settings(max_examples=200, deadline=None)
@given(plain, st.sampled_from(sorted(KNOWN)), st.sampled_from(["refuse", "flag"]), st.booleans())
def test_nothing_missing_or_unseen_becomes_a_silent_number(rule, field, policy, absent):
    """Declared by the rule, refused, or flagged: in both interpreters."""
    if field not in columns_read(rule):
        return
    row = KNOWN | {field: None if absent else UNSEEN if field in {"text", "other"} else -77.5}
    cells = [tuple(np.nan if v is None and k in {"number", "flag"} else v for k, v in row.items())]
    features = features_of((rule,))
    compiled = Compiled(features, FIELDS, missing=policy, unseen=policy)
    defined = bool(apply(features, table_of(cells)).defined[0, 0])
    for rows_sent in ([row], [row] * BATCH_ROWS):
        said = [problem for problem in compiled.matrix(rows_sent).problems if problem.row == 0]
        assert said or defined
    if absent and not defined and len(columns_read(rule)) == 1:
        assert "missing" in {problem.kind for problem in said}
    if isinstance(rule, Map) and not absent and field in {"text", "other"}:
        assert {problem.kind for problem in said} == {"unseen"}


@settings(max_examples=100, deadline=None)
@given(rule_sets)
def test_rules_survive_json(rules):
    features = features_of(rules)
    assert read_features(write_features(features)) == features


@settings(max_examples=100, deadline=None)
@given(
    st.builds(
        Words, st.just("text"), strip=st.booleans(), keeps_missing=st.booleans(),
        values=st.sampled_from([None, {"Yes": "y", "No": "n"}]),
        alphabet=st.sampled_from(["", "YesNo 2"]),
    ),
    rows,
    st.booleans(),
)  # fmt: skip
def test_text_for_pipelines_is_the_same_in_both(rule, cells, closed):
    domains = {"text": ("Yes", "No", "2 BHK")} if closed else {}
    features = Features(("word", "n"), (rule, Numeric("number", keeps_missing=True)), domains)
    made, defined = apply_columns(features, table_of(cells))
    for index, row in enumerate(sent(cells)):
        prepared = Compiled(features, FIELDS).columns([row])
        refused = any(problem.refused for problem in prepared.problems)
        assert refused == (not defined[index].all())
        if not refused:
            assert prepared.columns["word"][0] == (made["word"].values[index] or "")
            np.testing.assert_array_equal(prepared.columns["n"][0], made["n"].values[index])
