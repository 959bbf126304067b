import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from click.testing import CliRunner
from statements import ROW, bill, lines, text

import shipyard
from causeway.actions.bill.categories import categories, set_categories
from causeway.actions.bill.entered import Spell, enter_amount, enter_days, withdraw_cost
from causeway.actions.bill.imported import import_bill, withdraw_bill
from causeway.actions.bill.kept import bills_of, entered
from causeway.actions.bill.rate import price_list, prices, set_price
from causeway.actions.workspace import load_product
from causeway.assess.cost.cents import parts_of
from causeway.cli.bill import command
from causeway.core.costs import BILLS_CHAIN
from causeway.core.errors import BadManifest, NotFound, UsageError
from causeway.core.focus import BadBill
from causeway.views.prices import Prices

MAY = (date(2026, 5, 1), date(2026, 5, 31))
DAY = date(2026, 5, 4)
SPAN = ("--since", "2026-05-01", "--until", "2026-05-31")


@pytest.fixture
def work(folder):
    work = shipyard.workspace(folder, at=datetime(2026, 5, 20, tzinfo=UTC))
    yield work
    work.ledger.close()


def facts(work):
    return [event.fact for event in work.ledger.read(BILLS_CHAIN)]


def test_a_period_that_comes_again_replaces_what_was_there_and_says_the_difference(work, tmp_path):
    first = import_bill(work, [bill(tmp_path, {}, {"BilledCost": "2"})])
    assert (first.status, first.billed) == ("imported", {"EUR": Decimal("3.5")})
    again = import_bill(work, [bill(tmp_path, {}, {"BilledCost": "2"})])
    assert (again.status, len(facts(work))) == ("already_imported", 1)
    other = import_bill(work, [bill(tmp_path, {"BilledCost": "1", "ChargeClass": "Correction"})])
    (said,) = other.statements
    assert (other.status, said.restates, said.rows_before) == ("restated", 1, 2)
    assert said.billed_change == {"EUR": Decimal("-2.5")}
    assert said.effective_change == {"EUR": Decimal("-1.25")}
    assert (facts(work)[-1].restates, facts(work)[-1].corrections) == (1, 1)
    known = bills_of(work)
    assert ([each.seq for each in known.statements], [each.seq for each in known.restated]) == ([2], [1])
    assert sum(line.billed for line in lines(work, *MAY)) == Decimal(1)


def test_other_accounts_months_and_providers_stand_beside_each_other(work, tmp_path):
    june = {"BillingPeriodStart": "2026-06-01T00:00:00Z", "BillingPeriodEnd": "2026-07-01T00:00:00Z"}
    changes = [{}, {"BillingAccountId": "2"}, {"ProviderName": "Other"}, june]
    done = import_bill(work, [bill(tmp_path, *changes)])
    assert [(each.provider, each.account, each.since.month) for each in done.statements] == [
        ("Cloud", "100", 5),
        ("Cloud", "100", 6),
        ("Cloud", "2", 5),
        ("Other", "100", 5),
    ]
    assert done.billed == {"EUR": Decimal(6)}


def test_parts_of_one_export_come_in_together_and_a_bad_one_brings_none(work, tmp_path):
    one, two = bill(tmp_path, name="1.csv"), bill(tmp_path, {"BilledCost": "2"}, name="2.csv")
    bad = bill(tmp_path, {"BilledCost": "two"}, name="3.csv")
    with pytest.raises(BadBill):
        import_bill(work, [one, two, bad])
    assert facts(work) == []
    with pytest.raises(UsageError, match="given twice"):
        import_bill(work, [one, one])
    (statement,) = import_bill(work, [one, two]).statements
    assert (statement.rows, statement.billed) == (2, {"EUR": Decimal("3.5")})


def test_a_withdrawn_bill_counts_no_more(work, tmp_path):
    import_bill(work, [bill(tmp_path)])
    with pytest.raises(UsageError, match="for a reason"):
        withdraw_bill(work, 1, because=" ")
    with pytest.raises(NotFound, match="number 7"):
        withdraw_bill(work, 7, because="x")
    withdraw_bill(work, 1, because="another company's")
    assert (bills_of(work).statements, lines(work, *MAY)) == ((), [])
    assert import_bill(work, [bill(tmp_path)]).status == "imported"


