"""Applications send what came about with a key of the product: once each, and with nothing but that key."""

import json

import pytest
from browser import Browser

import shipyard
from causeway.actions.keys import Limits, new_key
from causeway.actions.workspace import load_product
from causeway.console.app import create_app
from causeway.core.events import KeyRevoked, ProductDeclared
from causeway.core.value import ValuesReceived

TOKEN = "a-token"  # noqa: S105 - of a test
PATH = "/api/v1/outcomes/churn"
ONE = {"entity": "C1", "at": "2026-05-01T12:00:00Z", "kpi": 1}


@pytest.fixture
def work(folder):
    shipyard.poc(folder, more='[serving]\nentity = "customer"\n')
    work = shipyard.workspace(folder)
    _, digest = load_product(work, folder)
    work.ledger.append("churn", [ProductDeclared(digest, "pilot")], actor="a1", at=shipyard.NOON)
    yield work
    work.ledger.close()


def browser(work, *scopes):
    token, fact = new_key("shop", Limits(scopes))
    work.ledger.append("churn", [fact], actor="a1", at=shipyard.NOON)
    return Browser(create_app(work, token=TOKEN), {"authorization": f"Bearer {token}"}), fact.key


def test_an_outcome_is_taken_once(work):
    asking, key = browser(work, "outcomes")
    first = asking.post(PATH, json.dumps(ONE).encode())
    assert (first.status_code, first.json()["status"]) == (201, "received")
    again = asking.post(PATH, json.dumps([ONE, ONE]).encode())
    assert (again.status_code, again.json()["status"]) == (200, "already_received")
    facts = [event.fact for event in work.ledger.read("churn") if isinstance(event.fact, ValuesReceived)]
    assert [(fact.taken, fact.channel) for fact in facts] == [(1, "post")]
    work.ledger.append("churn", [KeyRevoked(key)], actor="a1", at=shipyard.NOON)
    assert asking.post(PATH, b"{}").status_code == 401


def test_only_a_key_of_the_product_that_may_is_let_in(work):
    asking, _ = browser(work, "predict")
    refused = asking.post(PATH, json.dumps(ONE).encode())
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    token = Browser(asking.app, {"authorization": f"Bearer {TOKEN}"})
    assert token.post(PATH, b"{}").status_code == 401
    assert Browser(asking.app, {}).post(PATH, b"{}").status_code == 401
    assert Browser(asking.app, {"cookie": f"causeway={TOKEN}"}).post(PATH, b"{}").status_code == 401
    assert asking.post("/api/v1/outcomes/other", b"{}").status_code == 404
    # the key opens nothing else
    assert asking.get("/").status_code == 401
    assert asking.get(PATH).status_code == 405


def test_what_is_no_outcome_is_told_with_a_remedy(work):
    asking, _ = browser(work, "outcomes")
    for body, said in (
        (b"{", "no outcome"),
        (b'{"entity": "C1", "kpi": 1}', "no time"),
        (b"[]", "nothing was sent"),
    ):
        answer = asking.post(PATH, body)
        assert answer.status_code == 400
        assert said in answer.json()["error"]
        assert answer.json()["hint"]


def other(work):
    """A second product beside it."""
    work.ledger.append("offers", [ProductDeclared("sha256:0", "pilot")], actor="a1", at=shipyard.NOON)


@pytest.mark.parametrize("path", ["/outcomes", "/outcomes/churn", "/api/v1/outcomes", PATH])
def test_every_path_takes_the_same(work, path):
    asking, _ = browser(work, "outcomes")
    assert asking.post(path, json.dumps(ONE).encode()).status_code == 201
    assert asking.post(PATH, json.dumps(ONE).encode()).json()["status"] == "already_received"
    assert asking.post(path, b"{").status_code == 400
    assert Browser(asking.app, {}).post(path, b"{}").status_code == 401
    signed_in = Browser(asking.app, {"cookie": f"causeway={TOKEN}"})
    assert signed_in.post(path, json.dumps(ONE).encode()).status_code == 401
    narrow, _ = browser(work, "predict")
    assert narrow.post(path, json.dumps(ONE).encode()).status_code == 403
    assert asking.get(path).status_code == 405
    assert asking.get("/outcomesx").status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/outcomes?product=churn", ONE, 201, ""),
        ("/outcomes", {**ONE, "product": "churn"}, 201, ""),
        ("/outcomes", [ONE, {**ONE, "product": "churn", "kpi": 2, "key": "b"}], 201, ""),
        ("/outcomes", {"product": "churn", "outcomes": [ONE]}, 201, ""),
        ("/outcomes/churn", {**ONE, "product": "churn"}, 201, ""),
        ("/outcomes", ONE, 400, "of which product"),
        ("/outcomes", {**ONE, "product": "lost"}, 404, "no product lost"),
        ("/outcomes", {**ONE, "product": ["churn"]}, 400, "names nobody"),
        ("/outcomes/churn", {**ONE, "product": "offers"}, 400, "sent to churn"),
        ("/outcomes?product=offers", {**ONE, "product": "churn"}, 401, ""),
        ("/outcomes", [{**ONE, "product": "offers"}, {**ONE, "product": "churn"}], 400, "2 products"),
    ],
)
def test_of_several_products_one_is_named(work, path, body, status, said):
    other(work)
    asking, _ = browser(work, "outcomes")
    answer = asking.post(path, json.dumps(body).encode())
    assert answer.status_code == status, answer.text
    assert said in answer.text
    if status != 201:
        assert not [e for e in work.ledger.read("churn") if isinstance(e.fact, ValuesReceived)]
