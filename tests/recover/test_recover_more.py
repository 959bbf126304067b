"""What people do in pandas before the model: parts of texts, counts, sums, joins, cleaning."""

import numpy as np
import pytest
from sklearn.preprocessing import LabelEncoder
from trainings import Training

from causeway.core.features import Compiled, Filled, Map, Numeric, Sum, Words, in_words
from causeway.recover import prove, recover, signature_of

ROWS = 240
RNG = np.random.default_rng(11)
AGE = RNG.integers(18, 80, ROWS).astype(float)
PAY = np.round(RNG.normal(3000, 500, ROWS), 2)
FEE = np.round(RNG.gamma(2, 30, ROWS), 2)
ID = np.arange(1, ROWS + 1)
CABIN = [f"{RNG.choice(list('ABC'))}{n}" for n in RNG.integers(1, 90, ROWS)]
TITLES = RNG.choice(["Mr", "Mrs", "Dr"], ROWS).tolist()
NAME = [f"{RNG.choice(['Aby', 'Abo', 'Abe'])}, {title}. {n}" for n, title in enumerate(TITLES)]
NOTE = [
    " ".join(RNG.choice(["Great", "slow!", "refund", "the", "A", "bad", "42", "it"], 6)) for _ in range(ROWS)
]
DAYS = RNG.integers(0, 1200, ROWS)
JOINED = [str(np.datetime64("2020-01-01") + n) for n in DAYS]
Y = RNG.integers(0, 2, ROWS)
SOURCE = {
    "id": ID,
    "age": AGE,
    "pay": PAY,
    "fee": FEE,
    "cabin": CABIN,
    "name": NAME,
    "note": NOTE,
    "joined": JOINED,
}
STOPWORDS = {"the", "a", "it"}


def recovered(columns, *, more=None, kind="classifier"):
    training = Training(**SOURCE, won=Y)
    if more:
        training.reads(**more)
    training.fit(training.matrix(columns, labels=np.arange(ROWS)), Y, kind=kind)
    found = recover(training.loaded(), target="won")
    return found, training


def rule_of(values, **more):
    found, training = recovered({"age": AGE, "x": values}, **more)
    assert found.unexplained == ()
    proofs = prove(found.features, training.tables["t0"].take(found.positions), found.matrix)
    assert [proof.close for proof in proofs] == [ROWS, ROWS]
    return found.rules[1], in_words(found.features, 1)


def codes(words):
    return LabelEncoder().fit_transform(words)


@pytest.mark.parametrize(
    ("values", "column", "words"),
    [
        (
            codes([c[0] for c in CABIN]),
            "cabin",
            "code by alphabet of cabin, its first character (A 0, B 1, C 2)",
        ),
        (codes(TITLES), "name", "code by alphabet of name, between ',' and '.' (Dr 0, Mr 1, Mrs 2)"),
        (codes([n.split(",")[0] for n in NAME]), "name", "code by alphabet of name, its first letters"),
        ([len(set(n.split())) for n in NOTE], "note", "its number of different words"),
        ([n.count("!") for n in NOTE], "note", "its number of punctuation marks"),
        ([int("refund" in n) for n in NOTE], "note", "cut at 0.5 (0, 1)"),
        (
            (np.datetime64("2024-01-01") - np.array(JOINED, "M8[D]")).astype(int),
            "joined",
            "its days since the year 1",
        ),
        (np.clip(PAY, 2500, 3500), "pay", "its value, at least 2500, at most 3500"),
        (1 / PAY, "pay", "reciprocal of its value"),
        (PAY + FEE + AGE, "pay", "pay + fee + age"),
        (2 * PAY - 3 * FEE + 1, "pay", "2 * pay + -3 * fee + 1"),
    ],
)
def test_what_pandas_code_makes_is_recovered_and_said_in_words(values, column, words):
    rule, said = rule_of(np.asarray(values, float))
    assert column in (getattr(rule, "column", None), *getattr(rule, "columns", ()))
    assert words in said


def test_a_table_that_was_joined_becomes_a_map_with_every_key_and_an_unseen_key_is_refused():
    keys = RNG.permutation(np.arange(1, ROWS + 41))
    score = np.round(RNG.normal(600, 50, len(keys)), 1)
    by_key = dict(zip(keys.tolist(), score.tolist(), strict=True))
    found, training = recovered(
        {"age": AGE, "score": [by_key[i] for i in ID]}, more={"id": keys, "score": score}
    )
    rule = found.rules[1]
    assert (rule.what, rule.column, rule.source, len(rule.values)) == (
        "join",
        "id",
        "score of t1.csv",
        ROWS + 40,
    )
    assert in_words(found.features, 1) == f"score of t1.csv, looked up by id ({ROWS + 40} keys)"
    compiled = Compiled(found.features, signature_of(found, training.tables["t0"]))
    good, bad = compiled.matrix([{"id": ROWS + 7, "age": 30}]), compiled.matrix([{"id": 99999, "age": 30}])
    assert good.values[0, 1] == by_key[ROWS + 7]
    assert [(problem.field, problem.kind, problem.refused) for problem in bad.problems] == [
        ("id", "unseen", True)
    ]


