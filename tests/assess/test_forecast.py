"""The forecast: sums held against simulations, money against paper, and nothing that nobody declared."""

import pkgutil
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from msgspec import structs
from scipy import stats

from causeway.assess.codes import Effort, codes
from causeway.assess.effort import CORRELATION, UNKNOWN, total, work
from causeway.assess.forecast import forecast
from causeway.assess.payback import payback
from causeway.assess.rates import bundled_rates, read_rates
from causeway.assess.running_cost import Measured, running_cost
from causeway.core.errors import UsageError
from causeway.core.figure import Figure, plain
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.manifest import BudgetPart, KpiPart, Manifest, ProductPart

TODAY = date(2026, 11, 23)
RATES = bundled_rates()
QUICK = Measured(1000, median=0.004, mean=0.005, p95=0.02, record_bytes=500, source="a test")
DECLARED = Manifest(
    ProductPart("churn"),
    KpiPart(
        name="leavers", family="conversion", unit="subscribers kept", unit_value=Decimal(180), currency="EUR",
        baseline=0.042, target=0.038, right_decision=Decimal(60), wrong_decision=Decimal("12.5"),
    ),
    budget=BudgetPart(
        build=Decimal(40000), run_per_month=Decimal(900), currency="EUR", until=date(2027, 12, 31),
        predictions_per_month=60000,
    ),
)  # fmt: skip


def found(*names, weight=Severity.FIX, command=""):
    return [Finding(name, weight, "t", Remedy("w", command)) for name in names]


def simulated(efforts, *, draws=200_000, seed=7):
    """Sums of beta-PERT draws that hang together by a Gaussian copula: another way to the same answer."""
    size = len(efforts)
    shared = np.full((size, size), CORRELATION) + np.eye(size) * (1 - CORRELATION)
    normal = np.random.default_rng(seed).multivariate_normal(np.zeros(size), shared, draws)
    sums = np.zeros(draws)
    for column, each in zip(stats.norm.cdf(normal).T, efforts, strict=True):
        span = each.high - each.low
        a, b = 1 + 4 * (each.likely - each.low) / span, 1 + 4 * (each.high - each.likely) / span
        sums += each.low + span * stats.beta.ppf(column, a, b)
    return sums


@pytest.mark.parametrize(
    "names",
    [
        ("SKEW",),
        ("NO-OWNER", "LEAK-SPLIT"),
        ("NO-SKILL", "REQ-ENCODING", "DEBUG"),
        ("SKEW", "LEAK-SPLIT", "NO-OWNER", "UNSAFE-LOAD", "PERSONAL-DATA", "REQ-OLD", "NO-TESTS", "NO-CI"),
        tuple(codes()),
    ],
    ids=len,
)
def test_the_sum_and_its_interval_agree_with_a_simulation(names):
    efforts = [codes()[name].effort for name in names]
    told, sums = total(efforts), simulated(efforts, draws=20_000 if len(names) > 20 else 200_000)
    low, high = np.quantile(sums, [0.1, 0.9])
    assert told.value == pytest.approx(sums.mean(), rel=0.02)
    assert (told.low, told.high) == pytest.approx((low, high), rel=0.06)
    assert np.mean((sums >= told.low) & (sums <= told.high)) == pytest.approx(0.8, abs=0.03)


def test_every_code_has_figures_in_order_and_a_reason():
    for code in codes().values():
        assert 0 < code.effort.low <= code.effort.likely <= code.effort.high, code
        assert code.effort.basis
        assert code.tool in {"", "run", "ship"}


def test_what_a_command_does_is_counted_apart():
    findings = [
        *found("NO-KPI"),
        *found("LEAK-SPLIT", command="causeway fix split poc"),
        *found("SKEW", command="causeway run poc"),
    ]
    plan, bare = work(findings, runnable=True), work(findings, runnable=False)
    assert plan.by_hand == bare.by_hand
    assert (plan.mended, bare.mended) == (2, 1)
    assert plan.with_tool.value < bare.with_tool.value < plan.by_hand.value
    commands = {part.code: part.command for part in plan.parts}
    assert commands == {"NO-KPI": "", "LEAK-SPLIT": "causeway fix split poc", "SKEW": "causeway run"}


