from datetime import UTC, datetime, timedelta

from causeway.assess.due import Waiting, due
from causeway.views.product import ProductState, Routing, RunSeen, Waiver

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def what(state=None, *, waiting=Waiting(), **options):  # noqa: B008 - frozen
    return [each.what for each in due(state or ProductState(), NOW, waiting=waiting, **options)]


def live(release="r1", *waivers):
    routing = Routing(seq=1, at=NOW, actor="a", shares={release: 100}, reason="ship", stage="sandbox")
    return ProductState(routings=[routing], waivers=list(waivers))


def waiver(*, until, release="r1"):
    return Waiver("NO-SKILL", "demo", "a", NOW - HOUR, 1, until=until, release=release)


def test_nothing_is_due_where_nothing_happened():
    assert what() == []


def test_records_are_sealed_once_they_waited_long_enough():
    waiting = Waiting(100, NOW - timedelta(seconds=59))
    assert what(waiting=waiting) == ["seal"]
    assert what(waiting=waiting, seal_after=timedelta(minutes=1)) == []
    waiting = Waiting(100, NOW - timedelta(seconds=60))
    assert what(waiting=waiting, seal_after=timedelta(minutes=1)) == ["seal"]


def test_empty_logs_are_not_sealed():
    assert what(waiting=Waiting(0, NOW - HOUR)) == []


def test_a_waiver_that_ended_is_named_while_it_matters():
    assert what(live("r1", waiver(until=NOW))) == ["waiver_ended"]
    assert what(live("r1", waiver(until=NOW, release=""))) == ["waiver_ended"]
    assert what(live("r1", waiver(until=NOW + HOUR))) == []
    assert what(live("r2", waiver(until=NOW))) == []
    assert what(live("r1", waiver(until=NOW), waiver(until=None))) == []


def test_a_run_that_fell_silent_is_named():
    def state(status, heard_at):
        return ProductState(runs={"n1": RunSeen("n1", status, heard_at, heard_at)})

    assert what(state("open", NOW - HOUR)) == ["run_silent"]
    assert what(state("open", NOW - HOUR / 2)) == []
    assert what(state("made", NOW - HOUR)) == []
