"""What was metered, at the prices of the day: processor time, bytes kept, tokens, runs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Protocol

import numpy as np
from msgspec import Struct

from causeway.assess.cost.attribute import DIRECT, EVEN, METERED, apportioned
from causeway.core.metering import Usage
from causeway.views.metering import Kept, Metered, Staged

DAY_SECONDS = 86_400
MONTH_DAYS = Decimal("30.4375")
"""The mean length of a month."""
GB = 1e9
MILLION, THOUSAND = Decimal(10**6), Decimal(1000)
# an amount is kept to a millionth; cents are made of sums only
QUANTUM = Decimal("0.000000001")
_TOKENS = (("tokens-in", "tokens_in"), ("tokens-cached", "tokens_cached"), ("tokens-out", "tokens_out"))


class Price(Protocol):
    """What one of something costs."""

    @property
    def price(self) -> Decimal:
        """For one."""
        ...

    @property
    def currency(self) -> str:
        """Of the price."""
        ...

    @property
    def seq(self) -> int:
        """Sequence number of the event that set it; 0 for one that nobody set."""
        ...


class PriceList(Protocol):
    """The prices of a day."""

    def at(self, name: str, day: date, *, product: str = "") -> Price | None:
        """What it cost then; None where there is no price."""
        ...


class Priced(Struct, frozen=True):
    """What a product used of one thing on one day, and what that is at its price."""

    product: str
    day: date
    category: str
    rule: str
    amount: Decimal
    currency: str
    what: str
    quantity: Decimal = Decimal(0)
    unit: str = ""
    release: str = ""
    facts: tuple[int, ...] = ()
    shared: int = 0
    """Sequence number of the price, on the chain of bills."""


class ServingDay(Struct, frozen=True):
    """For how long the gateway was up on a day, and the processor time that it took for this product."""

    up_seconds: float
    cpu_seconds: float | None = None
    how: str = ""
    fact: int = 0


class Used(Struct, frozen=True):
    """Everything that one product used."""

    product: str
    metered: Metered
    serving: Mapping[date, ServingDay]


def days_of(since: date, until: date) -> list[date]:
    """Every day from the first to the last."""
    return [since + timedelta(days=number) for number in range((until - since).days + 1)]


def priced(used: Used, prices: PriceList, *, since: date, until: date, now: datetime) -> list[Priced]:
    """What the product itself used from `since` up to and including `until`, as far as there are prices."""
    by_day: dict[date, list[tuple[Usage, int]]] = {}
    for day, usage, seq in used.metered.usage:
        if since <= day <= until:
            by_day.setdefault(day, []).append((usage, seq))
    found: list[Priced] = []
    for day in sorted(by_day.keys() | {day for day in used.serving if since <= day <= until}):
        found += _compute(used, prices, day, by_day.get(day, []))
        found += _services(used.product, prices, day, by_day.get(day, []))
    found += _storage(used, prices, days_of(since, until), now)
    found += _stages(used, since, until)
    return found


def cpu_of(used: Used) -> dict[date, float]:
    """The processor time of the product by day in seconds; what answering took where nobody metered it."""
    found: dict[date, float] = {}
    for day, usage, _ in used.metered.usage:
        serving = used.serving.get(day)
        if usage.batch or serving is None or serving.cpu_seconds is None:
            found[day] = found.get(day, 0.0) + usage.busy_us / 1e6
    for day, serving in used.serving.items():
        found[day] = found.get(day, 0.0) + (serving.cpu_seconds or 0.0)
    return found


class _Bought(Struct, frozen=True):
    """What is priced on one day."""

    product: str
    day: date
    category: str
    rule: str
    what: str
    unit: str
    facts: tuple[int, ...] = ()

    def at(self, price: Price, quantity: Decimal, *, per: Decimal = Decimal(1), release: str = "") -> Priced:
        """So much of it at this price for `per` of it."""
        return Priced(
            self.product,
            self.day,
            self.category,
            self.rule,
            (quantity / per * price.price).quantize(QUANTUM),
            price.currency,
            self.what,
            quantity,
            self.unit,
            release,
            tuple(filter(None, self.facts)),
            price.seq,
        )


def _compute(
    used: Used, prices: PriceList, day: date, usage: Sequence[tuple[Usage, int]]
) -> Iterator[Priced]:
    price = prices.at("cpu-second", day, product=used.product)
    if price is None:
        return
    serving = used.serving.get(day)
    online = [(each, seq) for each, seq in usage if not each.batch]
    busy = _by_release(online)
    if serving and serving.cpu_seconds is not None:
        bought = _Bought(
            used.product, day, "compute", METERED, "CPU-seconds of the gateway", "s", (serving.fact,)
        )
        weights = {name: Decimal(each) for name, each in busy.items()} or {"": Decimal(1)}
        parts = apportioned(_exact(serving.cpu_seconds), weights, quantum=QUANTUM)
        yield from (bought.at(price, part, release=name) for name, part in parts.items() if part)
    else:
        what = "seconds from request to answer, as nobody metered the gateway's CPU"
        yield from _answering(used.product, day, price, online, what)
    batch = [(each, seq) for each, seq in usage if each.batch]
    yield from _answering(used.product, day, price, batch, "seconds in which tables were scored")


def _answering(
    product: str, day: date, price: Price, usage: Sequence[tuple[Usage, int]], what: str
) -> Iterator[Priced]:
    bought = _Bought(product, day, "compute", DIRECT, what, "s", tuple(seq for _, seq in usage))
    for name, micros in _by_release(usage).items():
        if micros:
            yield bought.at(price, _exact(micros / 1e6), release=name)


def _by_release(usage: Iterable[tuple[Usage, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each, _ in usage:
        found[each.release] = found.get(each.release, 0) + each.busy_us
    return found


def _services(
    product: str, prices: PriceList, day: date, usage: Sequence[tuple[Usage, int]]
) -> Iterator[Priced]:
    """Tokens, and requests to a service where somebody put a price on them."""
    facts = tuple(dict.fromkeys(seq for _, seq in usage))
    wanted = [(rate, field, MILLION, rate.replace("-", " ")) for rate, field in _TOKENS]
    for rate, field, per, what in (*wanted, ("request", "requests", THOUSAND, "requests to a service")):
        price = prices.at(rate, day, product=product)
        if price is None:
            continue
        unit = "tokens" if per == MILLION else "requests"
        bought = _Bought(product, day, "ai services", DIRECT, what, unit, facts)
        counts: dict[str, int] = {}
        for each, _ in usage:
            counts[each.release] = counts.get(each.release, 0) + int(getattr(each, field))
        for release, count in counts.items():
            if count:
                yield bought.at(price, Decimal(count), per=per, release=release)


def _storage(used: Used, prices: PriceList, days: Sequence[date], now: datetime) -> Iterator[Priced]:
    for day, gb_days in zip(days, _gb_days(list(used.metered.kept.values()), days, now), strict=True):
        price = prices.at("gb-month", day, product=used.product) if gb_days else None
        if price is not None:
            bought = _Bought(used.product, day, "storage", DIRECT, "GB-months of sealed records", "GB-month")
            yield bought.at(price, _exact(gb_days) / MONTH_DAYS)


def _gb_days(kept: Sequence[Kept], days: Sequence[date], now: datetime) -> list[float]:
    """The GB of each day, by the part of it that they lay there."""
    if not kept or not days:
        return [0.0] * len(days)
    ends = [min(each.until or now, now).timestamp() for each in kept]
    first = np.array([each.since.timestamp() for each in kept])
    sizes = np.array([each.bytes for each in kept], np.float64) / GB
    begin = datetime.combine(days[0], time(), UTC).timestamp() + DAY_SECONDS * np.arange(len(days) + 1)
    # how much had lain there until then, in GB-seconds
    until = [float((sizes * np.clip(np.minimum(at, ends) - first, 0.0, None)).sum()) for at in begin]
    return [max(0.0, after - before) / DAY_SECONDS for before, after in pairwise(until)]


def _stages(used: Used, since: date, until: date) -> Iterator[Priced]:
    for each in used.metered.stages:
        if since <= each.at.date() <= until:
            yield _stage(used.product, each)


def _stage(product: str, each: Staged) -> Priced:
    """What was run before anything was live was for building it."""
    return Priced(
        product,
        each.at.date(),
        "compute" if each.live else "build",
        DIRECT,
        _exact(each.cost),
        each.currency,
        "seconds of training" if each.live else "seconds of runs before anything was live",
        _exact(each.seconds),
        "s",
        facts=(each.seq,),
    )


def idle(every: Sequence[Used], prices: PriceList, days: Sequence[date], *, vcpus: int) -> list[Priced]:
    """What the server cost while nobody used it, shared by what each product used of it, else evenly.

    It is taken to be one server with so many CPUs, for as long as any process of the gateway was up.
    """
    found: list[Priced] = []
    what = f"CPU-seconds that one server of {vcpus} vCPUs was up and idle"
    for day in days:
        there = [used for used in every if day in used.serving and used.serving[day].up_seconds]
        if not there:
            continue
        up = max(used.serving[day].up_seconds for used in there)
        cpu = {used.product: _exact(used.serving[day].cpu_seconds or 0.0) for used in there}
        unused = max(Decimal(0), _exact(up) * vcpus - sum(cpu.values(), Decimal(0))).quantize(QUANTUM)
        rule = METERED if any(cpu.values()) else EVEN
        for product, part in apportioned(unused, cpu, quantum=QUANTUM).items():
            price = prices.at("cpu-second", day, product=product)
            if price is not None:
                found.append(_Bought(product, day, "idle", rule, what, "s").at(price, part))
    return found


def _exact(number: float) -> Decimal:
    return Decimal(str(number)).quantize(QUANTUM)
