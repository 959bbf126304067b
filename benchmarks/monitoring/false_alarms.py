"""How often drift is said to be where there is none, and how soon it is found where there is some.

    python benchmarks/monitoring/false_alarms.py [SEEDS] [WINDOWS]

SEEDS (5) by WINDOWS (200) of 20 columns (see columns.py). Three things are counted of each window: whether
any column is noticed (once, no chance and not small), whether anything is worth a warning, and whether
anything is certain. Where drift is planted three of 20 columns are higher, from one window on; delays count
from there.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from columns import START, TEXTS, columns, judged, reference, texts, together

from causeway.assess.drift import DriftRules, DriftSeen, Moment, drift_of
from causeway.stats.profile_form import Coded, Relations
from causeway.stats.relations import merged_relations, relations_of, sample_of

THREE = ("in_n0_0", "in_n0_3", "in_n0_5")
HOUR_ROWS = 28_000
NEVER = 99


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    windows = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    print(f"{'windows in which':44} {'noticed':>8} {'warned':>8} {'certain':>8} {'CPU-s':>7}")
    for rows, before in product((200, 1000, 10_000), (10_000, 100_000)):
        print_still(f"no drift, {rows:,} rows beside {before:,}", seeds, windows, rows=rows, before=before)
    many = "no drift, 1,000 beside 10,000, 200 columns"
    print_still(many, seeds, max(10, windows // 4), rows=1000, before=10_000, times=10)
    print_season("daily season, beside the same hours", seeds, windows, is_matched=True)
    print_season("daily season, beside all hours", seeds, windows, is_matched=False)
    print_planted(seeds, max(4, windows // 10))
    print_certain(seeds)
    print_relations(seeds, windows)


def print_still(label: str, seeds: int, windows: int, *, rows: int, before: int, times: int = 1) -> None:
    started = time.process_time()
    found: list[DriftSeen] = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        known = reference(rng, before, times=times)
        made = [columns(rng, rows, times=times) for _ in range(windows)]
        found += judged(made, known, rows=rows, reference_rows=before)
    print_alarms(label, found, started)


def print_season(label: str, seeds: int, windows: int, *, is_matched: bool) -> None:
    """Every number follows the hour by 0.3 standard deviations; beside the same hours of 28 days, or all."""
    started = time.process_time()
    found: list[DriftSeen] = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        hours = [columns(rng, HOUR_ROWS, everywhere=season(hour)) for hour in range(24)]
        references = [hours[i % 24] for i in range(windows)] if is_matched else together(hours)
        made = [columns(rng, 1000, everywhere=season(i % 24)) for i in range(windows)]
        size = HOUR_ROWS if is_matched else HOUR_ROWS * 24
        found += judged(made, references, rows=1000, reference_rows=size)
    print_alarms(label, found, started)


def print_planted(seeds: int, trials: int) -> None:
    print(f"\n{'planted; warned, of all trials':44} {'at once':>8} {'in two':>8} {'delay':>8} {'columns':>8}")
    cases: tuple[tuple[str, dict[str, Any], int], ...] = (
        ("0.1 sd, 1,000 rows", {"shifted": THREE, "by": 0.1}, 1000),
        ("0.2 sd, 1,000 rows", {"shifted": THREE, "by": 0.2}, 1000),
        ("0.5 sd, 200 rows", {"shifted": THREE, "by": 0.5}, 200),
        ("0.02 sd, 10,000 rows", {"shifted": THREE, "by": 0.02}, 10_000),
        ("6 % of the rows change to another text", {"swapped": 0.26}, 1000),
        ("12 % of the rows change to another text", {"swapped": 0.52}, 1000),
    )
    for label, planted, rows in cases:
        print_delays(label, planted, rows=rows, seeds=seeds, trials=trials)


def print_delays(label: str, planted: Mapping[str, Any], *, rows: int, seeds: int, trials: int) -> None:
    """Trials of two windows as before and four after; the delay is the number of windows until a warning."""
    delays: list[int] = []
    found: list[float] = []
    names = planted.get("shifted", ("in_t0_8",))
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        known = reference(rng, 100_000)
        for _ in range(trials):
            made = [columns(rng, rows) for _ in range(2)] + [columns(rng, rows, **planted) for _ in range(4)]
            seen = judged(made, known, rows=rows, reference_rows=100_000)[2:]
            delays.append(next((i + 1 for i, each in enumerate(seen) if is_warned(each)), NEVER))
            warned = {each.name for each in seen[1].columns if each.verdict in {"warn", "act"}}
            found.append(len(warned & set(names)) / len(names))
    late = np.array(delays)
    shares = (late <= 1).mean(), (late <= 2).mean()
    print(f"{label:44} {shares[0]:8.3f} {shares[1]:8.3f} {middle(late)} {np.mean(found):8.3f}", flush=True)


def print_certain(seeds: int) -> None:
    """How soon a drift is certain, by the bound that always holds and by the narrower one."""
    print(f"\n{'certain (of 3 columns, within 48 windows)':44} {'found':>8} {'delay':>8}")
    for by, strict in product((0.2, 0.3, 0.5), (True, False)):
        delays: list[int] = []
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            known = reference(rng, 100_000)
            made = [columns(rng, 1000) for _ in range(24)]
            made += [columns(rng, 1000, shifted=THREE, by=by) for _ in range(48)]
            rules = DriftRules(strict=strict)
            seen = judged(made, known, rows=1000, reference_rows=100_000, rules=rules)[24:]
            delays += [
                next((i + 1 for i, each in enumerate(seen) if name in each.certain), NEVER) for name in THREE
            ]
        late = np.array(delays)
        label = f"{by} sd, 1,000 rows, {'both radii' if strict else 'one radius'}"
        print(f"{label:44} {(late < NEVER).mean():8.3f} {middle(late)}", flush=True)


def print_relations(seeds: int, windows: int) -> None:
    """Windows of 18 columns of which six go together; from half of them on two go together less."""
    print(f"\n{'two columns go together by 0.6, then by':44} {'noticed':>8} {'warned':>8} {'in two':>8}")
    for now in (0.6, 0.4, 0.2, -0.6):
        shares = np.zeros(3)
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            known = merged_relations([related(rng, 0.6) for _ in range(40)])
            made = [related(rng, now) for _ in range(windows)]
            moments = [Moment(START, START, 1000, {}, {}, 40_000, each, known) for each in made]
            seen = drift_of(moments, rules=DriftRules(), importance={})
            shares += [
                np.mean([bool(each.relations) for each in seen]),
                np.mean([is_warned(each) for each in seen]),
                is_warned(seen[1]),
            ]
        print(f"{now:<44} {' '.join(f'{share / seeds:8.4f}' for share in shares)}", flush=True)


def related(rng: np.random.Generator, rho: float) -> Relations | None:
    """How 18 columns of 1,000 rows go together; each is distributed as ever."""
    rows = 1000
    made: dict[str, np.ndarray | Coded] = {f"in_{i}": rng.lognormal(size=rows) for i in range(12)}
    base = rng.normal(size=rows)
    made |= {f"in_t{i}": np.sign(base) * np.abs(rng.normal(size=rows)) for i in range(3)}
    made |= {"in_a": base, "in_b": rho * base + np.sqrt(1 - rho**2) * rng.normal(size=rows)}
    made["in_kind"] = Coded(texts(rng, 25, rows), TEXTS[25])
    return relations_of({name: sample_of(each) for name, each in made.items()})


def middle(delays: np.ndarray) -> str:
    known = delays[delays < NEVER]
    return f"{known.mean():8.2f}" if len(known) else "       -"


def is_warned(seen: DriftSeen) -> bool:
    return seen.verdict in {"warn", "act"}


def season(hour: int) -> float:
    return 0.3 * float(np.sin(2 * np.pi * hour / 24))


def print_alarms(label: str, found: Sequence[DriftSeen], started: float) -> None:
    noticed = np.mean([any(each.aspects for each in seen.columns) for seen in found])
    warned = np.mean([is_warned(seen) for seen in found])
    certain = np.mean([any(each.verdict == "act" for each in seen.columns) for seen in found])
    used = time.process_time() - started
    print(f"{label:44} {noticed:8.4f} {warned:8.4f} {certain:8.4f} {used:7.1f}", flush=True)


if __name__ == "__main__":
    main()
