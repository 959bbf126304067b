"""What a provider of computing, who is made up, would bill the simulator's business for, in FOCUS 1.2.

A server, its storage and its logs by the day, tagged with the product, and support that nobody tagged.
"""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

CURRENCY = "EUR"
PROVIDER = "Example Cloud"
ACCOUNT = "4711"


class _Sold(NamedTuple):
    what: str
    service: str
    category: str
    subcategory: str
    quantity: Decimal
    """A day."""
    unit: str
    price: str


_TAGGED = (
    _Sold(
        "A server with two processors",
        "Servers",
        "Compute",
        "Virtual Machines",
        Decimal(24),
        "Hours",
        "0.0816",
    ),
    _Sold("Storage of records", "Objects", "Storage", "Object Storage", Decimal(40), "GB-Days", "0.0007"),
    _Sold(
        "Logs and metrics",
        "Observe",
        "Management and Governance",
        "Observability",
        Decimal(2),
        "GB",
        "0.42",
    ),
)
_SHARED = _Sold("Support", "Support", "Other", "Other (Other)", Decimal(1), "Days", "3.1")

Row = dict[str, str]


def focus_csv(product: str, *, since: date, until: date) -> str:
    """The charges of every whole day from `since` up to and including `until`, as a CSV."""
    rows = [row for day in _days(since, until) for row in _of_day(product, day)]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _days(since: date, until: date) -> Iterator[date]:
    day = since
    while day <= until:
        yield day
        day += timedelta(days=1)


def _of_day(product: str, day: date) -> Iterator[Row]:
    for each in _TAGGED:
        yield _charge(day, each, resource=f"{product}-{each.service.lower()}", tags={"product": product})
    yield _charge(day, _SHARED, resource="", tags={})


def _charge(day: date, sold: _Sold, *, resource: str, tags: dict[str, str]) -> Row:
    cost = str(sold.quantity * Decimal(sold.price))
    month = day.replace(day=1)
    following = (month + timedelta(days=32)).replace(day=1)
    sku = f"SKU-{sold.service.upper()}"
    return {
        "BilledCost": cost,
        "BillingAccountId": ACCOUNT,
        "BillingAccountName": "Subscribers Ltd",
        "BillingAccountType": "Account",
        "BillingCurrency": CURRENCY,
        "BillingPeriodEnd": _moment(following),
        "BillingPeriodStart": _moment(month),
        "ChargeCategory": "Usage",
        "ChargeClass": "",
        "ChargeDescription": sold.what,
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodEnd": _moment(day + timedelta(days=1)),
        "ChargePeriodStart": _moment(day),
        "CommitmentDiscountCategory": "",
        "CommitmentDiscountId": "",
        "CommitmentDiscountName": "",
        "CommitmentDiscountQuantity": "",
        "CommitmentDiscountStatus": "",
        "CommitmentDiscountType": "",
        "CommitmentDiscountUnit": "",
        "ConsumedQuantity": str(sold.quantity),
        "ConsumedUnit": sold.unit,
        "ContractedCost": cost,
        "ContractedUnitPrice": sold.price,
        "EffectiveCost": cost,
        "InvoiceId": f"INV-{month:%Y-%m}",
        "InvoiceIssuerName": PROVIDER,
        "ListCost": cost,
        "ListUnitPrice": sold.price,
        "PricingCategory": "Standard",
        "PricingCurrency": CURRENCY,
        "PricingQuantity": str(sold.quantity),
        "PricingUnit": sold.unit,
        "ProviderName": PROVIDER,
        "PublisherName": PROVIDER,
        "RegionId": "eu-1",
        "RegionName": "Europe",
        "ResourceId": resource,
        "ResourceName": resource,
        "ResourceType": sold.service if resource else "",
        "ServiceCategory": sold.category,
        "ServiceName": sold.service,
        "ServiceSubcategory": sold.subcategory,
        "SkuId": sku,
        "SkuMeter": sold.service,
        "SkuPriceId": f"{sku}-1",
        "Tags": json.dumps(tags),
    }


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
