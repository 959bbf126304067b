"""The target is found among the raw columns, with what its values became."""

import numpy as np
import pytest
from trainings import Training

from causeway.core.features import Map, Numeric
from causeway.recover import recover

ROWS = 200
RNG = np.random.default_rng(5)
AGE = RNG.integers(18, 80, ROWS).astype(float)
ANSWER = RNG.choice(["no", "yes"], ROWS).tolist()
PRICE = np.round(RNG.lognormal(3, 1, ROWS), 2)


def target_of(y, *, kind="classifier", target=None, train=None):
    reason = [None if a == "no" else f"reason {n % 3}" for n, a in enumerate(ANSWER)]
    training = Training(age=AGE, reason=reason, answer=ANSWER, price=PRICE)
    whole = training.matrix({"age": AGE}, labels=np.arange(ROWS))
    rows = np.arange(ROWS) if train is None else train
    training.fit(training.part(whole, rows), [y[n] for n in rows], kind=kind)
    return recover(training.loaded(), target=target)


@pytest.mark.parametrize("target", ["answer", None])
def test_a_coded_answer(target):
    found = target_of([float(a == "yes") for a in ANSWER], target=target)
    assert (found.target.column, found.target.classes) == ("answer", ("0", "1"))
    assert found.target.labels == {"no": "0", "yes": "1"}
    assert isinstance(found.target.rule, Map)


def test_an_answer_in_words():
    found = target_of(ANSWER)
    assert (found.target.column, found.target.classes) == ("answer", ("no", "yes"))
    assert list(found.y.values) == ANSWER


def test_a_logarithm_of_a_price():
    found = target_of(np.log1p(PRICE), kind="regressor")
    assert (found.target.column, found.target.classes) == ("price", ())
    assert isinstance(found.target.rule, Numeric)
    assert found.target.rule.fn == "log1p"


def test_rows_that_only_the_rule_knows_have_a_target_too():
    found = target_of(PRICE, kind="regressor", train=np.arange(50))
    np.testing.assert_array_equal(found.y.values, PRICE[found.positions])
    assert found.fitted.sum() == 50


def test_a_target_from_elsewhere_is_known_where_it_was_seen():
    y = RNG.normal(size=ROWS)
    found = target_of(y, kind="regressor", target="nothing", train=np.arange(50))
    assert found.target.rule is None
    np.testing.assert_array_equal(found.y.values[:50], y[:50])
    assert np.isnan(found.y.values[50:]).all()