def test_a_charge_of_a_month_is_spread_over_its_days_to_the_last_digit(work, tmp_path):
    month = {"ChargePeriodStart": "2026-05-01T00:00:00Z", "ChargePeriodEnd": "2026-06-01T00:00:00Z"}
    year = {"ChargePeriodStart": "2026-05-11T00:00:00Z", "ChargePeriodEnd": "2027-05-11T00:00:00Z"}
    import_bill(work, [bill(tmp_path, month | {"BilledCost": "10"}, year | {"ResourceId": "reserved"})])
    spread = lines(work, *MAY)
    monthly = [line for line in spread if line.resource == "i-1"]
    assert (len(monthly), sum(line.billed for line in monthly)) == (31, Decimal(10))
    reserved = [line for line in spread if line.resource == "reserved"]
    assert (len(reserved), sum(line.billed for line in reserved)) == (21, Decimal("1.5"))
    assert {line.day for line in lines(work, DAY, DAY)} == {DAY}
    assert sum(parts_of(Decimal("-0.000000000001"), 7)) == Decimal("-0.000000000001")


def of_all(work):
    return sorted(line.category for line in lines(work, *MAY))


def test_lines_have_categories_and_a_declared_table_replaces_the_bundled_one(work, tmp_path):
    unused = {"CommitmentDiscountId": "sp", "CommitmentDiscountStatus": "Unused", "ResourceId": "none"}
    models = {
        "ServiceName": "Amazon Bedrock",
        "ServiceCategory": "AI and Machine Learning",
        "SkuId": "b",
        "SkuPriceId": "b1",
    }
    network = {"ServiceName": "Traffic", "ServiceCategory": "Networking"}
    import_bill(work, [bill(tmp_path, {}, unused, models, network)])
    assert sorted(line.category for line in lines(work, *MAY)) == [
        "ai services",
        "compute",
        "idle",
        "storage",
    ]
    file = tmp_path / "own.toml"
    file.write_text(
        'version = "1"\notherwise = "licences"\n[[rule]]\ncategory = "peaks"\nservice = ["serv*"]\n'
    )
    assert set_categories(work, file).status == "set"
    assert set_categories(work, file).status == "already_set"
    assert of_all(work) == ["licences", "licences", "peaks", "peaks"]
    assert categories(work).version == "1"
    for wrong in (
        'version = "1"\notherwise = "fun"',
        "otherwise = ",
        'version="1"\notherwise="idle"\nmore=1',
    ):
        file.write_text(wrong)
        with pytest.raises(UsageError):
            set_categories(work, file)


def test_a_price_holds_from_its_day_on_and_who_set_it_is_known(work, folder):
    put = {"currency": "EUR", "product": ""}
    set_price(work, "tokens-in", Decimal(3), since=date(2026, 1, 1), **put)
    set_price(work, "tokens-in", Decimal(2), since=date(2026, 3, 1), **put)
    set_price(work, "tokens-in:large", Decimal(9), since=date(2026, 1, 1), **put)
    done = set_price(work, "tokens-in", Decimal(1), since=date(2026, 1, 1), currency="EUR", product="churn")
    assert (done.status, done.before.price) == ("set", Decimal(3))
    book = prices(work)
    found = [
        book.at("tokens-in", date(2026, 2, 1)),
        book.at("tokens-in", date(2026, 3, 1)),
        book.at("tokens-in:large", date(2026, 3, 1)),
        book.at("tokens-in:small", date(2026, 3, 1)),
        book.at("tokens-in", date(2026, 3, 1), product="churn"),
    ]
    assert [rate.price for rate in found] == [3, 2, 9, 2, 1]
    assert book.at("tokens-in", date(2025, 1, 1)) is None
    again = set_price(work, "tokens-in", Decimal("2.0"), since=date(2026, 4, 1), **put)
    assert (again.status, len(bills_of(work).rates)) == ("already_set", 4)
    listed = price_list(work, folder, rate="tokens-in", today=date(2026, 4, 1))
    assert [(each.price, each.holds) for each in listed.prices if not each.product] == [
        (3, False),
        (2, True),
        (9, True),
    ]
    assert {each.by for each in listed.prices} == {"a1"}


