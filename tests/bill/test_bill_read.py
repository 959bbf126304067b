import gzip
import os
from datetime import date
from decimal import Context, Decimal, localcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis.strategies import decimals, lists, sampled_from, tuples
from statements import ROW, bill, text

from causeway.adapters.billing import reading
from causeway.adapters.billing.statements import read_bill
from causeway.core.errors import NotFound, UsageError
from causeway.core.focus import BadBill, focus_rules
from causeway.core.focus_bill import read_days


def only(file, **options):
    (statement,) = read_bill([file], **options).statements
    return statement


def test_a_bill_that_keeps_every_rule_is_read_to_the_digit(tmp_path):
    read = read_bill(
        [bill(tmp_path, {}, {"BilledCost": "0.0000000001", "EffectiveCost": "-2E-3"})], strict=False
    )
    (statement,) = read.statements
    assert (read.form, read.rows) == ("FOCUS 1.2", 2)
    assert statement.billed == {"EUR": Decimal("1.5000000001")}
    assert statement.effective == {"EUR": Decimal("1.248")}
    assert (statement.provider, statement.account) == ("Cloud", "100")
    assert (statement.since, statement.until) == (date(2026, 5, 1), date(2026, 5, 31))
    assert only(bill(tmp_path), strict=True).rows == 1


def test_currencies_are_never_added(tmp_path):
    statement = only(bill(tmp_path, {}, {"BillingCurrency": "USD", "BilledCost": "3"}))
    assert statement.billed == {"EUR": Decimal("1.5"), "USD": Decimal(3)}


def test_the_word_null_and_nothing_are_nothing_and_own_columns_are_kept(tmp_path):
    statement = only(bill(tmp_path, {"ResourceId": "NULL", "ResourceType": "NULL", "ChargeClass": "NULL"}))
    frame = pl.read_parquet(statement.content)
    assert frame["ResourceId"].to_list() == [None]
    assert frame["x_Ours"].to_list() == ["kept"]


def test_days_have_plain_tags_and_what_belongs_together_is_one_line(tmp_path):
    hours = [
        {
            "ChargePeriodStart": f"2026-05-04T{at:02}:00:00Z",
            "ChargePeriodEnd": f"2026-05-04T{at + 1:02}:00:00Z",
        }
        for at in range(20)
    ]
    (line,) = read_days(only(bill(tmp_path, *hours)).days)
    assert line.tags == {"product": "churn"}
    assert (line.first, line.last) == (date(2026, 5, 4), date(2026, 5, 4))
    assert (line.billed, line.effective) == (Decimal(30), Decimal(25))


def test_parquet_and_packed_csv_say_the_same(tmp_path):
    plain = only(bill(tmp_path))
    packed = tmp_path / "bill.csv.gz"
    packed.write_bytes(gzip.compress(text([ROW]).encode()))
    table = tmp_path / "bill.parquet"
    frame = pl.DataFrame([{name: value or None for name, value in ROW.items()}])
    typed = frame.with_columns(
        pl.col("BilledCost", "EffectiveCost").cast(pl.Decimal(20, 10)),
        pl.col("PricingQuantity").cast(pl.Float64),
        pl.col("ChargePeriodStart", "ChargePeriodEnd").str.to_datetime("%Y-%m-%dT%H:%M:%SZ"),
        pl.Series("Tags", [[{"key": "product", "value": "churn"}]]),
        pl.Series("ResourceId", [b"i-1"]),
        pl.Series("x_Ours", [b"\xff"]),
    )
    typed.write_parquet(table)
    for file in (packed, table):
        other = only(file)
        assert (other.billed, other.effective) == (plain.billed, plain.effective)
        assert read_days(other.days) == read_days(plain.days)


def test_names_of_columns_count_and_not_their_case_or_order(tmp_path):
    shouted = {name.upper(): value for name, value in reversed(ROW.items())}
    file = tmp_path / "bill.csv"
    file.write_text(text([shouted], delimiter=";"))
    assert only(file).billed == {"EUR": Decimal("1.5")}


@pytest.mark.parametrize(
    ("form", "gone", "more"),
    [
        ("FOCUS 1.0", ("BillingAccountType",), {}),
        ("FOCUS 1.1", ("BillingAccountType",), {"SkuMeter": "hours"}),
        ("FOCUS 1.3", (), {"ServiceProviderName": "Cloud", "HostProviderName": "Cloud"}),
        ("FOCUS 1.4", ("ProviderName", "PublisherName"), {"ServiceProviderName": "Cloud"}),
    ],
)
def test_other_versions_are_told_by_their_columns(tmp_path, form, gone, more):
    file = tmp_path / "bill.csv"
    file.write_text(text([{name: value for name, value in ROW.items() if name not in gone} | more]))
    read = read_bill([file], strict=True)
    assert (read.form, read.statements[0].provider) == (form, "Cloud")


