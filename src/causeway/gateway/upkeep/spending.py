"""The processor time of this process, shared by its products as they kept it busy."""

import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from causeway.gateway.metering.measures import Measures

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
# where user and system time stand in /proc/<pid>/stat, behind the name in brackets
_USER, _SYSTEM = 11, 12


class Helping(Protocol):
    """A process that answers for one product alone."""

    @property
    def pid(self) -> int:
        """Its number; 0 while it has none."""
        ...

    @property
    def product(self) -> str:
        """Whose it is."""
        ...


class Spending:
    """What was spent since somebody asked last."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures
        self._cpu, self._seconds = time.process_time(), measures.seconds.own()
        self._helped: dict[int, float] = {}

    def since_last(self, products: Sequence[str], helping: Iterable[Helping]) -> dict[str, float]:
        """Seconds of processor time by product: by the seconds of its requests, evenly where nobody asked.

        What a product's own processes used is its own.
        """
        cpu, seconds = time.process_time(), self._measures.seconds.own()
        used = max(0.0, cpu - self._cpu)
        busy = {each: max(0.0, seconds.get(each, 0.0) - self._seconds.get(each, 0.0)) for each in products}
        whole = sum(busy.values())
        self._cpu, self._seconds = cpu, seconds
        spent = {each: used * (busy[each] / whole if whole else 1 / len(products)) for each in products}
        helped: dict[int, float] = {}
        for each in helping:
            if each.pid and each.product in spent:
                helped[each.pid] = _cpu_of(each.pid)
                spent[each.product] += max(0.0, helped[each.pid] - self._helped.get(each.pid, 0.0))
        self._helped = helped
        return spent


def _cpu_of(pid: int) -> float:
    """The processor time of another process so far; 0 where this system does not tell."""
    try:
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
        return (int(fields[_USER]) + int(fields[_SYSTEM])) / TICKS_A_SECOND
    except (OSError, IndexError, ValueError):
        return 0.0
