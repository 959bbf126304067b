"""Counters and times in the Prometheus text format, without a client library."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping

from causeway.gateway.processes.tallies import Tallies

BUCKETS_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OPEN_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_TOTAL = "_total"

Labels = tuple[str, ...]

_BOUNDS = (*map(str, BUCKETS_SECONDS), "+Inf")
_SUM = "sum"
_PLACES = (*_BOUNDS, _SUM)


class Counter:
    """A number that only grows, one for each combination of labels; the product is the first of them."""

    def __init__(self, name: str, text: str, labels: Labels, tallies: Tallies | None = None) -> None:
        self.name, self.text, self.labels = name, text, labels
        self._tallies = tallies or Tallies()
        self._numbers = self._tallies.numbers
        self._cells: dict[Labels, int] = {}
        self._heard: dict[Labels, float] = {}

    def add(self, *labels: str, amount: float = 1) -> None:
        """Counts."""
        self._numbers[self.cell(*labels)] += amount

    def cell(self, *labels: str) -> int:
        """Where that number is."""
        cell = self._cells.get(labels)
        if cell is None:
            cell = self._cells[labels] = self._tallies.cell(self.name, *labels)
        return cell

    def heard(self, *labels: str, total: float) -> None:
        """Counts what came since the last time, of something that this process counts elsewhere."""
        self.add(*labels, amount=max(0.0, total - self._heard.get(labels, 0.0)))
        self._heard[labels] = total

    def own(self, *, by: int) -> dict[str, dict[str, int]]:
        """What was counted in this process's memory: by the first label, then by this one."""
        found: dict[str, dict[str, int]] = {}
        for key, count in self._tallies.of_own(self.name).items():
            counts = found.setdefault(key[0], {})
            counts[key[by]] = counts.get(key[by], 0) + int(count)
        return found

    def lines(self, products: Collection[str]) -> list[str]:
        """The counter as Prometheus reads it, for these products, over all processes of the gateway."""
        sums = self._tallies.sums(self.name)
        values = {key: value for key, value in sums.items() if key[0] in products}
        return family(self.name, "counter", self.text, labels=self.labels, values=values)


class Histogram:
    """How long things took, in buckets of seconds, by product."""

    def __init__(self, name: str, text: str, tallies: Tallies | None = None) -> None:
        self.name, self.text = name, text
        self._tallies = tallies or Tallies()
        self._numbers = self._tallies.numbers
        self._cells: dict[str, list[int]] = {}

    def observe(self, product: str, seconds: float) -> None:
        """Counts one duration."""
        cells = self._cells.get(product)
        if cells is None:
            cells = self._cells[product] = [self._tallies.cell(self.name, product, at) for at in _PLACES]
        numbers = self._numbers
        numbers[cells[bisect_left(BUCKETS_SECONDS, seconds)]] += 1
        numbers[cells[-1]] += seconds

    def own(self) -> dict[str, float]:
        """How long they took together in this process's memory, by product."""
        found = self._tallies.of_own(self.name).items()
        return {product: seconds for (product, place), seconds in found if place == _SUM}

    def lines(self, products: Collection[str]) -> list[str]:
        """The histogram as Prometheus reads it, for these products, over all processes of the gateway."""
        sums = self._tallies.sums(self.name)
        out = [f"# HELP {self.name} {self.text}", f"# TYPE {self.name} histogram"]
        for product in sorted({key[0] for key in sums} & set(products)):
            total = 0
            for bound in _BOUNDS:
                total += int(sums.get((product, bound), 0))
                out.append(f'{self.name}_bucket{{product="{product}",le="{bound}"}} {total}')
            out.append(f'{self.name}_sum{{product="{product}"}} {sums.get((product, _SUM), 0.0):.9g}')
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
    """All metrics as one text, as Prometheus has always read it."""
    return ("\n".join(line for lines in families for line in lines) + "\n").encode()


def open_page(families: Iterable[list[str]]) -> bytes:
    """All metrics as one text, as OpenMetrics 1.0 says it."""
    lines = [line for family in families for line in _opened(family)]
    return ("\n".join([*lines, "# EOF"]) + "\n").encode()


def _opened(lines: list[str]) -> list[str]:
    """A family's lines; there a counter has its `_total` in the samples only."""
    said, kind, *samples = lines
    *_, name, _ = kind.split(" ")
    if not kind.endswith(" counter"):
        return lines
    shorter = name.removesuffix(_TOTAL)
    return [said.replace(name, shorter, 1), kind.replace(name, shorter, 1), *samples]


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
