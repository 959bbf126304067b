"""Scoring that was stopped at its very end: what it put in its place is known again."""

from pathlib import Path

import polars as pl
import pytest
from scoring import release
from test_score import facts, here, scored  # noqa: F401 - the fixture

import shipyard
from causeway.actions.score.score import Wanted, score
from causeway.core.errors import UsageError
from causeway.core.events import ScoreFinished

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def stopped_before(folder, digest, target, kind, monkeypatch):
    """A scoring that ends, as if it were killed, when it would put down a fact of this kind."""
    work = shipyard.workspace(folder)
    append = type(work.ledger).append

    def stop(ledger, product, told, **more):
        if any(isinstance(fact, kind) for fact in told):
            raise KeyboardInterrupt
        return append(ledger, product, told, **more)

    monkeypatch.setattr(type(work.ledger), "append", stop)
    with pytest.raises(KeyboardInterrupt):
        score(work, folder, Wanted(digest, "rows.csv", target, part_rows=300))
    monkeypatch.setattr(type(work.ledger), "append", append)


@pytest.mark.parametrize("target", ["out.parquet", "answers"])
def test_what_it_put_in_its_place_before_it_was_stopped_is_its_own(here, target, monkeypatch):  # noqa: F811 - the fixture
    digest = release(here)[7:]
    stopped_before(here, digest, target, ScoreFinished, monkeypatch)
    assert Path(target).exists()
    assert facts(here, ScoreFinished) == []
    report = scored(here, digest, target=target)
    assert (report.status, report.taken_up) == ("scored", 1)
    assert scored(here, digest, target=target).status == "already_scored"
    files = sorted(Path(target).iterdir()) if target == "answers" else [Path(target)]
    assert sum(len(pl.read_parquet(file)) for file in files) == report.scored
    assert list((here / ".causeway" / "scores").iterdir()) == []


def test_what_somebody_else_put_there_in_between_is_not(here, monkeypatch):  # noqa: F811 - the fixture
    digest = release(here)[7:]
    stopped_before(here, digest, "out.parquet", ScoreFinished, monkeypatch)
    Path("out.parquet").write_bytes(b"mine")
    with pytest.raises(UsageError, match="something else"):
        scored(here, digest)
    assert Path("out.parquet").read_bytes() == b"mine"
