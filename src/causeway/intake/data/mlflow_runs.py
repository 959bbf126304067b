"""What MLflow kept in a folder or a database: runs, the qualities they logged, and where artefacts went."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from causeway.core.finding import Evidence
from causeway.core.poc import Claim, DataFile, Sighting
from causeway.intake.data.databases import MLFLOW_TABLES, opened, table_names
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry

MAX_METRICS = 400
MAX_CLAIMS = 12
_METRIC = re.compile(r"(?:^|/)([^/]+)/([^/]+)/metrics/((?:[^/]+/)*[^/]+)$")
_LOCATION = re.compile(r"^artifact_(?:uri|location):\s*(\S+)", re.MULTILINE)
_ELSEWHERE = re.compile(r"^(?:file:/*)?([A-Za-z]:[/\\]|/(?:Users|home|content|root|mnt|workspace|kaggle)/)")
_QUALITIES = re.compile(
    r"(?:^|[_ -])(accuracy|acc|f1|auc|roc|precision|recall|r2|rmse|mse|mae|mape|logloss|log_loss|kappa|mcc)",
    re.IGNORECASE,
)
NAMES = {"acc": "accuracy", "roc": "roc_auc", "auc": "roc_auc", "log_loss": "logloss"}


def runs_in_folders(entries: Sequence[Entry]) -> list[DataFile]:
    """One fact for each file store: its runs, each with a `meta.yaml` of its own."""
    stores: dict[str, int] = {}
    for entry in entries:
        if entry.name == "meta.yaml" and entry.path.count("/") >= 2:
            store = entry.path.rsplit("/", 3)[0] if entry.path.count("/") >= 3 else ""
            is_run = any(mark in read_text(entry.full, 4_000).text for mark in ("run_id:", "run_uuid:"))
            stores[store] = stores.get(store, 0) + is_run
    return [
        DataFile(store or ".", "MLflow runs", 0, records=count, exact=True)
        for store, count in stores.items()
        if count
    ]


def claims_in_store(entries: Sequence[Entry]) -> list[Claim]:
    """What runs claim of themselves, in folders or in a tracking database."""
    found = claims_in_runs(entries)
    for entry in entries:
        if entry.suffix in {".db", ".sqlite", ".sqlite3"} and entry.head.startswith(b"SQLite format 3"):
            found += claims_in_database(entry)
    return found


def claims_in_runs(entries: Iterable[Entry]) -> list[Claim]:
    """The best-known qualities that runs logged, the last value of each, for the newest runs seen."""
    found: list[Claim] = []
    for entry in entries:
        matched = _METRIC.search(entry.path)
        if matched is None or entry.size > 100_000 or len(found) >= MAX_METRICS:
            continue
        lines = read_text(entry.full, 100_000).text.strip().split("\n")
        parts = lines[-1].split()
        metric = quality(matched[3])
        if metric and len(parts) in {2, 3} and (value := _number(parts[1])) is not None:
            found.append(Claim(metric, value, Evidence(entry.path, line=len(lines)), "mlflow"))
    return _telling(found)


def claims_in_database(entry: Entry) -> list[Claim]:
    """The same from a tracking database."""
    try:
        with opened(entry.full) as database:
            names = set(table_names(database))
            if not names >= MLFLOW_TABLES or "latest_metrics" not in names:
                return []
            rows = database.execute(
                f"select key, value from latest_metrics order by timestamp desc limit {MAX_METRICS}"  # noqa: S608 - a number of ours
            ).fetchall()
    except (sqlite3.Error, OSError):
        return []
    at = Evidence(entry.path, text="latest_metrics")
    return _telling(
        [
            Claim(metric, float(value), at, "mlflow")
            for key, value in rows
            if (metric := quality(str(key))) and isinstance(value, int | float)
        ]
    )


def places_elsewhere(entries: Iterable[Entry]) -> Iterator[Sighting]:
    """Where a store says that its artefacts lie on somebody's machine; once a store."""
    seen: set[str] = set()
    for entry in entries:
        if entry.name != "meta.yaml":
            continue
        matched = _LOCATION.search(read_text(entry.full, 4_000).text)
        store = entry.path.split("/", maxsplit=1)[0]
        if matched and _ELSEWHERE.match(matched[1]) and store not in seen:
            seen.add(store)
            yield Sighting("absolute_path", matched[1], Evidence(entry.path), "configuration")


def quality(name: str) -> str:
    """The quality that a logged name means, or empty: `val_f1_score` is f1."""
    plain = name.rsplit("/", 1)[-1].lower()
    if "loss" in plain and "log" not in plain:
        return ""
    matched = _QUALITIES.search(plain)
    return NAMES.get(matched[1], matched[1]) if matched else ""


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _telling(claims: list[Claim]) -> list[Claim]:
    """One claim a quality, the first seen, and those of training data left out by their names."""
    kept: dict[str, Claim] = {}
    for claim in claims:
        if "train" not in claim.at.path.rsplit("/", 1)[-1]:
            kept.setdefault(claim.metric, claim)
    return list(kept.values())[:MAX_CLAIMS]
