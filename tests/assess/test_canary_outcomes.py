"""What outcomes tell of a canary: requests are what is independent, and customers change."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from causeway.assess.canary_outcomes import by_release, losses_of, regrets_of, values_of
from causeway.assess.canary_rows import measures_of
from causeway.core.canary import Limits
from causeway.core.manifest import DecisionPart
from causeway.core.release import Output, Signature
from causeway.core.table import Number, Table, Text
from causeway.stats.sequential import Moments, difference_of_means
from causeway.views.canary import Canary

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
STEPS = (5, 25, 50)
LAST = Canary("sha256:b", "sha256:a", Limits(), STEPS, 7, NOON, 8, 50, NOON)


def labelled(canary, *, requests=None, customers=None):
    """Rows a second apart, each by the canary or not; by request or customer where these are named."""
    count = len(canary)
    columns = {
        "at": Number(NOON.timestamp() * 1e6 + np.arange(count) * 1e6, "integer"),
        "release": Text(["sha256:b" if mine else "sha256:a" for mine in canary]),
        "request": Text([f"r{i}" for i in range(count)]),
    }
    if requests is not None:
        columns |= {
            "at": Number(NOON.timestamp() * 1e6 + np.array(requests) * 1e6, "integer"),
            "request": Text([f"r{i}" for i in requests]),
        }
    return Table(columns | ({"in_customer": Text(customers)} if customers else {}))


@pytest.mark.parametrize(("entity", "units"), [("", 4), ("customer", 3)])
def test_the_rows_of_one_request_or_customer_count_once(entity, units):
    requests = [0, 0, 0, 1, 2, 2, 3]
    customers = ["a", "a", "a", "b", "c", "c", "a"]
    joined = labelled([True] * 7, requests=requests, customers=customers)
    found = by_release(joined, np.array([1.0, 0, 0.5, 1, 0, 1, 0.5]), LAST, entity=entity)
    assert (found[True][:3], len(found[True]), found[False]) == ([0.5, 1.0, 0.5], units, [])


def test_requests_of_many_rows_that_share_their_fate_raise_no_false_alarm():
    generator = np.random.default_rng(0)
    for _ in range(20):
        canary = np.repeat(generator.random(400) < 0.5, 40)
        losses = np.repeat((generator.random(400) < 0.2).astype(float), 40)
        joined = labelled(canary, requests=np.repeat(np.arange(400), 40))
        found = by_release(joined, losses, LAST, entity="")
        mine, others = (Moments().after(np.array(found[each])) for each in (True, False))
        assert difference_of_means(mine, others, alpha=0.05 / 12).low < 0


def test_customers_who_change_between_the_steps_are_not_laid_to_the_canary():
    generator = np.random.default_rng(1)
    shares, chances = (np.repeat(each, 4000) for each in ((0.05, 0.25, 0.5), (0.1, 0.2, 0.4)))
    canary, losses = generator.random(12_000) < shares, (generator.random(12_000) < chances).astype(float)
    found = by_release(labelled(canary), losses, LAST, entity="")
    means = [np.mean(found[each]) for each in (True, False)]
    assert means[0] == pytest.approx(means[1], abs=0.02)
    assert len(found[False]) == pytest.approx(len(found[True]), rel=0.05)
    # in the first step there is nothing to make alike
    first = Canary("sha256:b", "sha256:a", Limits(), STEPS, 7, NOON, 8, 5, NOON)
    assert len(by_release(labelled(canary), losses, first, entity="")[False]) == (~canary).sum()


@pytest.mark.parametrize(
    ("classes", "said", "known"),
    [
        (("0", "1"), Number(np.array([1.0, 1, 0, 0]), "integer"), ["1", "0", "1", "0"]),
        (("False", "True"), Number(np.array([1.0, 1, 0, 0]), "boolean"), ["True", "false", "true", "False"]),
        (("No", "Yes"), Text(["Yes", "Yes", "No", "No"]), ["Yes", "No", "Yes", "No"]),
    ],
    ids=["integers", "truths", "texts"],
)
def test_labels_are_the_same_however_segments_keep_them(classes, said, known):
    signature = Signature((), (Output("label", "label", classes, classes[1]),))
    joined = Table({"outcome": Text(known), "out_label": said})
    assert losses_of(joined, signature, LAST).tolist() == [0, 1, 1, 0]
    worth = DecisionPart(true_positive=Decimal(10), false_positive=Decimal(-10), true_negative=Decimal(0))
    assert regrets_of(joined, signature, worth).tolist() == [0.0, 1.0, 0.5, 0.5]
    share = measures_of(signature)[f"share of {classes[1]}"]
    assert [share({"label": value}) for value in values_of(joined, "out_label")] == [1, 1, 0, 0]


def test_values_of_the_holdout_and_of_fallback_answers_count_for_nobody():
    joined = labelled([True, True, True, False, False])
    told = {"arm": Text(["canary", "holdout", "canary", "champion", "holdout"])}
    told["flags"] = Text(["", "", "tenure:range|fallback:failed", "", ""])
    found = by_release(Table(joined.columns | told), np.arange(5.0), LAST, entity="")
    assert found == {True: [0.0], False: [3.0]}
