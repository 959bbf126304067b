"""What the business of the simulator does with the answers: it calls whoever is likely to leave.

A call takes `CALL` from the logit of leaving, for everybody alike, so that what the product brings is known.
Whoever is held out is not called.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from causeway.example import simulator
from causeway.example.simulator import Columns

CALL = 1.1
CALLED_FROM = 0.3
"""From this chance of leaving on somebody is called."""
SEED = 20260801

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]


def asked_about(weeks: int, *, a_week: int) -> list[Columns]:
    """The customers of each week; nobody comes twice."""
    generator = np.random.default_rng(SEED)
    everybody = simulator.customers(weeks * a_week, generator)
    cuts = [slice(week * a_week, (week + 1) * a_week) for week in range(weeks)]
    return [{name: values[cut] for name, values in everybody.items()} for cut in cuts]


def chance_of_leaving(table: Mapping[str, NDArray[np.generic]], called: Mask) -> Numbers:
    """The true chance that each customer leaves, of whom some were called."""
    before = simulator.churn_probability(table)
    return 1 / (1 + np.exp(-(np.log(before / (1 - before)) - CALL * called)))


def who_leaves(table: Mapping[str, NDArray[np.generic]], called: Mask, *, draw: int) -> Mask:
    """Who really left: one draw a customer, the same for the same `draw`."""
    return np.random.default_rng([SEED, draw]).random(len(called)) < chance_of_leaving(table, called)


def true_effect(table: Mapping[str, NDArray[np.generic]], answers: Numbers) -> float:
    """By how much acting on these answers lowers the share of customers who leave."""
    nobody = np.zeros(len(answers), np.bool_)
    apart = chance_of_leaving(table, nobody) - chance_of_leaving(table, answers >= CALLED_FROM)
    return float(apart.mean())
