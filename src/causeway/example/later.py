"""The business of the simulator, some weeks on: what changes is known, and so is when.

Four weeks go on as before. Then a competitor's offer: newcomers come in numbers (monthly contracts, short
tenures, cheap plans), and what drives people away turns round: who asks for help is being kept, who logs in
often is comparing offers. From the seventh day on, before any of that, the share of customers in each region
changes: it has no effect on anybody, and a monitor should leave everybody alone.
"""

import csv
import io
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from causeway.example import simulator
from causeway.example.simulator import Columns

BEGIN = datetime(2026, 6, 1)  # noqa: DTZ001 - as the billing system writes it
DAYS = 49
ROWS_A_DAY = 200
REGIONS_FROM = 6
TURNED_FROM = 28
SEED = 20260601
NEWCOMERS = 0.8
MOVED = (0.12, 0.18, 0.34, 0.30, 0.06)


def later_rows(days: int = DAYS, *, rows_a_day: int = ROWS_A_DAY) -> tuple[Columns, NDArray[np.bool_]]:
    """Customers day after day with when they were asked about (`asked_at`), and who of them leaves."""
    generator = np.random.default_rng(SEED)
    parts: list[Columns] = []
    left: list[NDArray[np.bool_]] = []
    for day in range(days):
        table = simulator.customers(rows_a_day, generator)
        if day >= REGIONS_FROM:
            table["region"] = generator.choice(simulator.REGIONS, rows_a_day, p=list(MOVED))
        if day >= TURNED_FROM:
            table = _newcomers(table, generator)
        chance = turned(table) if day >= TURNED_FROM else simulator.churn_probability(table)
        left.append(generator.random(rows_a_day) < chance)
        seconds = np.sort(generator.uniform(7 * 3600, 21 * 3600, rows_a_day)).round()
        moments = [BEGIN + timedelta(days=day, seconds=float(second)) for second in seconds]
        parts.append({"asked_at": np.array([each.isoformat() for each in moments]), **table})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, np.concatenate(left)


def turned(table: Columns) -> NDArray[np.float64]:
    """The true chance of leaving once things have turned round."""
    before = simulator.churn_probability(table)
    logit = np.log(before / (1 - before))
    tickets = table["support_tickets_90d"].astype(float)
    logins = np.minimum(table["logins_30d"].astype(float), 25)
    return 1 / (1 + np.exp(-(logit - 0.9 * (tickets - 0.7) + 0.24 * (logins - 11))))


def later_csv(days: int = DAYS, *, rows_a_day: int = ROWS_A_DAY) -> str:
    """The same as a CSV, with what happened in `churned`."""
    table, left = later_rows(days, rows_a_day=rows_a_day)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*table, "churned"])
    columns = [values.tolist() for values in table.values()]
    for row, gone in zip(zip(*columns, strict=True), left.tolist(), strict=True):
        writer.writerow([*row, "Yes" if gone else "No"])
    return text.getvalue()


def _newcomers(table: Columns, generator: np.random.Generator) -> Columns:
    """Most of the customers as the competitor's offer brings them."""
    rows = len(table["region"])
    new = generator.random(rows) < NEWCOMERS
    tenure = np.where(new, generator.integers(1, 7, rows), table["tenure_months"])
    fee = np.where(new, np.round(generator.normal(19, 1.5, rows), 2), table["monthly_fee"].astype(float))
    return {
        **table,
        "plan": np.where(new, "Basic", table["plan"]),
        "contract": np.where(new, "Monthly", table["contract"]),
        "payment_method": np.where(new, "Card", table["payment_method"]),
        "tenure_months": tenure,
        "monthly_fee": fee,
        "total_charges": np.round(fee * tenure * 0.93, 2),
    }