def test_what_several_write_at_once_all_stands(folder, tmp_path):
    """Bills, prices and withdrawals go into one chain."""
    with closing(shipyard.workspace(folder).ledger):
        files = [
            bill(tmp_path, {"BillingAccountId": str(number)}, name=f"{number}.csv") for number in range(2)
        ]

    def write(number):
        work = shipyard.workspace(folder)
        with closing(work.ledger):
            if number < len(files):
                return import_bill(work, [files[number]]).status
            name = ("request", "build")[number - len(files)]
            return set_price(work, name, Decimal(number), currency="EUR", since=DAY).status

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(write, range(4))) == ["imported", "imported", "set", "set"]
    work = shipyard.workspace(folder)
    with closing(work.ledger):
        known = bills_of(work)
        assert (len(known.statements), {each.rate for each in known.rates}) == (2, {"request", "build"})


def test_defaults_hold_where_nobody_set_a_price(work, folder):
    shipyard.poc(folder, more='[budget]\ncurrency = "EUR"\nday_rate = 640\n')
    book = prices(work, load_product(work, folder)[0], folder=folder)
    assert (book.at("person-day", DAY).price, book.at("person-day", DAY).seq) == (640, 0)
    assert book.at("cpu-second", DAY).currency == "USD"
    assert "tokens-in" in price_list(work, folder, today=DAY).without


@pytest.mark.parametrize(
    ("rate", "price", "currency"),
    [
        ("cpu-hour", "1", "EUR"),
        ("cpu-second:large", "1", "EUR"),
        ("tokens-in:", "1", "EUR"),
        ("cpu-second", "NaN", "EUR"),
        ("cpu-second", "-1", "EUR"),
        ("cpu-second", "1e30", "EUR"),
        ("cpu-second", "1", "euro"),
    ],
)
def test_what_is_no_price_is_refused(work, rate, price, currency):
    with pytest.raises(UsageError):
        set_price(work, rate, Decimal(price), currency=currency, since=DAY)
    assert facts(work) == []


def test_people_are_valued_at_the_price_of_the_day(work):
    spell = Spell(DAY, DAY)
    with pytest.raises(UsageError, match="no price yet"):
        enter_days(work, "churn", Decimal(2), book=Prices(()), spell=spell)
    set_price(work, "person-hour", Decimal(80), currency="EUR", since=date(2026, 1, 1))
    kept = enter_days(work, "churn", Decimal("2.5"), book=prices(work), spell=spell, what="review")
    assert (kept.amount, kept.price, kept.currency) == (Decimal("1600.00"), Decimal(640), "EUR")
    assert entered(work, "churn")[0].rate == 1
    withdraw_cost(work, "churn", kept.entry, because="twice")
    assert entered(work, "churn") == ()
    with pytest.raises(NotFound):
        withdraw_cost(work, "churn", kept.entry, because="twice")


def test_amounts_are_entered_for_one_product_or_for_all(work):
    month = Spell(*MAY)
    enter_amount(work, "", "licences", Decimal(310), currency="EUR", spell=month)
    enter_amount(work, "churn", "build", Decimal(9000), currency="EUR", spell=Spell(DAY, DAY))
    assert [entry.category for entry in entered(work)] == ["licences"]
    assert [entry.category for entry in entered(work, "churn")] == ["build"]
    for amount, currency, spell in (
        ("-1", "EUR", month),
        ("NaN", "EUR", month),
        ("1", "XX", month),
        ("1", "EUR", Spell(MAY[1], MAY[0])),
    ):
        with pytest.raises(UsageError):
            enter_amount(work, "", "build", Decimal(amount), currency=currency, spell=spell)


def test_no_product_may_be_called_as_the_chain_of_bills(work, folder):
    shipyard.poc(folder, name=BILLS_CHAIN)
    with pytest.raises(BadManifest, match="bills and prices are kept"):
        load_product(work, folder)


def run(folder, *words):
    done = CliRunner().invoke(command, [*map(str, words), "--folder", str(folder)])
    return done.exit_code, done.output


