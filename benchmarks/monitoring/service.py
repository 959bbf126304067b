"""How often monitors of supply, service and business warn where nothing changed, and how soon where it did.

    python benchmarks/monitoring/service.py [SEEDS] [WINDOWS]

SEEDS (5) by WINDOWS (200) looks without change after four weeks of history, at the end of each hour; of the
business measure at the end of each day. Then a change is planted from one look on; the delay counts from
there, in looks. Beside each: what is usually done instead.
"""

import math
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import NormalDist, median

import numpy as np
from msgspec import structs

from causeway.assess.service_facts import Asked, Kpi, KpiDay, Service
from causeway.assess.watch_business import kpi
from causeway.assess.watch_contract import contract
from causeway.assess.watch_facts import Facts, Going, Judge
from causeway.assess.watch_slo import slo
from causeway.assess.watch_supply import freshness, volume
from causeway.core.manifest import KpiPart, Manifest, MonitorPart, ProductPart, ServingPart
from causeway.core.watching import ACT, WARN
from causeway.stats.mean_sequence import Sums
from causeway.stats.profile_form import Window

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""
HISTORY, AHEAD = 28 * 24, 48
MANIFEST = Manifest(
    ProductPart("churn"),
    kpi=KpiPart(name="margin", unit="EUR", baseline=9.0, target=12.0),
    serving=ServingPart(availability=0.999),
    monitors=(MonitorPart("margin", "kpi", threshold=10.0),),
)
FACTS = Facts("churn", BEGIN, MANIFEST, Going("sha256:1", BEGIN))
Generator = np.random.Generator
Numbers = np.ndarray
CountsOf = Callable[[Generator, Numbers], Numbers]
ValuesOf = Callable[[Generator, int], list[Numbers]]


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    looks = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    print(f"{'no change; looks that warn':52} {'ours':>8} {'naive':>8} {'of':>6} {'CPU-s':>6}")
    for name, counts_of in TRAFFIC.items():
        print_supply(name, counts_of, seeds, looks)
    for name, failures in FAILURES.items():
        print_slo(name, failures, seeds, looks)
    for name, values in VALUES.items():
        print_kpi(name, values, seeds, looks)
    print_contract(seeds, looks)
    print_delays(seeds)


# supply