def test_a_command_never_makes_a_small_task_longer():
    plan = work(found("REQ-ENCODING", command="causeway fix requirements x"), runnable=True)
    assert plan.with_tool.value <= plan.by_hand.value


def test_the_second_of_a_kind_takes_half_and_what_has_no_figure_takes_that_of_its_weight():
    once, twice = (work(found(*["SKEW"] * count), runnable=False) for count in (1, 2))
    assert twice.by_hand.value == pytest.approx(1.5 * once.by_hand.value, rel=0.01)
    strange = work(found("NEVER-HEARD-OF", weight=Severity.BLOCKER), runnable=False)
    assert strange.parts[0].by_hand == UNKNOWN[Severity.BLOCKER]
    assert work([], runnable=True).by_hand == total([])


def test_servers_are_as_many_as_the_busiest_hour_needs():
    cost = running_cost(RATES, predictions=60_000_000, measured=QUICK)
    # by hand: 60e6 / (730 h * 3600 s) = 22.83 a second; seconds 0.004, 0.005, 0.02; peaks 3, 5, 10; 2 * 0.6
    needed = [max(1, -(-22.8311 * peak * each // 1.2)) for peak, each in ((3, 0.004), (5, 0.005), (10, 0.02))]
    assert needed == [1, 1, 4]
    servers, storage = cost.lines
    assert (servers.cost.low, servers.cost.value, servers.cost.high) == (
        round(730 * 0.0416, 2), round(730 * 0.085, 2), round(4 * 730 * 0.111, 2),
    )  # fmt: skip
    # 60e6 records * 12 months * 500 bytes = 360 GB, at 0.023
    assert storage.cost.value == pytest.approx(360 * 0.023)
    assert cost.total.high == pytest.approx(servers.cost.high + 8.28)
    assert (cost.total.unit, cost.total.period) == ("USD", "month")
    assert cost.per_thousand.value == pytest.approx(cost.total.value / 60_000, abs=1e-4)


def test_without_volume_or_measurement_only_one_server_is_counted_and_said_to_be_the_least():
    for predictions, measured in ((None, QUICK), (60_000, None), (None, None)):
        cost = running_cost(RATES, predictions=predictions, measured=measured)
        (only,) = cost.lines
        assert only.cost.value == pytest.approx(730 * 0.085, abs=0.01)
        assert "the least one can run" in only.cost.how


def test_amounts_are_exchanged_at_the_cards_rate_or_not_at_all():
    euros = running_cost(RATES, predictions=None, measured=None, currency="EUR")
    assert euros.total.unit == "EUR"
    assert euros.total.value == pytest.approx(730 * 0.085 / 1.0411, abs=0.01)
    assert "1 EUR = 1.0411 USD" in euros.prices
    francs = running_cost(RATES, predictions=None, measured=None, currency="CHF")
    assert francs.total.unit == "USD"


def test_what_must_be_true_follows_from_the_declared_sums():
    told = {each.what: each for each in payback(DECLARED, today=TODAY).conditions}
    assert told["running"].figure.value == 900 / 180
    assert told["running"].words == (
        "pays its running from 5 subscribers kept a month on (0.0083 % of the predictions)"
    )
    months = (date(2027, 12, 31) - TODAY).days / (365.25 / 12)
    assert told["running and building"].figure.value == pytest.approx((900 + 40000 / months) / 180)
    # worth of the average decision at that share is nil
    share, each = told["decisions"].figure.value, 900 / 60000
    assert share * 60 - (1 - share) * 12.5 - each == pytest.approx(0)
    assert told["aim"].figure.value == pytest.approx(240)
    assert "43,200 EUR" in told["aim"].words


def test_break_even_pays_and_one_less_does_not():
    rng = np.random.default_rng(3)
    for run, worth in rng.integers(1, 10_000, (200, 2)):
        manifest = Manifest(
            ProductPart("a"),
            KpiPart(unit="units", unit_value=Decimal(int(worth))),
            budget=BudgetPart(run_per_month=Decimal(int(run))),
        )
        (condition,) = payback(manifest, today=TODAY).conditions
        if run < worth:
            continue
        units = int(condition.words.split(" from ")[1].split(" ")[0].replace(",", ""))
        assert units * worth >= run > (units - 1) * worth


def test_an_aim_in_hours_is_that_of_one_case():
    hours = KpiPart(
        name="hours a claim", family="hours", unit="hour", unit_value=Decimal(40), currency="EUR",
        baseline=1.5, target=1.2,
    )  # fmt: skip
    told = {each.what: each for each in payback(structs.replace(DECLARED, kpi=hours), today=TODAY).conditions}
    assert told["aim"].figure.value == pytest.approx(18_000)
    assert "(1.5 to 1.2 a case) would bring 18,000 hour, 720,000 EUR" in told["aim"].words


@pytest.mark.parametrize(
    ("kpi", "budget", "missing"),
    [
        (KpiPart(), BudgetPart(), ("kpi.unit_value", "budget.run_per_month")),
        (KpiPart(unit_value=Decimal(0)), BudgetPart(run_per_month=Decimal(9)), ("kpi.unit_value",)),
        (
            KpiPart(unit_value=Decimal(9), currency="EUR"),
            BudgetPart(run_per_month=Decimal(9), currency="USD"),
            ("budget.currency",),
        ),
        (
            KpiPart(unit_value=Decimal(9)),
            BudgetPart(run_per_month=Decimal(9), currency="USD"),
            ("kpi.currency",),
        ),
    ],
)
def test_nothing_is_made_up_where_nothing_was_declared(kpi, budget, missing):
    told = payback(Manifest(ProductPart("a"), kpi, budget=budget), today=TODAY)
    assert (told.conditions, told.missing) == ((), missing)


def test_a_budget_that_ended_and_a_decision_that_never_pays_are_said_as_they_are():
    budget = BudgetPart(
        build=Decimal(1), run_per_month=Decimal(9), until=date(2026, 1, 1), predictions_per_month=1
    )
    kpi = KpiPart(unit_value=Decimal(1), right_decision=Decimal(1), wrong_decision=Decimal(5))
    told = payback(Manifest(ProductPart("a"), kpi, budget=budget), today=TODAY).conditions
    assert [each.what for each in told] == ["running", "decisions"]
    assert "no share of right decisions pays" in told[1].words


def test_what_is_wanted_names_the_line_to_write_on():
    text = '[product]\nname = "a"\n\n[kpi]\nunit_value = "?"\n\n[budget]\nbuild = 4\n'
    told = forecast(
        [], Manifest(ProductPart("a")), rates=RATES, measured=None, today=TODAY, runnable=True, text=text
    )
    wanted = {each.key: (each.line, each.header) for each in told.wanted}
    assert wanted == {
        "budget.predictions_per_month": (7, True),
        "kpi.unit_value": (5, False),
        "budget.run_per_month": (7, True),
    }
    bare = forecast([], None, rates=RATES, measured=None, today=TODAY, runnable=False)
    assert {each.line for each in bare.wanted} == {None}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("vcpus = 2", "vcpus = 0"), "out of order"),
        (("hour_low = 0.0416", "hour_low = 9"), "out of order"),
        (("hour_low", "hour_lowest"), "hour_lowest"),
        (("[storage]", "[storage"), "Expected"),
    ],
)
def test_a_rate_card_that_cannot_be_is_one_clear_error(change, says):
    text = pkgutil.get_data("causeway.assess", "rates.toml").decode().replace(*change)
    with pytest.raises(UsageError, match=says) as caught:
        read_rates(text, where="rates.toml")
    assert caught.value.hint


def test_figures_speak_their_unit_and_period():
    assert str(Figure(61.0, "USD", "month", 30.4, 81.0)) == "30 to 81 USD a month"
    assert str(Figure(5.0, "units", "month")) == "5 units a month"
    assert [plain(number) for number in (0, 0.0083, 0.5, 1.25, 9.0, 12.4, 43200.0)] == [
        "0", "0.0083", "0.5", "1.2", "9", "12", "43,200",
    ]  # fmt: skip
    assert total([Effort(1, 1, 1, "")]).low == total([Effort(1, 1, 1, "")]).high == 1
