"""People in data: known by header and by value, counted, never repeated, not seen where none are."""

import json

import joblib
import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc
from causeway.intake.data.profile import profile
from causeway.intake.private.personal_text import people_in
from causeway.intake.private.personal_values import FORMS, card, form_of, iban, indian_id


def luhn(stem):
    return next(f"{stem}{digit}" for digit in range(10) if card(f"{stem}{digit}"))


def account(number):
    return next(f"DE{check:02d}{number:018d}" for check in range(98) if iban(f"DE{check:02d}{number:018d}"))


def aadhaar(number):
    stem = f"2{number:010d}"
    texts = [f"{stem}{digit}" for digit in range(10)]
    grouped = [f"{text[:4]} {text[4:8]} {text[8:]}" for text in texts]
    return next(text for text in grouped if indian_id(text))


@pytest.mark.parametrize(
    ("make", "called"),
    [
        (lambda n: f"ann{n}@shop{n % 7}.com", "e-mail addresses"),
        (lambda n: f"+49 30 {123456 + n}", "telephone numbers"),
        (lambda n: f"({200 + n}) 555-{1000 + n}", "telephone numbers"),
        (account, "account numbers (IBAN)"),
        (lambda n: luhn(f"4{n:014d}"), "card numbers"),
        (lambda n: f"{100 + n}-{10 + n}-{1000 + n}", "US social security numbers"),
        (aadhaar, "Indian identity numbers"),
        (lambda n: f"192.168.{n}.{n + 1}", "IP addresses"),
        (lambda n: f"{n + 1} Old Mill Road", "postal addresses"),
        (lambda n: f"Lindenstra\u00dfe {n + 1}", "postal addresses"),
        (lambda n: f"Kent{n}, Mr. Clark", "names with a title"),
    ],
)
def test_values_that_are_a_persons(make, called):
    values = [make(n) for n in range(40)]
    assert form_of(values) == (called, 40)
    column = profile("value", values)
    assert (column.personal, column.personal_as) == ("direct", called)


@pytest.mark.parametrize(
    "make",
    [
        lambda n: str(1_000_000 + n),
        lambda n: str(4_000_000_000_000_000 + n * 13),
        lambda n: f"{n}.25",
        lambda n: f"2024-01-{1 + n % 28:02d}",
        lambda n: f"{1 + n % 12:02d}/{1 + n % 28:02d}/2024",
        lambda n: f"1.{n % 9}.{n}",
        lambda n: f"{n:04d}-{n:03d}",
        lambda n: f"item {n} of the list",
        lambda n: f"2014-07-04 {n % 24:02d}:00:00",
        lambda n: f"SKU{n:05d}X",
        lambda n: f"{n * 1000}-{n * 1000 + 999}",
        lambda n: f"12,{n:03d}",
    ],
)
def test_values_that_are_nobodys(make):
    assert form_of([make(n) for n in range(200)]) == ("", 0)


@pytest.mark.parametrize(
    ("name", "values", "sort"),
    [
        ("Geschlecht", ["m", "w"], "protected"),
        ("sexo", ["H", "M"], "protected"),
        ("Vorname", [f"Ute{n}" for n in range(20)], "direct"),
        ("Pr\u00e9nom", [f"Luc{n}" for n in range(20)], "direct"),
        ("Straße", [f"Am Hang {n}" for n in range(20)], "direct"),
        ("edad", [str(n) for n in range(20, 60)], "protected"),
        ("Familienstand", ["ledig", "verheiratet"], "protected"),
        ("customerID", [f"c{n}" for n in range(20)], "pseudonym"),
        ("phone", [str(4_915_100_000 + n) for n in range(20)], "direct"),
        ("phone_calls", [str(n) for n in range(20)], ""),
        ("id", [str(n) for n in range(5_000_000, 5_000_100)], ""),
        ("building_age", [str(n) for n in range(20)], ""),
        ("product_name", [f"thing {n}" for n in range(20)], ""),
        ("average", [str(n) for n in range(20)], ""),
    ],
)
def test_headers_in_several_languages(name, values, sort):
    assert profile(name, values).personal == sort


def test_texts_that_carry_addresses():
    texts = [f"Dear team, please write to ann{n}@shop.com about order {n}, it is late." for n in range(30)]
    column = profile("body", texts)
    assert (column.personal, column.personal_as) == ("direct", "e-mail addresses in its texts")
    plain = profile(
        "body", [f"The order {n} is late and nobody answers the questions I ask." for n in range(30)]
    )
    assert plain.personal == ""


def test_text_counts_different_people_and_not_examples():
    assert people_in("a@shop.com b@shop.com c@shop.com c@shop.com") == {"e-mail addresses": 3}
    assert people_in("you@example.com me@example.org a@test.com noreply@x.example.com " * 5) == {}
    assert people_in(f"pay to {account(7)}") == {"account numbers (IBAN)": 1}
    assert people_in("accuracy 0.8123 4111 1111 2222 3333") == {}


def test_what_a_notebook_shows_and_never_the_value_itself(tmp_path):
    table = "\n".join(f"{n} ann{n}@shop.com" for n in range(9))
    text = folders.notebook("df.head()", outputs={1: folders.printed(table)})
    poc = read_poc(folders.write(tmp_path, {"a.ipynb": text}))
    (finding,) = [each for each in judge(poc) if each.code == "PERSONAL-DATA"]
    assert "9 e-mail addresses stand in a.ipynb cell 1" in finding.title
    assert "shop.com" not in json.dumps([finding.title, [str(place) for place in finding.evidence]])


def test_neighbours_with_rows_of_people_are_said(tmp_path):
    rows = np.arange(120.0).reshape(60, 2)
    joblib.dump(KNeighborsClassifier().fit(rows, rows[:, 0] > 50), tmp_path / "knn.joblib")
    people = "name_first,email,left\n" + "".join(f"A{n},a{n}@shop.com,{n % 2}\n" for n in range(40))
    poc = read_poc(folders.write(tmp_path, {"people.csv": people}))
    (finding,) = [each for each in judge(poc) if each.code == "PERSONAL-DATA"]
    assert "60 rows of the training data lie inside knn.joblib" in finding.title
    assert "email (40 e-mail addresses)" in finding.title


def test_random_numbers_are_never_taken_for_a_person():
    random = np.random.default_rng(7)
    for digits in range(6, 20):
        values = [str(random.integers(10 ** (digits - 1), 10**digits, dtype=np.uint64)) for _ in range(300)]
        assert form_of(values) == ("", 0), digits
    assert len({form.called for form in FORMS}) == len(FORMS)
