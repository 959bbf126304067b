"""Bills for tests: rows of FOCUS 1.2 that keep every rule, and files of them."""

import csv
import io

from causeway.actions.bill.kept import lines_around

ROW = {
    "BilledCost": "1.50",
    "BillingAccountId": "100",
    "BillingAccountName": "House",
    "BillingAccountType": "Payer",
    "BillingCurrency": "EUR",
    "BillingPeriodEnd": "2026-06-01T00:00:00Z",
    "BillingPeriodStart": "2026-05-01T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeClass": "",
    "ChargeDescription": "a server",
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodEnd": "2026-05-04T01:00:00Z",
    "ChargePeriodStart": "2026-05-04T00:00:00Z",
    "ConsumedQuantity": "1",
    "ConsumedUnit": "Hours",
    "ContractedCost": "1.50",
    "ContractedUnitPrice": "1.50",
    "EffectiveCost": "1.25",
    "InvoiceIssuerName": "Cloud",
    "ListCost": "1.50",
    "ListUnitPrice": "1.50",
    "PricingCategory": "Standard",
    "PricingQuantity": "1",
    "PricingUnit": "Hours",
    "ProviderName": "Cloud",
    "PublisherName": "Cloud",
    "ResourceId": "i-1",
    "ResourceType": "Server",
    "ServiceCategory": "Compute",
    "ServiceName": "Servers",
    "SkuId": "sku",
    "SkuPriceId": "sku-hour",
    "Tags": '{"Product ":"churn"}',
    "x_Ours": "kept",
}


def text(rows, *, delimiter=","):
    into = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(into, names, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return into.getvalue()


def bill(folder, *changes, name="bill.csv"):
    """A file with one row for each of these changes of the usual row."""
    file = folder / name
    file.write_text(text([ROW | each for each in changes or ({},)]))
    return file


def lines(work, since, until):
    """What was billed for these days."""
    return [each for each in lines_around(work, since, until) if since <= each.day <= until]
