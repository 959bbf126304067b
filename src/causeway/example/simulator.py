"""A simulated subscription business whose truth is known.

Nothing here is measured from real people. Every customer is drawn independently; the chance of leaving
within the next month is logistic in eight columns, with the coefficients below, so that whatever a
model or a monitor says about this business can be held against what is so.

    logit P(leaves) = INTERCEPT
        + CONTRACT[contract] + PAYMENT[payment_method] + PLAN[plan]
        - 0.035 * tenure_months            (at most 48 months count)
        + 0.030 * (monthly_fee - 30)
        + 0.350 * support_tickets_90d
        - 0.080 * logins_30d               (at most 25 count)
        + 0.450 * late_payments_12m

Region, age, gender, the name of the device and the total charges have no effect of their own; total
charges are the fee times the tenure with a discount, so they carry the tenure's signal.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

INTERCEPT = -0.65
CONTRACT = {"Monthly": 0.9, "One year": -0.3, "Two years": -1.1}
PAYMENT = {"Card": 0.0, "Direct debit": -0.25, "Bank transfer": 0.1, "Voucher": 0.55}
PLAN = {"Basic": 0.15, "Standard": 0.0, "Premium": -0.2}
FEES = {"Basic": 19.0, "Standard": 32.0, "Premium": 49.0}
REGIONS = ("North", "South", "East", "West", "Islands")
REASONS = ("Price", "Moved away", "Competitor", "Too few titles")

Columns = dict[str, NDArray[np.generic]]


def customers(rows: int, generator: np.random.Generator) -> Columns:
    """That many customers, column by column; amounts in euros a month, tenure in months."""
    plan = generator.choice(list(PLAN), rows, p=[0.4, 0.4, 0.2])
    tenure = np.minimum(np.floor(generator.gamma(1.4, 16.0, rows)), 96).astype(np.int64)
    fee = np.round(np.array([FEES[p] for p in plan]) + generator.normal(0, 3.5, rows), 2)
    discount = generator.uniform(0.85, 1.0, rows)
    return {
        "customer_id": np.array([f"C{number:06d}" for number in generator.permutation(rows) + 100_000]),
        "age": np.clip(np.round(generator.normal(43, 14, rows)), 18, 90).astype(np.int64),
        "gender": generator.choice(["F", "M", "X"], rows, p=[0.49, 0.49, 0.02]),
        "region": generator.choice(REGIONS, rows, p=[0.3, 0.27, 0.2, 0.18, 0.05]),
        "plan": plan,
        "contract": generator.choice(list(CONTRACT), rows, p=[0.55, 0.27, 0.18]),
        "payment_method": generator.choice(list(PAYMENT), rows, p=[0.45, 0.3, 0.17, 0.08]),
        "tenure_months": tenure,
        "monthly_fee": fee,
        "total_charges": np.round(fee * tenure * discount, 2),
        "support_tickets_90d": generator.poisson(0.7, rows).astype(np.int64),
        "logins_30d": generator.poisson(11.0, rows).astype(np.int64),
        "late_payments_12m": generator.poisson(0.4, rows).astype(np.int64),
        "paperless": generator.choice(["yes", "no"], rows, p=[0.7, 0.3]),
    }


def churn_probability(table: Mapping[str, NDArray[np.generic]]) -> NDArray[np.float64]:
    """The true chance that each customer leaves within the next month."""
    logit = (
        INTERCEPT
        + np.array([CONTRACT[str(value)] for value in table["contract"]])
        + np.array([PAYMENT[str(value)] for value in table["payment_method"]])
        + np.array([PLAN[str(value)] for value in table["plan"]])
        - 0.035 * np.minimum(table["tenure_months"].astype(float), 48)
        + 0.030 * (table["monthly_fee"].astype(float) - 30)
        + 0.350 * table["support_tickets_90d"].astype(float)
        - 0.080 * np.minimum(table["logins_30d"].astype(float), 25)
        + 0.450 * table["late_payments_12m"].astype(float)
    )
    return 1 / (1 + np.exp(-logit))


def outcomes(table: Mapping[str, NDArray[np.generic]], generator: np.random.Generator) -> NDArray[np.bool_]:
    """Who really left: one draw a customer from the true chance."""
    chance = churn_probability(table)
    return generator.random(len(chance)) < chance


def export(rows: int, seed: int) -> Columns:
    """The table as the business exports it: with its gaps, its reason column, and who churned.

    New customers (tenure 0) have a blank total; one age in thirty is missing; the reason is only
    known of those who left.
    """
    generator = np.random.default_rng(seed)
    table = customers(rows, generator)
    left = outcomes(table, generator)
    reason = np.where(left, generator.choice(REASONS, rows), "")
    age = np.where(generator.random(rows) < 1 / 30, "", table["age"].astype(str))
    total = np.where(table["tenure_months"] == 0, " ", table["total_charges"].astype(str))
    return {
        **table,
        "age": age,
        "total_charges": total,
        "cancellation_reason": reason,
        "churned": np.where(left, "Yes", "No"),
    }


def as_csv(table: Mapping[str, NDArray[np.generic]]) -> str:
    """The table as comma-separated text with a header line."""
    names = list(table)
    lines = [",".join(names)]
    lines += [",".join(str(value) for value in row) for row in zip(*table.values(), strict=True)]
    return "\n".join(lines) + "\n"
