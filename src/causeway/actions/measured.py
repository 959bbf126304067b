"""How long the gateway took for a prediction and how large its record was, as its own records say."""

import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from causeway.adapters import registry
from causeway.assess.running_cost import Measured
from causeway.core.errors import CausewayError
from causeway.core.records import Record, frames
from causeway.core.table import Number, Text

MAX_BYTES = 16 << 20
FEWEST = 20
"""Fewer answers than this measure nothing."""


def measured(state: Path, product: str) -> Measured | None:
    """The time and size of the latest predictions that are on this disk; None where there are too few."""
    return _from_logs(state / "records" / product) or _from_segments(state / "segments" / product)


def _from_logs(folder: Path) -> Measured | None:
    records: list[Record] = []
    size = 0
    for log in _newest(folder.glob("*.log")):
        if size >= MAX_BYTES:
            break
        with log.open("rb") as stream:
            content = stream.read(MAX_BYTES - size)
        whole = [record for record in frames(content) if isinstance(record, Record)]
        records += whole
        size += len(content)
    if len(records) < FEWEST:
        return None
    rows = Counter(record.request or record.id for record in records)
    seconds = [record.latency_us / 1e6 / rows[record.request or record.id] for record in records]
    return _measured(np.array(seconds), record_bytes=size / len(records), source="the gateway's record log")


def _from_segments(folder: Path) -> Measured | None:
    files = [file for file in _newest(folder.glob("predictions/**/*.parquet")) if _size(file) <= MAX_BYTES][
        :1
    ]
    try:
        columns = registry.segment_files().read(files).columns if files else {}
    except CausewayError:
        # without the extra that reads segments nothing is known, and a check needs no extra
        return None
    latencies, requests = columns.get("latency_us"), columns.get("request")
    if not isinstance(latencies, Number) or not isinstance(requests, Text) or len(requests) < FEWEST:
        return None
    rows = Counter(requests.values)
    seconds = latencies.values / 1e6 / np.array([rows[request] for request in requests.values])
    record_bytes = sum(_size(file) for file in files) / len(requests)
    return _measured(seconds, record_bytes=record_bytes, source="the latest sealed segment of predictions")


def _measured(seconds: NDArray[np.float64], *, record_bytes: float, source: str) -> Measured:
    median, p95 = np.quantile(seconds, [0.5, 0.95])
    return Measured(
        predictions=len(seconds),
        median=float(median),
        mean=float(seconds.mean()),
        p95=float(p95),
        record_bytes=float(record_bytes),
        source=source,
    )


def _newest(files: Iterator[Path]) -> Sequence[Path]:
    """Regular files only: a link leads elsewhere, and a pipe never ends."""
    regular = [file for file in files if stat.S_ISREG(file.lstat().st_mode)]
    return sorted(regular, key=lambda file: file.stat().st_mtime_ns, reverse=True)


def _size(file: Path) -> int:
    return file.stat().st_size
