"""What the page says follows from both sides, adds up to the cent, and says what it does not know."""

from datetime import date
from decimal import Decimal

import pytest
import sample
from msgspec import structs

from causeway.assess.worth.amounts import period
from causeway.assess.worth.bridge import bridge
from causeway.assess.worth.changes import changes
from causeway.assess.worth.document import document
from causeway.assess.worth.document_portfolio import portfolio_document
from causeway.assess.worth.page import fingerprint, worth_page
from causeway.assess.worth.parts import Month
from causeway.assess.worth.portfolio import portfolio
from causeway.assess.worth.volume import exposed_a_month
from causeway.cli.worth_text import text_of
from causeway.core.figure import Figure
from causeway.core.worth import Assumption, Benefit, Spent, SpentLine

KNOWN = worth_page(sample.known())


def brought(**changes) -> Benefit:
    return structs.replace(sample.BENEFIT, **changes)


def kinds(steps, kind):
    return {step.what: step.amount for step in steps if step.kind == kind}


def test_the_bridge_ends_exactly_where_its_steps_lead():
    steps = KNOWN.bridge.steps
    left = Decimal(0)
    for step in steps:
        left += step.amount if step.kind in {"gross", "less", "cost"} else 0
        assert step.after == left, step
    assert KNOWN.bridge.booked == sample.BENEFIT.booked
    assert KNOWN.bridge.net == sample.BENEFIT.booked - sample.SPENT.total


def test_what_is_taken_off_is_named():
    assert kinds(KNOWN.bridge.steps, "less") == {
        "what is not certain": Decimal("-22260.00"),
        "overlap": Decimal("-4452.00"),
    }


@pytest.mark.parametrize(
    ("changed", "what", "amount"),
    [
        ({"booked": Decimal(0)}, "not approved", "-84588.00"),
        ({"booked": Decimal(0), "disputed": True}, "disputed", "-84588.00"),
        (
            {"haircut": Decimal(8000), "booked": Decimal(76588), "grade": "B"},
            "haircut of grade B",
            "-8000.00",
        ),
        ({"not_cashable": Decimal(60000), "booked": Decimal(24588)}, "not cashable", "-60000.00"),
    ],
)
def test_why_less_is_booked_is_said(changed, what, amount):
    assert kinds(bridge(brought(**changed), sample.SPENT).steps, "less")[what] == Decimal(amount)


def test_an_effect_that_may_be_none_is_worth_nothing_for_certain():
    money = Figure(900.0, "EUR", "", -100.0, 1900.0)
    found = bridge(brought(money=money, booked=Decimal(0), overlap=Decimal(0)), sample.SPENT)
    assert kinds(found.steps, "less") == {"what is not certain": Decimal("-900.00")}


def test_what_a_line_rounds_away_is_a_step_of_its_own():
    spent = structs.replace(sample.SPENT, total=Decimal("30998.15"))
    assert kinds(bridge(sample.BENEFIT, spent).steps, "cost")["rounding and corrections"] == Decimal("-0.02")


def test_two_currencies_are_never_added():
    found = bridge(sample.BENEFIT, structs.replace(sample.SPENT, currency="USD"))
    assert found.net is None
    assert "USD" in found.why


def test_cost_without_value_is_a_net_below_nothing():
    page = worth_page(sample.known(benefit=None, line=None))
    assert page.bridge.net == -sample.SPENT.total
    assert "as long as nothing is booked" in page.sentence


def test_one_sentence_says_claim_grade_booking_cost_and_net():
    for said in ("212 to 318", "grade A: caused", "84,588 EUR booked", "cost 30,998 EUR", "net 53,590 EUR"):
        assert said in KNOWN.sentence
    assert "21 % of it tied out to invoices" in KNOWN.sentence
    assert KNOWN.sentence.startswith("churn, Q3 2026: ")


def test_a_page_of_nothing_says_so_and_names_the_commands():
    page = worth_page(sample.unknown())
    assert page.sentence.endswith("neither what it brings nor what it costs is known yet.")
    commands = {each.command for each in page.missing}
    assert {
        "causeway run",
        "causeway ship",
        "causeway measure baseline",
        "causeway bill import FILE",
    } <= commands
    assert [type(block).__name__ for block in document(page)] == ["Pairs", "Para", "Title", "Grid"]


def test_every_sort_of_cost_that_is_not_counted_has_a_command():
    commands = {each.what: each.command for each in KNOWN.missing}
    assert commands["the cost of licences"] == "causeway bill enter licences"
    assert commands["the cost of headroom for peaks"] == "causeway bill import FILE"


