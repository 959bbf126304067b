import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from causeway.adapters.policies_cedar import CedarPolicies, read_policies
from causeway.core.access import BadPolicy, Request, Terms, Use

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
USE = Use("churn", "subscribers", "retention calls", "sha256:1", "dana")
GOOD = Terms("Retention calls", "sha256:1", NOON + timedelta(seconds=1))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "policies"


def decided(folder, action, *, actor="bo", terms=None, unmasks=()):
    request = Request(action, actor, USE, "pilot", NOON, terms, unmasks)
    return read_policies(folder).decide(request)


def own(folder, text, name="own.cedar"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def test_anybody_may_ask_and_only_the_owner_grants_and_revokes(folder):
    assert decided(folder, "ask").allowed
    assert not decided(folder, "grant").allowed
    assert not decided(folder, "revoke").allowed
    assert decided(folder, "grant", actor="dana").by == ("the owner decides",)
    assert decided(folder, "revoke", actor="dana").allowed


def terms(**changes):
    fields = {"purpose": GOOD.purpose, "what": GOOD.what, "until": GOOD.until} | changes
    return Terms(**fields)


@pytest.mark.parametrize(
    ("under", "by"),
    [
        (GOOD, "a grant that stands is read under"),
        (None, "no read without a grant"),
        (terms(until=NOON), "no read under a grant that was revoked or has expired"),
        (terms(revoked=True), "no read under a grant that was revoked or has expired"),
        (terms(purpose="pricing"), "no read for another purpose"),
        (terms(what="sha256:2"), "no read of something else than was granted"),
    ],
)
def test_a_read_is_decided_by_the_terms_of_its_grant(folder, under, by):
    decision = decided(folder, "read", terms=under)
    assert decision.by == (by,)
    assert decision.allowed == (under is GOOD)


def test_no_policy_of_a_workspace_lets_anybody_read_without_a_grant(folder):
    own(folder, "permit (principal, action, resource);")
    assert decided(folder, "grant").allowed
    assert not decided(folder, "read").allowed
    assert not decided(folder, "grant", unmasks=("secret",)).allowed


def test_a_workspace_may_forbid_more_and_is_named(folder):
    own(
        folder,
        '@id("nothing in production without the board")\n'
        'forbid (principal, action == Causeway::Action::"read", resource) when { context.stage == "pilot" };',
    )
    decision = decided(folder, "read", terms=GOOD)
    assert (decision.allowed, decision.by) == (False, ("nothing in production without the board",))


def test_a_group_of_the_owners_name_may_grant(folder):
    own(
        folder,
        json.dumps(
            [
                {
                    "uid": {"type": "Causeway::User", "id": "bo"},
                    "parents": [{"type": "Causeway::Group", "id": "dana"}],
                }
            ]
        ),
        name="entities.json",
    )
    assert decided(folder, "grant", actor="bo").allowed
    assert not decided(folder, "grant", actor="eve").allowed


@pytest.mark.parametrize(
    "text",
    [
        "permit (principal",
        "permit (principal, action, resource) when { resource.nope };",
        'permit (principal, action == Causeway::Action::"delete", resource);',
        'permit (principal == User::"bo", action, resource);',
    ],
)
def test_a_policy_that_does_not_fit_the_schema_is_refused_when_it_is_read(folder, text):
    own(folder, text)
    with pytest.raises(BadPolicy) as caught:
        read_policies(folder)
    assert caught.value.where.endswith("own.cedar")


@pytest.mark.parametrize("text", ["{", "[1]", '[{"uid": {"type": "Causeway::Source", "id": "x"}}]'])
def test_a_file_of_groups_that_is_none_is_refused(folder, text):
    own(folder, text, name="entities.json")
    with pytest.raises(BadPolicy):
        read_policies(folder)


def test_what_cannot_be_decided_is_denied(folder):
    strange = decided(folder, "promote")
    assert not strange.allowed
    assert strange.errors


CEDAR = Path(os.environ.get("CAUSEWAY_STANDARDS", "/nowhere")) / "cedar"


@pytest.mark.skipif(not CEDAR.is_dir(), reason="needs the Cedar integration tests: CAUSEWAY_STANDARDS")
def test_decisions_are_those_of_the_cedar_integration_tests():
    asked = 0
    for file in sorted(CEDAR.glob("tests/**/*.json")):
        case = json.loads(file.read_text())
        texts = {case["policies"]: (CEDAR / case["policies"]).read_text()}
        entities = json.loads((CEDAR / case["entities"]).read_text())
        assert case["shouldValidate"]
        policies = CedarPolicies(texts, (CEDAR / case["schema"]).read_text())
        for request in case["requests"]:
            decision = policies.answer(
                {key: request[key] for key in ("principal", "action", "resource", "context")}, entities
            )
            wanted = (request["decision"] == "allow", sorted(request["reason"]))
            assert (decision.allowed, sorted(decision.by)) == wanted, request["description"]
            asked += 1
    assert asked >= 15
