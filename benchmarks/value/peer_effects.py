"""One way to an effect and its interval, timed without imports; run by effects.py in a peer's environment."""

# ruff: noqa: PLC0415 - each environment has one of the packages

import json
import math
import sys
import time
from collections.abc import Callable

Answer = tuple[float, float, float]
SQL = """
select treated, count(*), sum(y), sum(y * y), sum(x), sum(x * x), sum(x * y)
from '{}' group by treated order by treated
"""


def causeway(path: str) -> Callable[[], Answer]:
    import polars as pl

    from causeway.stats.effects.moments import arm_of_sums
    from causeway.stats.effects.randomised import randomised

    y, x = pl.col("y"), pl.col("x")
    there_y, there_x = (pl.when("treated").then(one).otherwise(0.0) for one in (y, x))
    wanted = {
        "n": pl.len(),
        "there": pl.col("treated").sum(),
        **{f"all{at}": sums for at, sums in enumerate((y.sum(), y.dot(y), x.sum(), x.dot(x), x.dot(y)))},
        "arm0": there_y.sum(),
        "arm1": there_y.dot(there_y),
        "arm2": there_x.sum(),
        "arm3": there_x.dot(there_x),
        "arm4": there_x.dot(there_y),
    }

    def ask() -> Answer:
        rows, treated, *sums = pl.scan_parquet(path).select(**wanted).collect(engine="streaming").row(0)
        there = sums[5:]
        control = [whole - part for whole, part in zip(sums[:5], there, strict=True)]
        arms = [
            arm_of_sums(n, of_y, of_yy, x=of_x, xx=of_xx, xy=of_xy)
            for n, (of_y, of_yy, of_x, of_xx, of_xy) in ((rows - treated, control), (treated, there))
        ]
        seen = randomised(*arms, planned=rows)
        return seen.estimate, seen.low, seen.high

    return ask


def duckdb(path: str) -> Callable[[], Answer]:
    import duckdb as db

    def ask() -> Answer:
        return _by_hand(db.sql(SQL.format(path)).fetchall())

    return ask


def tea_tasting(path: str) -> list[Callable[[], Answer]]:
    """Of three tables that it takes; the fastest counts."""
    import duckdb as db
    import polars as pl
    import tea_tasting as tt

    experiment = tt.Experiment(y=tt.Mean("y", "x"), variant="treated")
    tables = (
        lambda: pl.scan_parquet(path),
        lambda: pl.read_parquet(path, columns=["treated", "y", "x"]),
        lambda: db.sql(f"select * from '{path}'"),  # noqa: S608 - our own file
    )

    def asking(table: Callable[[], object]) -> Callable[[], Answer]:
        def ask() -> Answer:
            seen = experiment.analyze(table())["y"]
            return seen.effect_size, seen.effect_size_ci_lower, seen.effect_size_ci_upper

        return ask

    return [asking(table) for table in tables]


def statsmodels(path: str) -> Callable[[], Answer]:
    """Lin's regression with robust errors."""
    import numpy as np
    import pandas as pd
    import statsmodels.api as sm

    def ask() -> Answer:
        table = pd.read_parquet(path, columns=["treated", "y", "x"])
        arm = table["treated"].to_numpy(np.float64)
        far = table["x"].to_numpy() - table["x"].mean()
        terms = np.column_stack([np.ones(len(arm)), arm, far, arm * far])
        found = sm.OLS(table["y"].to_numpy(), terms).fit(cov_type="HC1")
        low, high = found.conf_int()[1]
        return float(found.params[1]), float(low), float(high)

    return ask


def gbstats(looks: str) -> Callable[[], Answer]:
    """So many looks at moments, each to effect, interval and p; said for all of them from a part."""
    from gbstats.frequentist.tests import SequentialConfig, SequentialTwoSidedTTest
    from gbstats.models.statistics import RegressionAdjustedStatistic, SampleMeanStatistic

    config = SequentialConfig(difference_type="absolute")

    def arm(mean: float) -> RegressionAdjustedStatistic:
        n = 5000
        after, before = (
            SampleMeanStatistic(n=n, sum=n * at, sum_squares=n * (at * at + 4)) for at in (mean, 10.0)
        )
        return RegressionAdjustedStatistic(
            n=n,
            post_statistic=after,
            pre_statistic=before,
            post_pre_sum_of_products=n * (mean * 10 + 2),
            theta=0.5,
        )

    def ask() -> Answer:
        for at in range(int(looks)):
            result = SequentialTwoSidedTTest(arm(10.0), arm(10 + at / 1e6), config).compute_result()
        return result.expected, *result.ci

    return ask


def _by_hand(rows: list[tuple[float, ...]]) -> Answer:
    """What SQL leaves to be written: CUPED with a slope for each arm, and the confidence sequence."""
    units = sum(row[1] for row in rows)
    middle = sum(row[4] for row in rows) / units
    means, variance = [], 0.0
    for _, n, y, yy, x, xx, xy in rows:
        slope = (xy - x * y / n) / (xx - x * x / n)
        means.append(y / n - slope * (x / n - middle))
        variance += ((yy - y * y / n) - slope * (xy - x * y / n)) / (n - 2) / n
    level = -2 * math.log(0.05)
    tuned = level + math.log(level + 1)
    reach = math.sqrt(2 * (tuned + 1) / tuned * math.log(math.sqrt(tuned + 1) / 0.05) * variance)
    effect = means[1] - means[0]
    return effect, effect - reach, effect + reach


ASKED = {
    "causeway": causeway,
    "duckdb": duckdb,
    "tea-tasting": tea_tasting,
    "statsmodels": statsmodels,
    "gbstats": gbstats,
}


def main(name: str, argument: str) -> None:
    asks = ASKED[name](argument)
    times = 1 if name in {"statsmodels", "gbstats"} else 3
    best: tuple[float, float, Answer] | None = None
    for ask in asks if isinstance(asks, list) else [asks]:
        taken: list[tuple[float, float, Answer]] = []
        for _ in range(times):
            started, used = time.perf_counter(), time.process_time()
            answer = ask()
            taken.append((time.perf_counter() - started, time.process_time() - used, answer))
        middle = sorted(taken)[len(taken) // 2]
        best = middle if best is None or middle < best else best
    if best:
        seconds, processor, (estimate, low, high) = best
        said = {"seconds": seconds, "processor": processor, "estimate": estimate, "low": low, "high": high}
        print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