def test_what_only_finance_can_say_is_asked_for():
    nobody = Assumption("unit value", Figure(420.0, "EUR"), source="causeway.toml")
    capacity = Assumption("hours that are cash", Figure(0.0, "percent"))
    page = worth_page(sample.known(benefit=brought(assumptions=(nobody, capacity))))
    commands = [each.command.split(" -")[0] for each in page.missing]
    assert {"causeway measure value AMOUNT", "causeway measure realisation"} <= set(commands)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"disputed": True}, "nothing is booked, as a guardrail is breached"),
        ({}, "nothing is booked, as nobody of finance stands for what one unit is worth"),
        ({"money": Figure(9.0, "EUR", "", -1.0, 19.0)}, "nothing is booked, as the effect may be none"),
        (
            {"not_cashable": Decimal(84588)},
            "nothing is booked, as nobody has turned the capacity into cash",
        ),
    ],
)
def test_why_nothing_is_booked_is_in_the_sentence(changed, said):
    held = {"booked": Decimal(0), **changed}
    if "money" in changed:
        held["overlap"] = Decimal(0)
    assert said in worth_page(sample.known(benefit=brought(**held), line=None)).sentence


def test_unit_economics_follow_from_both_sides():
    found = {number.what: number.figure for number in KNOWN.units}
    assert found["cost of 1,000 predictions, all-in"].value == pytest.approx(30998.13 / 61.4)
    one = found["cost of one success (subscribers kept)"]
    assert (one.low, one.value, one.high) == pytest.approx((30998.13 / 318, 30998.13 / 265, 30998.13 / 212))
    assert found["break-even effect"].value == pytest.approx(0.0044 * 30998.13 / 111300)
    assert not worth_page(sample.known(spent=None)).units


def test_a_success_that_may_be_none_has_no_upper_end():
    units = Figure(10.0, "kept", "", -4.0, 24.0)
    page = worth_page(sample.known(benefit=brought(units=units)))
    one = next(each.figure for each in page.units if each.what.startswith("cost of one success"))
    assert (one.low, one.high) == (None, None)
    assert "no upper end" in one.how


def test_the_business_case_begins_with_what_building_costs():
    case = KNOWN.payback.case
    assert case.points[0] == (date(2026, 6, 2), Decimal(-40000))
    # 20,000 predictions x 0.4 % x 420, less 9,000 a month; 29 of June's 30 days
    assert case.points[1] == (date(2026, 6, 30), Decimal(-40000) + Decimal(24600) * 29 / 30)
    assert case.points[2] == (date(2026, 7, 31), case.points[1][1] + Decimal(24600))
    assert case.months == 2


def test_the_fingerprint_is_of_the_numbers_alone():
    same = worth_page(sample.known(ledger="sha256:" + "b2" * 32, seq=99))
    assert fingerprint(same) == fingerprint(KNOWN)
    other = worth_page(sample.known(predictions=61401))
    assert fingerprint(other) != fingerprint(KNOWN)


def test_what_changed_since_the_last_report_is_found_number_by_number():
    now = worth_page(sample.known(benefit=brought(grade="B", booked=Decimal(80000), haircut=Decimal(4588))))
    found = {
        line.what: (line.before, line.after)
        for line in changes(KNOWN, now, written=date(2026, 9, 1), fact="9").lines
    }
    assert found["evidence grade"] == ("A", "B")
    assert found["booked"] == ("84,588 EUR", "80,000 EUR")
    assert found["haircut of grade B"] == ("not there", "-4,588 EUR")
    assert "compute" not in found
    assert not changes(KNOWN, KNOWN, written=date(2026, 9, 1), fact="9").lines


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        (date(2026, 7, 1), date(2026, 9, 30), "Q3 2026"),
        (date(2026, 2, 1), date(2026, 2, 28), "February 2026"),
        (date(2026, 1, 1), date(2026, 12, 31), "2026"),
        (date(2026, 7, 2), date(2026, 9, 30), "2026-07-02 to 2026-09-30"),
    ],
)
def test_a_period_is_called_by_its_name(since, until, said):
    assert period(since, until) == said


def other(name, **changed):
    held = {"line": None, "product": name, "benefit": brought(product=name, **changed)}
    return worth_page(sample.known(**held))


def test_a_portfolio_adds_within_a_grade_and_never_across():
    pages = [other("churn"), other("offers", kpi="margin"), other("late", grade="D", kpi="hours")]
    held = portfolio(pages, since=None, until=sample.UNTIL)
    sums = {(each.grade, each.currency): each for each in held.sums}
    assert set(sums) == {("A", "EUR"), ("D", "EUR")}
    assert sums["A", "EUR"].booked == 2 * Decimal("84588.00")
    assert sums["A", "EUR"].net == 2 * (Decimal("84588.00") - Decimal("30998.13"))
    assert not any(each.overlap for each in held.sums)