def test_what_was_summed_in_another_table_is_looked_up_and_filled_where_it_has_no_row():
    owners = RNG.integers(1, ROWS, 900)
    amounts = np.round(RNG.gamma(2, 40, 900), 2)
    sums = np.array([amounts[owners == i].sum() for i in ID])
    found, _ = recovered({"age": AGE, "spent": sums}, more={"id": owners, "amount": amounts})
    assert (found.rules[1].what, found.rules[1].source) == ("join", "sum of amount of t1.csv")
    assert found.rules[1].values[str(ROWS)] == 0.0


def test_noise_is_not_found_in_another_table():
    found, _ = recovered(
        {"age": AGE, "noise": RNG.normal(size=ROWS)}, more={"id": ID, "other": RNG.normal(size=ROWS)}
    )
    assert found.unexplained == ("noise",)


def clean(text):
    letters = "".join(c if c.isalpha() else " " for c in text).lower().split()
    return " ".join(word for word in letters if word not in STOPWORDS)


def test_cleaned_text_with_its_stopwords_is_recovered_and_a_word_never_seen_is_said():
    found, training = recovered({"text": [clean(n) for n in NOTE]})
    rule = found.rules[0]
    assert isinstance(rule, Words)
    assert {word for word, new in rule.words.items() if not new} == STOPWORDS
    fields = signature_of(found, training.tables["t0"])
    good = Compiled(found.features, fields).columns([{"note": "the Great refund!"}])
    assert (good.columns["text"].tolist(), good.problems) == (["great refund"], [])
    for policy, refused in (("refuse", True), ("flag", False)):
        prepared = Compiled(found.features, fields, unseen=policy).columns([{"note": "the Great frt"}])
        assert [(p.kind, p.refused) for p in prepared.problems] == [("unseen", refused)]


def test_gaps_filled_by_group_are_recovered_and_a_group_without_a_fill_is_refused():
    title = np.array(TITLES)
    holes = PAY.copy()
    holes[(np.arange(ROWS) % 5 == 0) & (title != "Dr")] = np.nan
    means = {one: float(np.nanmedian(holes[title == one])) for one in ("Mr", "Mrs")}
    made = np.array(
        [means.get(one, 0) if np.isnan(pay) else pay for one, pay in zip(title, holes, strict=True)]
    )
    training = Training(title=TITLES, salary=holes, age=AGE, won=Y)
    training.fit(training.matrix({"age": AGE, "salary": made}, labels=np.arange(ROWS)), Y)
    found = recover(training.loaded(), target="won")

    assert isinstance(found.rules[1], Filled)
    assert in_words(found.features, 1).startswith("its value; where missing, by title: ")
    table = training.loaded().tables["t0"]
    assert all(one.equal == one.rows for one in prove(found.features, table, found.matrix))
    fields = signature_of(found, table)
    assert [field.required for field in fields] == [True, False, True]
    ready = Compiled(found.features, fields, unseen="flag")
    told = ready.matrix(
        [
            {"age": 30, "salary": None, "title": "Mr"},
            {"age": 30, "salary": None, "title": "Dr"},
            {"age": 30, "salary": None, "title": None},
            {"age": 30, "salary": 2500.0, "title": "Sir"},
        ]
    )
    assert told.values[0, 1] == pytest.approx(means["Mr"])
    assert [(one.row, one.field, one.kind, one.refused) for one in told.problems] == [
        (1, "title", "unseen", True),
        (2, "title", "missing", True),
    ]


def test_plain_cleaning_needs_no_list_of_words():
    found, _ = recovered({"text": [n.lower().replace("!", "") for n in NOTE]})
    assert found.rules[0].words is None
    assert found.rules[0].steps[0] == "lower"


def test_kinds_of_rules_are_what_they_are_called():
    assert isinstance(rule_of(codes([c[0] for c in CABIN]))[0], Map)
    assert isinstance(rule_of(np.clip(PAY, 2500, 3500))[0], Numeric)
    assert isinstance(rule_of(PAY + FEE + AGE)[0], Sum)