@pytest.mark.parametrize(
    ("change", "column", "rule"),
    [
        ({"BilledCost": "NaN"}, "BilledCost", "BilledCost-C-001-M"),
        ({"BilledCost": "inf"}, "BilledCost", "BilledCost-C-001-M"),
        ({"BilledCost": "\u0661\u0662"}, "BilledCost", "BilledCost-C-001-M"),
        ({"BilledCost": "1e999"}, "BilledCost", "BilledCost-C-001-M"),
        ({"EffectiveCost": "$1.20"}, "EffectiveCost", "EffectiveCost-C-001-M"),
        ({"BilledCost": "1,000.00"}, "BilledCost", "BilledCost-C-001-M"),
        ({"BilledCost": ""}, "BilledCost", "BilledCost-C-003-M"),
        ({"BillingCurrency": "Euro"}, "BillingCurrency", "BillingCurrency-C-003-M"),
        ({"BillingPeriodStart": "May"}, "BillingPeriodStart", "BillingPeriodStart-C-001-M"),
        ({"ChargePeriodStart": "0001-01-01"}, "ChargePeriodStart", "ChargePeriodStart-C-001-M"),
        ({"ChargeCategory": "Gift"}, "ChargeCategory", "ChargeCategory-C-003-M"),
        ({"ProviderName": "NULL"}, "ProviderName", "ProviderName-C-003-M"),
        ({"Tags": "product=churn"}, "Tags", "Tags-C-001-M"),
        ({"Tags": "[" * 100_000}, "Tags", "Tags-C-001-M"),
        ({"BillingPeriodEnd": "2026-05-01T00:00:00Z"}, "BillingPeriodEnd", "BillingPeriodEnd-after-start"),
        ({"ChargePeriodEnd": "2026-05-03T00:00:00Z"}, "ChargePeriodEnd", "ChargePeriodEnd-after-start"),
    ],
)
def test_a_bad_value_is_refused_with_row_column_and_rule(tmp_path, change, column, rule):
    with pytest.raises(BadBill) as caught:
        read_bill([bill(tmp_path, {}, change, {})])
    assert f"row 2, {column}" in caught.value.message
    assert rule in caught.value.message
    assert caught.value.where.endswith(f"row 2, column {column}")


def test_a_missing_column_is_refused_with_its_rule(tmp_path):
    file = tmp_path / "bill.csv"
    file.write_text(text([{name: value for name, value in ROW.items() if name != "BilledCost"}]))
    with pytest.raises(BadBill, match=r"column BilledCost.*CostAndUsage-D-006-M"):
        read_bill([file])


def test_what_no_sum_rests_on_is_noted_and_refused_where_asked(tmp_path):
    file = bill(tmp_path, {}, {"ResourceType": "", "ServiceCategory": "Toys"})
    noted = read_bill([file]).noted
    assert {(each.rule, each.rows, each.first_row) for each in noted} == {
        ("ResourceType-C-005-C", 1, 2),
        ("ServiceCategory-C-003-M", 1, 2),
        ("ServiceName-C-005-C", 2, 1),
    }
    with pytest.raises(BadBill, match=r"ServiceName-C-005-C.*row 2, ServiceCategory is 'Toys'"):
        read_bill([file], strict=True)


def test_rows_are_counted_over_all_parts_of_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "ROWS_AT_ONCE", 3)
    fine = [{} for _ in range(7)]
    assert only(bill(tmp_path, *fine)).billed == {"EUR": Decimal("10.5")}
    with pytest.raises(BadBill, match="row 8, BilledCost is 'x'"):
        read_bill([bill(tmp_path, *fine, {"BilledCost": "x"})])
    parents = [{"SkuId": f"s{at}", "SkuPriceId": "one"} for at in (0, 0, 0, 1)]
    (noted,) = read_bill([bill(tmp_path, *parents)]).noted
    assert (noted.rule, noted.first_row) == ("SkuPriceId-C-008-M", 4)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (text([ROW]).splitlines()[0].encode() + b"\n", "a header and no rows"),
        (text([ROW, ROW]).encode()[:-60], "row 2 .*cut short"),
        (text([ROW]).encode()[:-200] + b'"', "cut short"),
        (text([ROW]).encode("utf-16"), "not in UTF-8"),
        (text([ROW | {"ChargeDescription": "caf\u00e9"}]).encode("latin-1"), "not in UTF-8"),
        (gzip.compress(text([ROW]).encode())[:-20], "damaged or cut short"),
        (b"PAR1 and no more", "damaged or cut short"),
        (b"PK\x03\x04 a workbook", "a ZIP archive or a workbook"),
        (b"a,b\n1,2\n", "no columns of a bill: a, b"),
        (b"a,a\n1,2\n", "names the column 'a' twice"),
        (b"\x00\x01\x02\n\x03", "line 1 holds a NUL byte"),
        (text([ROW | {"BillingAccountName": "Ho\0se"}]).encode(), "line 2 holds a NUL byte"),
        (text([ROW]).encode() + b"\0" * 4096, "line 3 holds a NUL byte"),
        (b"a" * 200_000 + b"\n1\n", "no line of column names"),
        (b"\n\n\n", "no line of column names"),
        (b"BilledCost,EffectiveCost\n1,2,3\n", "row 1 has 3 of 2 columns"),
    ],
)
def test_what_is_no_whole_table_is_refused(tmp_path, content, said):
    file = tmp_path / "bill.csv"
    file.write_bytes(content)
    with pytest.raises(BadBill, match=said):
        read_bill([file])