def test_a_portfolio_never_adds_currencies():
    dollars = structs.replace(sample.SPENT, currency="USD")
    page = worth_page(sample.known(product="abroad", spent=dollars, line=None))
    sums = portfolio([KNOWN, page], since=None, until=sample.UNTIL).sums
    assert {(each.currency, each.cost) for each in sums} == {
        ("EUR", sample.SPENT.total),
        ("USD", sample.SPENT.total),
    }


def test_one_measure_claimed_twice_is_flagged():
    held = portfolio([KNOWN, other("offers")], since=None, until=sample.UNTIL)
    assert {line.product: line.overlaps for line in held.lines} == {
        "churn": ("offers",),
        "offers": ("churn",),
    }
    assert held.sums[0].overlap
    assert "twice" in held.words


def evidenced(name, booked, ceiling, grade="A", **changed):
    """A page of a product that books so much of the shared measure."""
    more = {"grade": grade, "booked": Decimal(booked), "ceiling": ceiling and Decimal(ceiling), **changed}
    return other(name, **more)


@pytest.mark.parametrize(
    ("claims", "beyond"),
    [
        # in proportion within a grade, to the cent, and all of it
        ([("a", "600", "1000"), ("b", "600", None)], {"a": "100", "b": "100"}),
        ([("a", "0.01", "0.01"), ("b", "0.01", "0"), ("c", "0.01", "0")], {"sum": "0.02"}),
        # the weakest evidence gives way first
        ([("a", "600", "700"), ("b", "600", "1", "D")], {"a": "0", "b": "500"}),
        ([("a", "600", "100"), ("b", "600", "1", "D")], {"a": "500", "b": "600"}),
        # what harmed is not made up for by what is taken off, and nothing below nothing is taken
        ([("a", "600", "0"), ("b", "-50", "0")], {"a": "550", "b": "0"}),
        ([("a", "600", "2000"), ("b", "600", "1")], {"a": "0", "b": "0"}),
        ([("a", "600", None), ("b", "600", None)], {"a": "0", "b": "0"}),
        # in other currencies nobody knows what is beyond
        ([("a", "600", "10"), ("b", "600", "10", "A", "USD")], {"a": "0", "b": "0"}),
    ],
)
def test_no_more_than_a_measure_changed_by_is_in_the_sums(claims, beyond):
    def page(name, booked, ceiling, grade="A", currency="EUR"):
        return evidenced(name, booked, ceiling, grade, currency=currency)

    held = portfolio([page(*claim) for claim in claims], since=None, until=sample.UNTIL)
    found = {line.product: line.beyond for line in held.lines}
    if "sum" in beyond:
        assert sum(found.values()) == Decimal(beyond["sum"])
        return
    assert found == {name: Decimal(amount) for name, amount in beyond.items()}
    everything = sum(line.booked - line.beyond for line in held.lines)
    assert sum(each.booked for each in held.sums) == everything
    said = text_of(portfolio_document(held))
    assert ("is in no sum" in said) is any(found.values())


def test_a_product_that_cannot_be_read_hides_no_other():
    held = portfolio([KNOWN], since=None, until=sample.UNTIL, troubles={"lost": "its manifest is gone"})
    assert [line.product for line in held.lines] == ["churn", "lost"]
    assert held.lines[1].trouble == "its manifest is gone"


def test_the_pace_of_the_last_weeks_counts_not_that_of_the_beginning():
    by_day = {date(2026, 7, 1): 1000.0, date(2026, 9, 30): 28.0}
    found = exposed_a_month(by_day, brought(exposed=1028, pending=0.0))
    assert found == pytest.approx(365.25 / 12)


def test_months_know_their_net():
    assert Month(date(2026, 7, 31), Decimal(5), Decimal(7)).net == Decimal(-2)


def test_nothing_is_tied_out_where_no_invoice_came():
    lines = (SpentLine("compute", "direct", Decimal(10), None),)
    page = worth_page(
        sample.known(spent=Spent("churn", "EUR", sample.SINCE, sample.UNTIL, lines, Decimal(10)))
    )
    assert page.cost.tied_out == 0
    assert "no invoice yet" in page.sentence


def test_what_was_metered_of_a_bill_in_another_currency_is_told_and_in_no_sum():
    spent = structs.replace(sample.SPENT, elsewhere={"USD": Decimal("12.50")}, apart=Decimal("9.75"))
    page = worth_page(sample.known(spent=spent))
    told = text_of(document(page))
    assert page.bridge.net == KNOWN.bridge.net
    assert "12.50 USD" in told
    assert "9.75 EUR was metered of what those bills" in " ".join(told.split())
