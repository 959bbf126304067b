"""The manifest that init drafts: it parses again, and says where a person must write."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from causeway.core.manifest import (
    BudgetPart,
    DataPart,
    IntegrationPart,
    KpiPart,
    Manifest,
    ModelPart,
    ProductPart,
    ServingPart,
)
from causeway.core.manifest_draft import ONLY_A_PERSON, Question, draft_manifest, shown
from causeway.core.manifest_text import open_questions, parse_manifest

KNOWN = Manifest(
    product=ProductPart(name="churn", kind="binary"),
    budget=BudgetPart(build=Decimal("12.50"), until=date(2027, 1, 31)),
    data=(DataPart(name="customers", path="data/customers 1.csv", identifiers=("id", 'say "hi"')),),
    model=ModelPart(train="train.py"),
    serving=ServingPart(latency_ms=20.0),
)


def test_a_draft_parses_to_what_was_known():
    text = draft_manifest(KNOWN, questions=[Question("data.target", "Which one: Churn or Left?")])
    assert parse_manifest(text, where="draft") == KNOWN


def test_a_draft_is_the_same_every_time():
    assert draft_manifest(KNOWN) == draft_manifest(KNOWN)


def test_the_three_questions_of_a_person_have_lines():
    text = draft_manifest(KNOWN)
    lines = {question.key: question.line for question in open_questions(text)}
    for key in ONLY_A_PERSON:
        written = text.splitlines()[lines[key] - 1]
        assert written == f'{key.split(".")[1]} = "?"'


def test_a_question_of_the_caller_stands_as_a_comment_at_its_key():
    text = draft_manifest(KNOWN, questions=[Question("data.target", "Which one:\nChurn or Left?")])
    asked = {question.key: question.words for question in open_questions(text)}
    assert asked["data.0.target"] == "Which one: Churn or Left?"


def test_what_is_known_is_not_asked():
    owned = Manifest(product=ProductPart(name="churn", owner="dana"), kpi=KpiPart(name="churn rate"))
    keys = {question.key for question in open_questions(draft_manifest(owned))}
    assert "product.owner" not in keys
    assert "kpi.name" not in keys


def test_a_note_says_where_a_value_was_seen():
    text = draft_manifest(KNOWN, notes={"model.train": "fits a model at train.py:12"})
    assert 'train = "train.py"  # fits a model at train.py:12' in text


@given(st.text(max_size=30), st.lists(st.text(max_size=10), max_size=3))
def test_any_text_survives_being_drafted(path: str, identifiers: list[str]):
    readable = path.encode(errors="replace").decode()
    known = Manifest(
        product=ProductPart(name="churn"),
        data=(DataPart(name="d", path=path, identifiers=tuple(identifiers)),),
    )
    again = parse_manifest(draft_manifest(known), where="draft").data[0]
    assert again.path == ("" if readable == "?" else readable)
    assert again.identifiers == tuple(i for i in identifiers if i not in {"", "?"})


def test_nothing_about_a_secret_is_shown():
    tracking = IntegrationPart("tracking", "mlflow", "", "env:MLFLOW_TOKEN")
    manifest = Manifest(product=ProductPart(name="churn"), integrations=(tracking,))
    assert [part.secret for part in shown(manifest).integrations] == ["env:***"]
