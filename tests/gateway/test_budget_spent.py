"""A month's budget is spent: the gateway says so, until when, and answers again by itself."""

import time

from bundle_made import write_bundle
from gateway_process import eventually, route, running

from causeway.core.routes import OverBudget

ROW = {"tenure": 5.5, "visits": 3, "plan": "gold"}
WHY = "the budget of 2026-11 is spent: 901.20 of 900.00 EUR; nobody is answered until 2026-12-01 00:00 UTC"


def test_callers_are_refused_both_ways_until_the_budget_allows_it(tmp_path, signing):
    bundle = write_bundle(tmp_path, signing)

    def routed(until):
        return route("churn", bundle, signing=signing, over_budget=until and OverBudget(until, WHY))

    with running(tmp_path / "live", routed(time.time() + 3600)) as gateway:
        quick = gateway.invoke(ROW)
        long = gateway.call(
            "POST",
            "/products/churn/invocations",
            b"tenure,visits,plan\n5.5,3,gold\n",
            **{"content-type": "text/csv"},
        )
        assert (quick.status, quick.body["code"], quick.body["error"]) == (429, "budget_spent", WHY)
        assert (long.status, long.body["code"]) == (429, "budget_spent")
        assert 3000 < int(quick.headers["retry-after"]) <= 3600
        assert gateway.recorded() == []
        gateway.follow(routed(None))
        eventually(lambda: gateway.invoke(ROW).status == 200, "an answer with another budget")
        # what nobody takes out of the file ends with the month
        soon = time.time() + 2
        gateway.follow(routed(soon))
        eventually(lambda: gateway.invoke(ROW).status == 429, "a refusal")
        eventually(lambda: gateway.invoke(ROW).status == 200, "the next month")
        assert time.time() >= soon
