"""How often the statistics of an effect err, on data whose truth is known.

    python benchmarks/value/simulate.py [--small]

One line for each thing that is claimed: what was measured, the bar, and whether it is met. Ends with 1 where
one is not. `--small` takes a few seconds and allows for the chance of its few runs; the whole, some minutes.
"""

import sys
import time

import designs
import holdouts
import peeking
from said import Line

PARTS = (
    ("False positives where one looks every day, interval at 5 %", peeking.no_effect),
    ("Misses at any look where there is an effect, interval at 5 %", peeking.with_effect),
    ("Power, 28 days of 1,000 units in each arm", peeking.power),
    ("One look at the end, numbers", holdouts.numbers),
    ("Every look, numbers", holdouts.numbers_at_every_look),
    ("Churn, an effect in the riskiest part only, one look", holdouts.churn),
    ("Agents randomised, tickets counted", holdouts.clustered),
    ("Checks", holdouts.checks),
    ("Staggered roll-out, the effect grows", designs.roll_out),
    ("Switchback", designs.switched),
    ("Interrupted series", designs.series),
)


def main(*, is_small: bool) -> list[Line]:
    lines: list[Line] = []
    for title, part in PARTS:
        started = time.process_time()
        found = part(is_small=is_small)
        print(f"\n{title} ({time.process_time() - started:.1f} CPU-s)")
        for line in found:
            print(f"  {line.text(allows_chance=is_small)}")
        lines += found
    return lines


if __name__ == "__main__":
    is_small = "--small" in sys.argv
    fell_short = [line.what for line in main(is_small=is_small) if not line.is_met(allows_chance=is_small)]
    print(f"\nfell short: {'; '.join(fell_short) or 'nothing'}")
    sys.exit(bool(fell_short))