def season(hours: Numbers, *, weekend: float) -> Numbers:
    days = 1 + 0.8 * np.sin(2 * np.pi * (hours % 24 - 9) / 24)
    return days * np.where(hours // 24 % 7 >= 5, weekend, 1.0)


def poisson(rng: Generator, hours: Numbers) -> Numbers:
    return rng.poisson(200 * season(hours, weekend=1.0))


def dispersed(rng: Generator, hours: Numbers) -> Numbers:
    return rng.negative_binomial(4, 4 / (4 + 300 * season(hours, weekend=0.3)))


def wandering(rng: Generator, hours: Numbers) -> Numbers:
    level = np.zeros(len(hours))
    for hour in range(1, len(hours)):
        level[hour] = 0.9 * level[hour - 1] + rng.normal(0, 0.2)
    return rng.poisson(300 * season(hours, weekend=0.3) * np.exp(level))


def few(rng: Generator, hours: Numbers) -> Numbers:
    return rng.poisson(3 * season(hours, weekend=0.3))


def office(rng: Generator, hours: Numbers) -> Numbers:
    is_open = (hours // 24 % 7 < 5) & (hours % 24 >= 8) & (hours % 24 < 18)
    return np.where(is_open, rng.poisson(100, len(hours)), 0)


def batch(rng: Generator, hours: Numbers) -> Numbers:
    """Once a day at two or at three."""
    late = rng.integers(0, 2, hours[-1] // 24 + 2)[hours // 24]
    return np.where(hours % 24 == 2 + late, rng.integers(800, 1200, len(hours)), 0)


def workday_batch(rng: Generator, hours: Numbers) -> Numbers:
    return np.where(hours // 24 % 7 < 5, batch(rng, hours), 0)


TRAFFIC: dict[str, CountsOf] = {
    "Poisson, by day": poisson,
    "over-dispersed, by day and week": dispersed,
    "wandering level, by day and week": wandering,
    "few rows": few,
    "office hours": office,
    "one batch a day": batch,
    "one batch a workday": workday_batch,
}


def supplied(counts: Numbers, hour: int) -> Facts:
    """What is known at the end of this hour."""
    first = int(BEGIN.timestamp() // 3600)
    known = [(first + at, int(count)) for at, count in enumerate(counts[: hour + 1]) if count]
    now = BEGIN + timedelta(hours=hour + 1)
    last = datetime.fromtimestamp((known[-1][0] + 1) * 3600, UTC) if known else None
    windows = tuple(Window(at, "sha256:1", "champion", rows, {}) for at, rows in known)
    return structs.replace(FACTS, now=now, hours=windows, last_at=last)


def warns(judge: Judge, facts: Facts) -> bool:
    return any(each.verdict in {WARN, ACT} for each in judge(facts))


def print_supply(name: str, counts_of: CountsOf, seeds: int, looks: int) -> None:
    started, found = time.process_time(), {volume: 0, freshness: 0}
    naive = 0
    for seed in range(seeds):
        hours = np.arange(HISTORY + looks + 24)
        counts = counts_of(np.random.default_rng(seed), hours)
        for look in range(HISTORY, HISTORY + looks):
            facts = supplied(counts, look)
            for judge in found:
                found[judge] += warns(judge, facts)
            before = counts[look - HISTORY : look]
            naive += abs(counts[look] - before.mean()) > 3 * before.std() or not counts[look]
    of = seeds * looks
    spent = time.process_time() - started
    print(f"{'volume, ' + name:52} {found[volume] / of:8.4f} {naive / of:8.4f} {of:6,} {spent:6.1f}")
    print(f"{'freshness, ' + name:52} {found[freshness] / of:8.4f} {'':8} {of:6,}", flush=True)


# service


def single(rng: Generator, minutes: int, share: float) -> Numbers:
    return rng.binomial(10, share, minutes)


def bursts(rng: Generator, minutes: int, share: float) -> Numbers:
    """One caller tries four times in a row."""
    return 4 * (rng.random(minutes) < share * 10 / 4)


FAILURES: dict[str, Callable[[Generator, int], Numbers]] = {
    "failures at half of what is allowed": lambda rng, n: single(rng, n, 0.0005),
    "failures just as allowed": lambda rng, n: single(rng, n, 0.001),
    "half of what is allowed, in fours": lambda rng, n: bursts(rng, n, 0.0005),
}


def served(failed: Numbers, minute: int) -> Facts:
    """600 requests an hour; by the minute for two hours, by the hour before."""
    begin = BEGIN.timestamp()
    fine = max(0, minute // 60 - 2) * 60
    hours = range(max(0, fine - 28 * 1440), fine, 60)
    asked = [_asked(begin, failed, at, min(60, fine - at)) for at in hours]
    asked += [_asked(begin, failed, at, 1) for at in range(fine, minute)]
    now = BEGIN + timedelta(minutes=minute)
    return structs.replace(FACTS, now=now, service=Service(tuple(asked)))


def _asked(begin: float, failed: Numbers, first: int, minutes: int) -> Asked:
    bad = int(failed[first : first + minutes].sum())
    since = begin + first * 60
    return Asked(since, since + 60 * minutes, 60.0 * minutes, answered=10 * minutes - bad, failed=bad)


def print_slo(name: str, failures: Callable[[Generator, int], Numbers], seeds: int, looks: int) -> None:
    started, false, naive = time.process_time(), 0, 0
    for seed in range(seeds):
        minutes = (HISTORY + looks) * 60
        failed = failures(np.random.default_rng(seed), minutes)
        for look in range(HISTORY * 60 + 17, minutes, 60):
            false += warns(slo, served(failed, look))
            naive += failed[look - 60 : look].sum() / 600 > 0.001
    of = seeds * looks
    spent = time.process_time() - started
    print(f"{'slo, ' + name:52} {false / of:8.4f} {naive / of:8.4f} {of:6,} {spent:6.1f}", flush=True)


# business


def skewed(rng: Generator, days: int, mean: float) -> list[Numbers]:
    """200 values a day, most of them small."""
    return [rng.exponential(mean, 200) for _ in range(days)]


def weekly(rng: Generator, days: int, mean: float) -> list[Numbers]:
    """Weekends are worse, and each day has its own luck."""
    means = [mean + (1.0 if day % 7 < 5 else -2.5) + rng.normal(0, 0.7) for day in range(days)]
    return [rng.normal(each, 10, 200) for each in means]


VALUES: dict[str, ValuesOf] = {
    "skewed, a fifth above the worst": lambda rng, days: skewed(rng, days, 12.0),
    "skewed, just at the worst": lambda rng, days: skewed(rng, days, 10.0),
    "days and weekdays differ, just at the worst": lambda rng, days: weekly(rng, days, 10.0),
}


def brought(values: Sequence[Numbers], day: int) -> Facts:
    first = int(BEGIN.timestamp() // 86_400)
    days = tuple(
        KpiDay(first + at, len(each), Sums(len(each), float(each.mean()), float(each.var() * len(each))))
        for at, each in enumerate(values[: day + 1])
    )[-63:]
    return structs.replace(FACTS, now=BEGIN + timedelta(days=day + 1), kpi=Kpi(days, 0.0))


def t_test(values: Sequence[Numbers], day: int) -> bool:
    """The last week beside the worst acceptable, at 0.05, as if nobody had looked before."""
    last = np.concatenate(values[max(0, day - 6) : day + 1])
    score = (last.mean() - 10.0) / (last.std() / math.sqrt(len(last)))
    return NormalDist().cdf(score) < 0.05


def print_kpi(name: str, values_of: ValuesOf, seeds: int, looks: int) -> None:
    started, false, naive = time.process_time(), 0, 0
    for seed in range(seeds):
        values = values_of(np.random.default_rng(seed), looks + 28)
        warned = [warns(kpi, brought(values, day)) for day in range(28, looks + 28)]
        false += sum(warned)
        naive += sum(t_test(values, day) for day in range(28, looks + 28))
    of = seeds * looks
    spent = time.process_time() - started
    print(f"{'kpi, ' + name:52} {false / of:8.4f} {naive / of:8.4f} {of:6,} {spent:6.1f}", flush=True)


# contract


def refused(shares: Numbers, hour: int) -> Facts:
    begin = BEGIN.timestamp()
    asked = tuple(
        Asked(begin + at * 3600, begin + (at + 1) * 3600, 3600.0, 300 - int(bad), int(bad), 0, int(bad))
        for at, bad in enumerate(shares[: hour + 1])
    )
    return structs.replace(FACTS, now=BEGIN + timedelta(hours=hour + 1), service=Service(asked))


def refusals(rng: Generator, hours: int) -> Numbers:
    """2 % are refused, some hours more, some fewer."""
    return rng.binomial(300, rng.beta(2, 98, hours))


def print_contract(seeds: int, looks: int) -> None:
    started, false, naive = time.process_time(), 0, 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        bad = refusals(rng, HISTORY + looks)
        false += sum(warns(contract, refused(bad, hour)) for hour in range(HISTORY, HISTORY + looks))
        usual = bad[:HISTORY].mean() / 300
        naive += int((bad[HISTORY:] > 300 * usual + 3 * math.sqrt(300 * usual * (1 - usual))).sum())
    of = seeds * looks
    spent = time.process_time() - started
    name = "contract, 2 % refused, over-dispersed"
    print(f"{name:52} {false / of:8.4f} {naive / of:8.4f} {of:6,} {spent:6.1f}")


# delays


def print_delays(seeds: int) -> None:
    print(f"\n{'planted; looks until it is warned of':52} {'found':>8} {'median':>8} {'worst':>8}")
    for name, counts_of in (("Poisson", poisson), ("over-dispersed", dispersed), ("office hours", office)):
        for label, share in (("silence", 0.0), ("a third comes", 0.33)):
            for judge in (volume, freshness) if not share else (volume,):
                told = f"{judge.__name__}, {name}, {label} (hours)"
                print_delay(told, [supply_delay(judge, counts_of, share, seed) for seed in range(seeds)])
    late = [supply_delay(freshness, batch, 0.0, seed) for seed in range(seeds)]
    print_delay("freshness, one batch a day, no more (hours)", late)
    for share in (1.0, 0.05, 0.01, 0.003):
        told = f"slo 0.999, {share:.1%} of 600 an hour fail (minutes)"
        print_delay(told, [slo_delay(share, seed) for seed in range(seeds)])
    for fall in (0.1, 0.2, 0.5):
        told = f"kpi, weekdays differ, by {fall} sd below the worst (days)"
        print_delay(told, [kpi_delay(fall, seed) for seed in range(seeds)])
    print_delay("contract, 30 % refused (hours)", [contract_delay(seed) for seed in range(seeds)])


def print_delay(label: str, delays: Sequence[int | None]) -> None:
    known = [each for each in delays if each is not None]
    if known:
        print(f"{label:52} {len(known) / len(delays):8.2f} {median(known):8.0f} {max(known):8}", flush=True)
    else:
        print(f"{label:52} {0:8.2f}", flush=True)


def supply_delay(judge: Judge, counts_of: CountsOf, share: float, seed: int) -> int | None:
    rng = np.random.default_rng(seed)
    start = HISTORY + 8 + 24 * seed % 72
    counts = counts_of(rng, np.arange(start + AHEAD))
    counts[start:] = rng.binomial(counts[start:].astype(int), share)
    return next((at + 1 for at in range(AHEAD) if warns(judge, supplied(counts, start + at))), None)


def slo_delay(share: float, seed: int) -> int | None:
    rng = np.random.default_rng(seed)
    start = HISTORY * 60
    failed = np.concatenate([single(rng, start, 0.0002), single(rng, 3 * 1440, share)])
    looks = range(1, 3 * 1440, 1 if share > 0.02 else 30)
    return next((at for at in looks if warns(slo, served(failed, start + at))), None)


def kpi_delay(fall: float, seed: int) -> int | None:
    rng = np.random.default_rng(seed)
    values = weekly(rng, 56, 12.0) + weekly(rng, 56, 10.0 - 10 * fall)
    return next((at + 1 for at in range(56) if warns(kpi, brought(values, 56 + at))), None)


def contract_delay(seed: int) -> int | None:
    rng = np.random.default_rng(seed)
    bad = np.concatenate([refusals(rng, HISTORY), rng.binomial(300, 0.3, AHEAD)])
    return next((at + 1 for at in range(AHEAD) if warns(contract, refused(bad, HISTORY + at))), None)


if __name__ == "__main__":
    main()
