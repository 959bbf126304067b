"""The processor time of a process goes to the products that kept it busy."""

import os
import time

import pytest

from causeway.gateway.metering.measures import Measures
from causeway.gateway.upkeep.spending import Spending


class Helper:
    def __init__(self, product, pid):
        self.product, self.pid = product, pid


def burnt(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_it_is_shared_by_the_seconds_of_requests():
    measures = Measures()
    spending = Spending(measures)
    measures.count("churn", "r", 200, seconds=3.0)
    measures.count("fraud", "r", 200, seconds=1.0)
    burnt(0.05)
    spent = spending.since_last(("churn", "fraud"), ())
    assert spent["churn"] == pytest.approx(3 * spent["fraud"])
    assert sum(spent.values()) >= 0.05


def test_it_is_shared_evenly_where_nobody_asked():
    spending = Spending(Measures())
    burnt(0.01)
    spent = spending.since_last(("churn", "fraud"), ())
    assert spent["churn"] == spent["fraud"] > 0


def test_what_a_products_own_process_used_is_its_own():
    spending = Spending(Measures())
    burnt(0.03)
    # this very process stands for the one that answers for fraud
    spent = spending.since_last(("churn", "fraud"), (Helper("fraud", os.getpid()), Helper("gone", 0)))
    assert spent["fraud"] - spent["churn"] >= 0.02
    again = spending.since_last(("churn", "fraud"), (Helper("fraud", os.getpid()),))
    assert again["fraud"] < 0.02