def test_the_verbs_say_what_they_did(folder, tmp_path):
    shipyard.workspace(folder).ledger.close()
    code, said = run(folder, "import", bill(tmp_path, {}, {"ResourceType": ""}))
    assert code == 0
    assert "FOCUS 1.2, 2 rows: imported" in said
    assert "3.000000         2.500000 EUR" in said
    assert "ResourceType-C-005-C" in said
    code, said = run(folder, "import", bill(tmp_path))
    assert (code, "restates event 1 of 2 rows: -1.500000 EUR" in said) == (0, True)
    code, said = run(folder, "rate", "person-day", "700", "--currency", "EUR", "--from", "2026-01-01")
    assert (code, said) == (0, "person-day is 700 EUR from 2026-01-01 (a day of a person)\n")
    code, said = run(folder, "enter", "people", "--days", "3", "--on", "2026-05-04", "--what", "review")
    assert "churn: 2,100.00 EUR of people (3 days at 700.00) for 2026-05-04; entry 1" in said
    code, said = run(folder, "enter", "licences", "--shared", "--amount", "31", "--currency", "EUR")
    assert (code, "all products: 31.00 EUR of licences" in said) == (0, True)
    assert run(folder, "enter", "build", "--days", "3")[0] == 2
    assert run(folder, "enter", "people")[0] == 2
    assert run(folder, "enter", "build", "--amount", "1e-30", "--currency", "EUR")[0] == 2
    assert run(folder, "rate", "person-day", "700")[0] == 2
    code, said = run(folder, "withdraw", "2", "--because", "not ours")
    assert (code, "counts no more" in said) == (0, True)
    code, said = run(folder, "rate")
    assert (code, "* person-day" in said, "no price: " in said) == (0, True, True)
    code, said = run(folder, "categories")
    assert (code, 'otherwise = "tooling"' in said) == (0, True)


def test_a_terminal_of_eighty_columns_is_wide_enough_for_whatever_a_bill_says(folder, tmp_path):
    shipyard.workspace(folder).ledger.close()
    much = "123456789012345678901.123456789"
    costs = dict.fromkeys(("BilledCost", "EffectiveCost"), much)
    long = {"ProviderName": "P" * 300, "BillingAccountId": "A" * 300}
    told = [
        run(folder, "import", bill(tmp_path, {}, costs, long, {"BillingCurrency": "USD"})),
        run(folder, "import", bill(tmp_path, {"BilledCost": much}, long, {"BillingCurrency": "USD"})),
        run(folder, "withdraw", "2", "--because", "a trial"),
        run(
            folder,
            "rate",
            "tokens-in:a-model-with-a-name-that-goes-on-and-on",
            "0.000001",
            "--currency",
            "EUR",
            "--product",
            "churn",
        ),
        run(folder, "rate", "person-day", "700", "--currency", "EUR", "--from", "2026-01-01"),
        run(folder, "rate"),
        run(folder, "enter", "people", "--days", "8", "--on", "2026-05-04", "--until", "2026-09-21"),
        run(folder, "export", "churn", *SPAN, "--to", tmp_path / "a-longer-name-of-a-file.csv"),
    ]
    for code, said in told:
        assert code == 0, said
        assert [line for line in said.splitlines() if len(line) > 80 and " " in line.strip()] == []
    assert "123,456,789,012,345,678,902.623457 123,456,789,012,345,678,902.373457 EUR" in told[0][1]
    assert "2026-05-04 to 2026-09-21" in " ".join(told[6][1].split())


def test_a_refused_bill_ends_with_2_and_one_object(folder, tmp_path):
    shipyard.workspace(folder).ledger.close()
    code, said = run(folder, "import", bill(tmp_path, {"BilledCost": "much"}), "--json")
    told = json.loads(said)
    assert (code, told["code"], told["status"]) == (2, "bad_bill", 422)
    assert "row 1, BilledCost is 'much'" in told["error"]


