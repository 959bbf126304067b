"""Counters and times in the Prometheus text format, without a client library."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping

BUCKETS_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[str, ...]


class Counter:
    """A number that only grows, one for each combination of labels; the product is the first of them."""

    def __init__(self, name: str, text: str, labels: Labels) -> None:
        self.name, self.text, self.labels = name, text, labels
        self.values: dict[Labels, float] = {}

    def add(self, *labels: str, amount: float = 1) -> None:
        """Counts."""
        self.values[labels] = self.values.get(labels, 0) + amount

    def lines(self, products: Collection[str]) -> list[str]:
        """The counter as Prometheus reads it, for these products."""
        values = {key: value for key, value in self.values.items() if key[0] in products}
        return family(self.name, "counter", self.text, labels=self.labels, values=values)


class Histogram:
    """How long things took, in buckets of seconds, by product."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def observe(self, product: str, seconds: float) -> None:
        """Counts one duration."""
        counts = self._counts.get(product)
        if counts is None:
            counts = self._counts[product] = [0] * (len(BUCKETS_SECONDS) + 1)
        counts[bisect_left(BUCKETS_SECONDS, seconds)] += 1
        self._sums[product] = self._sums.get(product, 0.0) + seconds

    def lines(self, products: Collection[str]) -> list[str]:
        """The histogram as Prometheus reads it, for these products."""
        out = [f"# HELP {self.name} {self.text}", f"# TYPE {self.name} histogram"]
        for product in sorted(self._counts.keys() & products):
            counts = self._counts[product]
            total = 0
            for bound, count in zip((*map(str, BUCKETS_SECONDS), "+Inf"), counts, strict=True):
                total += count
                out.append(f'{self.name}_bucket{{product="{product}",le="{bound}"}} {total}')
            out.append(f'{self.name}_sum{{product="{product}"}} {self._sums[product]:.9g}')
            out.append(f'{self.name}_count{{product="{product}"}} {total}')
        return out


def family(
    name: str, kind: str, text: str, *, labels: Labels = (), values: Mapping[Labels, float]
) -> list[str]:
    """The lines of one metric with all its label values."""
    out = [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
    for key, value in values.items():
        shown = ",".join(f'{k}="{_escaped(v)}"' for k, v in zip(labels, key, strict=True))
        out.append(f"{name}{{{shown}}} {value:.15g}" if shown else f"{name} {value:.15g}")
    return out


def page(families: Iterable[list[str]]) -> bytes:
    """All metrics as one text."""
    return ("\n".join(line for lines in families for line in lines) + "\n").encode()


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
