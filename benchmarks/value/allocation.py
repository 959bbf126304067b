"""Bills split at random, whose parts must sum to them.

`python benchmarks/value/allocation.py [FOCUS.csv]` splits made-up lines, and those of a file, exactly.
"""

import csv
import random
import sys
import time
from datetime import date
from decimal import Decimal, getcontext
from pathlib import Path

from causeway.assess.cost.attribute import Claim, attributed
from causeway.assess.cost.cents import CENT, daily_cents
from causeway.core.costs import BillLine

SPLITS = 30
DAY = date(2026, 11, 1)


def made_up(rng: random.Random, count: int) -> list[BillLine]:
    """Lines with credits, nothing at all, and amounts of less than a cent."""
    found: list[BillLine] = []
    for number in range(count):
        size = Decimal(rng.choice((0, -3, 10, 250_000))) * Decimal(rng.choice(("0.01", "1e-6", "1e-12")))
        billed, effective = ((size / part).quantize(Decimal("1e-18")) for part in (3, 7))
        found.append(BillLine(DAY, billed, effective, "EUR", "cloud", f"a{number % 9}", f"s{number % 7}"))
    return found


def read(file: str) -> list[BillLine]:
    """The rows of a FOCUS file as lines, one each."""
    with Path(file).open(encoding="utf-8", newline="") as stream:
        return [
            BillLine(
                DAY,
                Decimal(row["BilledCost"]),
                Decimal(row["EffectiveCost"]),
                row["BillingCurrency"],
                row["ProviderName"],
                row["SubAccountId"],
                row["ServiceName"],
            )
            for row in csv.DictReader(stream)
        ]


def splits(lines: list[BillLine], rng: random.Random) -> tuple[int, int]:
    """How many random splits do not sum to the bill exactly; and to its cents, once rounded."""
    billed, effective = sum(each.billed for each in lines), sum(each.effective for each in lines)
    services, off, cents_off = sorted({each.service for each in lines}), 0, 0
    for _ in range(SPLITS):
        names = [f"p{number}" for number in range(rng.choice((1, 2, 3, 7, 30)))]
        claims = [
            Claim(
                name,
                service=service,
                share=rng.choice(("metered", "even", "0.3333", str(rng.randint(1, 40)))),
            )
            for name in names
            for service in rng.sample(services, min(4, len(services)))
        ]
        used = {name: Decimal(str(rng.choice((0, 1, rng.random() * 1e6)))) for name in names}
        portions = attributed(lines, claims, lambda name, _, used=used: used[name], products=names)
        off += (sum(p.billed for p in portions), sum(p.effective for p in portions)) != (billed, effective)
        sums: dict[str, Decimal] = {}
        for each in portions:
            sums[each.product] = sums.get(each.product, Decimal(0)) + each.effective
        cents = daily_cents({product: {DAY: amount} for product, amount in sums.items()})
        cents_off += abs(sum(each[DAY] for each in cents.values()) - effective) > CENT / 2
    return off, cents_off


def main() -> None:
    """Prints one line a question."""
    getcontext().prec = 100
    rng = random.Random(11)
    for name, lines in (("1,000 made-up lines", made_up(rng, 1000)), *((f, read(f)) for f in sys.argv[1:])):
        began = time.perf_counter()
        off, cents = splits(lines, rng)
        took = time.perf_counter() - began
        print(f"{Path(name).name}: {SPLITS} splits, {off} not exact, {cents} off by a cent, {took:.1f} s")


if __name__ == "__main__":
    main()