def test_our_own_cost_is_focus_and_adds_up_to_what_is_shown(folder, tmp_path):
    work = shipyard.workspace(folder, at=datetime(2026, 5, 20, tzinfo=UTC))
    shipyard.release(folder)
    import_bill(
        work, [bill(tmp_path, {}, {"ResourceId": "gone", "BilledCost": "-0.3", "EffectiveCost": "-0.3"})]
    )
    enter_amount(work, "churn", "build", Decimal(100), currency="EUR", spell=Spell(DAY, DAY))
    work.ledger.close()
    days = ("--since", "2026-05-01", "--until", "2026-05-31")
    code, said = run(folder, "show", "churn", *days, "--json")
    shown = json.loads(said)["products"][0]["spent"]
    for name in ("own.csv", "own.parquet"):
        file = tmp_path / name
        code, said = run(folder, "export", "churn", "--to", file, *days, "--json")
        done = json.loads(said)
        assert (code, done["focus"], done["billed"]) == (0, "1.2", {shown["currency"]: shown["total"]})
        again = tmp_path / "again"
        again.mkdir(exist_ok=True)
        assert "count twice" in run(folder, "import", file)[1]
        other = shipyard.workspace(shipyard.poc(again))
        assert import_bill(other, [file], strict=True).billed == {shown["currency"]: Decimal(shown["total"])}
        other.ledger.close()
    assert run(folder, "export", "churn", "--to", tmp_path / "own.xlsx")[0] == 2


def test_rows_of_one_file_in_two_texts_of_a_period_are_one_statement(work, tmp_path):
    file = tmp_path / "bill.csv"
    other = {"BillingPeriodStart": "2026-05-01", "BillingPeriodEnd": "2026-06-01"}
    file.write_text(text([ROW, ROW | other]))
    (statement,) = import_bill(work, [file]).statements
    assert statement.rows == 2


def test_days_that_a_bill_has_already_do_not_come_again_under_another_first_day(work, tmp_path):
    """A billing period in local time begins the evening before; a capital is no other provider."""
    import_bill(work, [bill(tmp_path)])
    local = {
        "BillingPeriodStart": "2026-05-01T00:00:00+02:00",
        "BillingPeriodEnd": "2026-06-01T00:00:00+02:00",
    }
    with pytest.raises(UsageError, match="both would count") as caught:
        import_bill(work, [bill(tmp_path, local)])
    assert "withdraw 1" in caught.value.hint
    june = {"BillingPeriodStart": "2026-05-31T22:00:00Z", "BillingPeriodEnd": "2026-06-30T22:00:00Z"}
    assert import_bill(work, [bill(tmp_path, june)]).status == "imported"
    assert import_bill(work, [bill(tmp_path, {"ProviderName": "CLOUD"})]).status == "restated"
    assert sum(line.billed for line in lines(work, date(2026, 5, 1), date(2026, 6, 30))) == Decimal(3)


def test_amounts_far_apart_are_summed_without_losing_a_digit(work, tmp_path):
    most = "9" * 40 + "e99"
    done = import_bill(
        work, [bill(tmp_path, {"BilledCost": most}, {"BilledCost": "0." + "0" * 39 + "1e-99"})]
    )
    assert done.billed["EUR"] > Decimal(most)


def test_a_cost_of_ten_thousand_years_is_a_slip(work):
    with pytest.raises(UsageError, match="more than ten years"):
        enter_amount(
            work, "churn", "people", Decimal(1), currency="EUR", spell=Spell(date.min, date(9999, 12, 31))
        )


def test_half_a_surrogate_in_a_tag_is_refused_with_its_row(work, tmp_path):
    with pytest.raises(BadBill, match="row 1, Tags"):
        import_bill(work, [bill(tmp_path, {"Tags": '{"a": "\\ud800"}'})])


def test_an_export_into_a_pipe_leaves_the_pipe_there(folder, tmp_path):
    work = shipyard.workspace(folder, at=datetime(2026, 5, 20, tzinfo=UTC))
    shipyard.release(folder)
    enter_amount(work, "churn", "build", Decimal(100), currency="EUR", spell=Spell(DAY, DAY))
    work.ledger.close()
    pipe = tmp_path / "own.csv"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        code, said = run(folder, "export", "churn", *SPAN, "--to", pipe)
        assert (code, pipe.is_fifo(), b"BilledCost" in os.read(reader, 1 << 16)) == (0, True, True), said
    finally:
        os.close(reader)
