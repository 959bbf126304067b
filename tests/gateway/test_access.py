import pytest
from gateway_process import key, route, running

from causeway.gateway.door.allowance import Allowance
from causeway.gateway.refusals import TooMany

ROW = {"tenure": 5.5, "visits": 3, "plan": "gold"}


@pytest.mark.parametrize("path", ["/v2", "/metrics", "/v2/models/churn", "/v2/models/churn/ready"])
def test_anonymous_callers_are_refused(gateway, path):
    got = gateway.call("GET", path, bearer=None)
    assert (got.status, got.body["code"]) == (401, "unauthorized")
    assert "Authorization: Bearer" in got.body["hint"]
    assert got.headers["www-authenticate"].startswith("Bearer")


def test_anonymous_predictions_are_refused_before_anything_is_said_of_products(gateway):
    for product in ("churn", "nothing-of-that-name"):
        assert gateway.invoke(ROW, product=product, bearer=None).status == 401


@pytest.mark.parametrize("bearer", ["wrong", "s3cret-token2", "S3CRET-TOKEN", "\u00e9"])
def test_a_wrong_key_is_refused(gateway, bearer):
    assert gateway.invoke(ROW, bearer=bearer).status == 401


def test_a_key_may_come_in_its_own_header(gateway):
    assert gateway.invoke(ROW, bearer=None, x_api_key="s3cret-token").status == 200
    assert gateway.invoke(ROW, bearer=None, authorization="Basic s3cret-token").status == 401
    assert gateway.invoke(ROW, bearer=None, authorization="bearer s3cret-token").status == 200


def test_a_key_opens_its_own_products_only(gateway):
    got = gateway.invoke({"rooms": 1, "area": 1}, product="prices", bearer="churn-only")
    none = gateway.invoke({"rooms": 1, "area": 1}, product="prizes", bearer="churn-only")
    assert (got.status, got.body["code"]) == (404, "not_found")
    assert none.raw == got.raw.replace(b"prices", b"prizes")


def test_a_key_sees_the_measures_of_its_own_products_only(gateway):
    gateway.invoke({"rooms": 1, "area": 1}, product="prices")
    assert 'product="prices"' in gateway.call("GET", "/metrics").raw.decode()
    seen = gateway.call("GET", "/metrics", bearer="churn-only").raw.decode()
    assert 'product="churn"' in seen
    assert "prices" not in seen


def test_a_key_without_the_scope_may_look_but_not_ask(gateway):
    assert gateway.call("GET", "/v2/models/lenient", bearer="reader").status == 200
    assert gateway.call("GET", "/metrics", bearer="reader").status == 200
    got = gateway.invoke(ROW, product="lenient", bearer="reader")
    assert got.status == 403
    assert "may not predict" in got.body["error"]


def test_a_capped_product_answers_as_many_requests_as_it_may(tmp_path, signing, churn):
    capped = route("churn", churn, signing=signing, requests_per_minute=3, records="off")
    with running(tmp_path, capped) as gateway:
        answers = [gateway.invoke(ROW) for _ in range(5)]
        assert [got.status for got in answers] == [200, 200, 200, 429, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert answers[-1].body["code"] == "too_many_requests"
        assert gateway.call("GET", "/v2/models/churn").status == 200
        # a new route with the same cap does not start the minute anew
        gateway.follow(route("churn", churn, signing=signing, requests_per_minute=3, keys=(key(), key("b"))))
        assert gateway.invoke(ROW).status == 429
        assert gateway.records_folder.exists() is False


def test_an_allowance_counts_any_sixty_seconds():
    allowance = Allowance(2)
    allowance.take(0.0)
    allowance.take(30.0)
    with pytest.raises(TooMany) as refused:
        allowance.take(59.5)
    assert refused.value.retry_after == 1
    allowance.take(60.0)
    with pytest.raises(TooMany) as refused:
        allowance.take(61.0)
    assert refused.value.retry_after == 29
