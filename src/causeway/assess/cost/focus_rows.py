"""What a product cost as rows of FOCUS 1.2: one for each day, release, category and rule."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec

from causeway.core.ids import short
from causeway.core.worth import SpentPart

OURS = "Causeway"
DAYS = "Days"
# category of ours -> FOCUS's ServiceCategory
SERVICE_CATEGORIES = {
    "compute": "Compute",
    "ai services": "AI and Machine Learning",
    "peaks": "Compute",
    "tooling": "Developer Tools",
    "storage": "Storage",
    "people": "Other",
    "build": "Other",
    "licences": "Business Applications",
    "idle": "Compute",
}
Row = dict[str, str | Decimal | None]


def focus_rows(workspace: str, product: str, parts: Iterable[SpentPart]) -> list[Row]:
    """The rows, the earliest first; the sum of their BilledCost is what the product spent."""
    ordered = sorted(parts, key=lambda part: (part.day, part.release, part.category, part.rule))
    return [_row(workspace, product, part) for part in ordered]


def amount_of(part: SpentPart) -> Decimal:
    """Billed where an invoice covers it, else metered."""
    return part.billed if part.billed is not None else part.metered or Decimal(0)


def _row(workspace: str, product: str, part: SpentPart) -> Row:
    amount = amount_of(part)
    used = amount >= 0
    # a price cannot be below nothing: what gives money back is a credit
    one, price = (Decimal(1), amount) if used else (None, None)
    category = part.category or "tooling"
    service = SERVICE_CATEGORIES.get(category, "Other")
    sku = f"causeway-{category.replace(' ', '-')}"
    released = f"{product}/{short(part.release)}" if part.release else None
    month = part.day.replace(day=1)
    said = f"{category} of {product}" + (f", release {short(part.release)}" if part.release else "")
    return {
        "BilledCost": amount,
        "BillingAccountId": workspace,
        "BillingAccountName": workspace,
        "BillingAccountType": "Workspace",
        "BillingCurrency": part.currency,
        "BillingPeriodEnd": _moment((month + timedelta(days=32)).replace(day=1)),
        "BillingPeriodStart": _moment(month),
        "ChargeCategory": "Usage" if used else "Credit",
        "ChargeClass": None,
        "ChargeDescription": f"{said} ({part.rule})",
        "ChargeFrequency": "Usage-Based" if used else "One-Time",
        "ChargePeriodEnd": _moment(part.day + timedelta(days=1)),
        "ChargePeriodStart": _moment(part.day),
        "ConsumedQuantity": one,
        "ConsumedUnit": DAYS if used else None,
        "ContractedCost": amount,
        "ContractedUnitPrice": price,
        "EffectiveCost": amount,
        "InvoiceIssuerName": OURS,
        "ListCost": amount,
        "ListUnitPrice": price,
        "PricingCategory": "Standard" if used else None,
        "PricingQuantity": one,
        "PricingUnit": DAYS if used else None,
        "ProviderName": OURS,
        "PublisherName": OURS,
        "ResourceId": released,
        "ResourceName": released,
        "ResourceType": "Release" if released else None,
        "ServiceCategory": service,
        "ServiceName": f"{OURS} {category}",
        "ServiceSubcategory": f"Other ({service})",
        "SkuId": sku,
        "SkuMeter": category,
        "SkuPriceId": f"{sku}-day",
        "SubAccountId": product,
        "SubAccountName": product,
        "SubAccountType": "Product",
        "Tags": _tags(product, part, category),
        "x_CausewayCategory": category,
        "x_CausewayRule": part.rule,
        "x_CausewayMetered": None if part.metered is None else f"{part.metered:f}",
        "x_CausewayBilled": None if part.billed is None else f"{part.billed:f}",
    }


def _tags(product: str, part: SpentPart, category: str) -> str:
    tags = {"product": product, "category": category} | ({"release": part.release} if part.release else {})
    return msgspec.json.encode(tags).decode()


def _moment(day: date) -> str:
    return f"{datetime(day.year, day.month, day.day, tzinfo=UTC):%Y-%m-%dT%H:%M:%SZ}"
