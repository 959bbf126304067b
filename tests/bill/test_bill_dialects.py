import json
from datetime import date
from decimal import Decimal

import pytest
from statements import text

from causeway.adapters.billing.statements import read_bill
from causeway.core.focus import BadBill
from causeway.core.focus_bill import read_days

CUR = {
    "bill/PayerAccountId": "100",
    "bill/BillingPeriodStartDate": "2026-05-01T00:00:00.000Z",
    "bill/BillingPeriodEndDate": "2026-06-01T00:00:00.000Z",
    "lineItem/UsageAccountId": "200",
    "lineItem/LineItemType": "Usage",
    "lineItem/UsageStartDate": "2026-05-04T10:00:00Z",
    "lineItem/UsageEndDate": "2026-05-04T11:00:00Z",
    "lineItem/ProductCode": "AmazonS3",
    "lineItem/ResourceId": "arn:1",
    "lineItem/CurrencyCode": "USD",
    "lineItem/UnblendedCost": "0.10",
    "product/ProductName": "Amazon Simple Storage Service",
    "savingsPlan/SavingsPlanEffectiveCost": "",
    "savingsPlan/TotalCommitmentToDate": "",
    "savingsPlan/UsedCommitment": "",
    "reservation/EffectiveCost": "",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": "",
    "reservation/UnusedRecurringFee": "",
    "reservation/ReservationARN": "",
    "resourceTags/user:Product": "churn",
}


def kind(name, cost, **changes):
    return CUR | {"lineItem/LineItemType": name, "lineItem/UnblendedCost": cost} | changes


COMMITTED = [
    CUR,
    kind("SavingsPlanCoveredUsage", "1.00", **{"savingsPlan/SavingsPlanEffectiveCost": "0.70"}),
    kind("SavingsPlanNegation", "-1.00"),
    kind(
        "SavingsPlanRecurringFee",
        "0.90",
        **{"savingsPlan/TotalCommitmentToDate": "0.90", "savingsPlan/UsedCommitment": "0.70"},
    ),
    kind("SavingsPlanUpfrontFee", "5"),
    kind("DiscountedUsage", "0", **{"reservation/EffectiveCost": "0.30"}),
    kind(
        "RIFee",
        "0.40",
        **{
            "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": "0.05",
            "reservation/UnusedRecurringFee": "0.05",
        },
    ),
    kind("Fee", "7", **{"reservation/ReservationARN": "arn:ri"}),
    kind("Tax", "0.02"),
    kind("Credit", "-0.02"),
    kind("Something new", "0.01"),
]


def test_a_cost_and_usage_report_with_commitments_spread_over_their_use(tmp_path):
    file = tmp_path / "cur.csv"
    file.write_text(text(COMMITTED))
    read = read_bill([file])
    (statement,) = read.statements
    assert (read.form, statement.provider, statement.account) == ("AWS CUR", "AWS", "100")
    assert statement.billed == {"USD": Decimal("13.41")}
    assert statement.effective == {"USD": Decimal("1.41")}
    lines = {(line.charge, line.service, line.category) for line in read_days(statement.days)}
    assert ("Usage", "Amazon Simple Storage Service", "Storage") in lines
    assert {charge for charge, *_ in lines} == {"Usage", "Purchase", "Tax", "Credit", "Adjustment"}
    (line, *_) = read_days(statement.days)
    assert (line.account, line.tags) == ("200", {"product": "churn"})


def test_the_second_version_of_the_report_has_other_names(tmp_path):
    named = {
        "".join(f"_{each.lower()}" if each.isupper() else each for each in name.replace("/", "_")): value
        for name, value in CUR.items()
    }
    named.pop("resource_tags_user:_product")
    file = tmp_path / "cur.csv"
    file.write_text(text([named | {"resource_tags": json.dumps({"user_product": "churn"})}]))
    read = read_bill([file])
    assert read.form == "AWS CUR"
    (line,) = read_days(read.statements[0].days)
    assert line.tags == {"user_product": "churn"}
    assert read.statements[0].billed == {"USD": Decimal("0.1")}


def test_an_enterprise_agreement_names_last_days(tmp_path):
    file = tmp_path / "ea.csv"
    row = {
        "SubscriptionId": "s-1",
        "Date": "9/30/2026",
        "MeterCategory": "Storage",
        "ServiceFamily": "Storage",
        "CostInBillingCurrency": "5.64902E-05",
        "BillingCurrencyCode": "CAD",
        "BillingAccountId": "9",
        "BillingPeriodStartDate": "9/1/2026",
        "BillingPeriodEndDate": "9/30/2026",
        "ChargeType": "Usage",
        "ResourceId": "/r",
        "Tags": '"Product": "churn","b": "c"',
    }
    file.write_text(text([row]))
    read = read_bill([file])
    (statement,) = read.statements
    assert (read.form, statement.since, statement.until) == ("Azure EA", date(2026, 9, 1), date(2026, 9, 30))
    (line,) = read_days(statement.days)
    assert (line.first, line.last, line.tags) == (
        date(2026, 9, 30),
        date(2026, 9, 30),
        {"product": "churn", "b": "c"},
    )
    file.write_text(text([row | {"Date": "30/9/2026"}]))
    with pytest.raises(BadBill, match="ChargePeriodEnd is '30/9/2026'"):
        read_bill([file])


def test_a_report_without_billing_periods_is_told_apart_by_month(tmp_path):
    file = tmp_path / "oci.csv"
    row = {
        "lineItem/tenantId": "t",
        "lineItem/intervalUsageStart": "2026-11-30T23:00Z",
        "lineItem/intervalUsageEnd": "2026-12-01T00:00Z",
        "product/service": "COMPUTE",
        "cost/myCost": "0.012264277499950943",
        "cost/currencyCode": "USD",
        "tags/Ours.Product": "churn",
    }
    later = {
        "lineItem/intervalUsageStart": "2026-12-01T00:00Z",
        "lineItem/intervalUsageEnd": "2026-12-01T01:00Z",
    }
    file.write_text(text([row, row | later]))
    read = read_bill([file])
    assert [(each.since, each.until) for each in read.statements] == [
        (date(2026, 11, 1), date(2026, 11, 30)),
        (date(2026, 12, 1), date(2026, 12, 31)),
    ]
    assert read.statements[0].billed == {"USD": Decimal("0.012264277499950943")}
    assert read_days(read.statements[0].days)[0].tags == {"ours.product": "churn"}