def test_what_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_ROWS", 2)
    with pytest.raises(BadBill, match="more than 2 rows"):
        read_bill([bill(tmp_path, {}, {}, {})])
    monkeypatch.setattr(reading, "MAX_BYTES", 100)
    with pytest.raises(BadBill, match="GiB of text"):
        read_bill([bill(tmp_path)])


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_LINE", 2000)
    with pytest.raises(BadBill, match="line 3 has no end"):
        read_bill([bill(tmp_path, {}, {"ChargeDescription": "x" * 2000})])


def test_what_can_be_read_only_once_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for file in (tmp_path / "pipe.csv", Path(os.devnull)):
        with pytest.raises(UsageError, match="a pipe or a device"):
            read_bill([file])


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(NotFound):
        read_bill([tmp_path / "none.csv"])


def test_the_rules_are_those_that_a_program_can_check():
    rules = focus_rules().rules
    assert len(rules) == 275
    assert {rule.column for rule in rules if rule.presence} == {rule.column for rule in rules}
    assert "Tags-C-001-M" in {rule.id for rule in rules if rule.blocks}


amounts = decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False, places=14)


@given(lists(tuples(amounts, amounts, sampled_from(["EUR", "USD"])), min_size=1, max_size=8))
@settings(max_examples=15, deadline=None)
def test_no_digit_is_lost_whatever_the_amounts(charges):
    rows = [
        {"BilledCost": str(billed), "EffectiveCost": str(effective), "BillingCurrency": currency}
        for billed, effective, currency in charges
    ]
    with TemporaryDirectory() as folder, localcontext(Context(prec=100)):
        statement = only(bill(Path(folder), *rows))
        for currency in {currency for *_, currency in charges}:
            each = [charge for charge in charges if charge[2] == currency]
            assert statement.billed[currency] == sum(billed for billed, *_ in each)
            days = [line.effective for line in read_days(statement.days) if line.currency == currency]
            assert sum(days) == sum(effective for _, effective, _ in each)


REAL = os.environ.get("CAUSEWAY_BILLS", "")


@pytest.mark.skipif(not REAL, reason="CAUSEWAY_BILLS names no folder with FOCUS's public sample")
def test_the_real_bill_that_focus_publishes_comes_to_its_sums():
    read = read_bill([Path(REAL) / "focus_1_0_real_anonymised_1000.csv"])
    assert (read.form, read.rows, len(read.statements)) == ("FOCUS 1.0", 1000, 4)
    assert sum(each.billed["USD"] for each in read.statements) == Decimal("20.52022672899")
    assert sum(each.effective["USD"] for each in read.statements) == Decimal("14.97651418586")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"InvoiceIssuerName": "Reseller"}, "BilledCost-C-005-C"),
        ({"ListCost": "2.00"}, "ListUnitPrice-C-010-C"),
        ({"ListUnitPrice": "-1.50", "ListCost": "-1.50"}, "ListUnitPrice-C-008-M"),
        ({"PricingQuantity": "+1"}, "PricingQuantity-C-002-M"),
        ({"ChargePeriodStart": "2026-05-04 00:00:00"}, "ChargePeriodStart-C-002-M"),
        ({"BillingCurrency": "XYZ"}, "BillingCurrency-C-006-M"),
        ({"ChargeCategory": "Tax"}, "PricingCategory-C-003-C"),
        ({"SkuId": ""}, "SkuId-C-005-C"),
        ({"ConsumedQuantity": "", "ConsumedUnit": ""}, "ConsumedQuantity-C-006-C"),
        (
            {"CommitmentDiscountId": "sp", "CommitmentDiscountStatus": "Active"},
            "CommitmentDiscountStatus-C-005-M",
        ),
        ({"SubAccountId": "", "SubAccountName": "x"}, "SubAccountName-C-004-C"),
        ({"SkuPriceDetails": '{"a": {}}'}, "SkuPriceDetails-C-001-M"),
        ({"ChargeClass": "Fix"}, "ChargeClass-C-005-C"),
    ],
)
def test_each_sort_of_rule_tells_the_row_that_breaks_it(tmp_path, change, rule):
    noted = {each.rule: each for each in read_bill([bill(tmp_path, {}, change)]).noted}
    assert (noted[rule].rows, noted[rule].first_row) == (1, 2)
