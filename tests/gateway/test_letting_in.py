"""Who is let in, how long one waits, and what becomes of a call that nobody waits for: the rules alone."""

import asyncio
import math
from types import SimpleNamespace

import pytest

from causeway.gateway.calls.deadlines import HEADER, awaited, patience_of
from causeway.gateway.door.admission import QUEUE_SECONDS, SLICE_SECONDS, Admission, Pace, is_whole_post
from causeway.gateway.quick.desk import Desk, Waiting
from causeway.gateway.refusals import DeadlinePassed, Malformed, Overloaded
from causeway.gateway.wire.http import Gone


def calls(count, *, rows=1, row_seconds=0.001, product="churn"):
    pace = Pace()
    pace.last.append(row_seconds)
    return [SimpleNamespace(rows=rows, pace=pace, product=product) for _ in range(count)]


def test_as_many_wait_as_can_be_answered_in_time():
    door = Admission()
    assert door.weigh(calls(100)) is False
    assert not door.full
    assert 250 <= door.room <= 251
    door.weigh(calls(251))
    with pytest.raises(Overloaded) as refused:
        door.check("churn")
    assert refused.value.retry_after == 1
    door.settle(calls(251)[:100])
    door.check("churn")


def test_a_slow_product_closes_its_own_door_and_no_other():
    door = Admission()
    slow, fast = calls(12, row_seconds=0.06, product="slow"), calls(100, product="fast")
    assert door.weigh(slow + fast) is False
    assert door.full == {"slow"}
    door.check("fast")
    with pytest.raises(Overloaded):
        door.check("slow")
    # each has its share of the time, so that all together are bounded
    door.weigh(slow + calls(126, product="fast"))
    assert door.full == {"slow", "fast"}
    door.settle(slow[:2] + fast)
    assert not door.full


def test_products_take_turns_so_that_none_waits_for_anothers_rows():
    door, waiting = Admission(), []
    for product in ("slow", "slower"):
        waiting += calls(6, row_seconds=0.06, product=product)
    waiting += calls(12, product="fast")
    served = []
    while waiting:
        first, waiting = door.cut(waiting)
        served.append([each.product for each in first])
    assert served[0] == ["slow"]
    assert served[1] == ["slower"]
    assert served[2] == ["fast"] * 4 + ["slow"]
    assert sum(each.count("fast") for each in served[:9]) == 12
    assert sum(map(len, served)) == 24


def test_on_the_long_way_a_slow_product_spends_its_own_share_of_a_turn():
    door = Admission()
    assert door.began(0.0)
    for n in range(5):
        door.check_turn(n * 0.06, "slow")
    with pytest.raises(Overloaded):
        door.check_turn(0.3, "slow")
    door.check_turn(0.3, "fast")
    assert not door.began(0.3)
    door.turned()
    assert door.began(0.4)
    door.check_turn(0.4, "slow")


def test_one_slow_product_does_not_have_the_others_weighed_row_by_row():
    door = Admission()
    waiting = calls(3, row_seconds=10.0, product="slow") + calls(100, row_seconds=1e-5, product="fast")
    door.weigh(waiting)
    assert not door.full
    assert door.room > len(waiting) + 5


def test_a_slow_model_has_room_for_a_few_in_any_case():
    door = Admission()
    door.weigh(calls(3, row_seconds=10.0))
    assert not door.full
    door.weigh(calls(4, row_seconds=10.0))
    assert door.full == {"churn"}


def test_a_slice_is_as_long_as_nobody_is_listened_to():
    door = Admission()
    assert len(door.cut(calls(100))[0]) == round(SLICE_SECONDS / 0.001)
    assert len(door.cut(calls(3, row_seconds=10.0))[0]) == 1
    assert len(door.cut(calls(3, rows=512, row_seconds=1e-6))[0]) == 1
    assert len(door.cut(calls(1, rows=10_000, row_seconds=1.0))[0]) == 1


def test_fast_models_are_never_weighed_row_by_row():
    door = Admission()
    assert door.weigh(calls(512, row_seconds=1e-6)) is True
    door.settle([])
    assert door.slice_rows == 512


def test_one_stall_does_not_make_a_model_slow():
    pace = Pace()
    pace.last.extend([0.001] * 8)
    pace.last.append(5.0)
    assert pace.seconds == 0.001


def test_a_releases_first_run_and_one_stall_after_it_close_no_door():
    door, pace = Admission(), Pace()
    door.learn(pace, seconds=0.5, rows=1)
    assert pace.seconds == 0.0
    door.learn(pace, seconds=0.2, rows=1)
    door.learn(pace, seconds=0.001, rows=1)
    assert pace.seconds == 0.001


def test_time_in_which_others_had_the_processor_makes_no_model_slow(monkeypatch):
    desk = Desk(SimpleNamespace(admission=Admission(), witness=None))
    call = SimpleNamespace(pace=Pace(), rows=1)
    call.pace.fresh = False
    monkeypatch.setattr(desk, "_answer", lambda _group: None)
    clocks = SimpleNamespace(thread_time=iter([1.0, 1.002]).__next__, perf_counter=iter([1.0, 9.0]).__next__)
    monkeypatch.setattr("causeway.gateway.quick.desk.time", clocks)
    desk._answer_paced([call])
    assert call.pace.seconds == pytest.approx(0.002)


def test_the_shortest_deadline_is_heeded():
    door = Admission()
    door.heed([100.0, 5000.0])
    assert door.seconds == 0.05
    door.heed([1.0])
    assert door.seconds == SLICE_SECONDS
    door.heed([])
    assert door.seconds == QUEUE_SECONDS


def test_bodies_on_the_long_way_have_so_much_room():
    door = Admission()
    with door.beside(200 << 20), pytest.raises(Overloaded), door.beside(100 << 20):
        pass
    with door.beside(100 << 20):
        pass


HEAD = b"POST /products/churn/invocations HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n"
POSTS = {
    "a plain one": (HEAD + b"\r\n{}", True),
    "large letters": (HEAD.replace(b"content-length", b"Content-LENGTH") + b"\r\n{}", True),
    "less than it says": (HEAD + b"\r\n{", False),
    "more than it says": (HEAD + b"\r\n{}{", False),
    "no end of the head": (HEAD, False),
    "another method": (HEAD.replace(b"POST", b"GET ") + b"\r\n{}", False),
    "an older version": (HEAD.replace(b"1.1", b"1.0") + b"\r\n{}", False),
    "two lengths": (HEAD + b"content-length: 2\r\n\r\n{}", False),
    "a length that is none": (HEAD.replace(b": 2", b": +2") + b"\r\n{}", False),
    "a transfer coding": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n{}", False),
    "an expectation": (HEAD + b"expect: 100-continue\r\n\r\n{}", False),
    "an upgrade": (HEAD + b"upgrade: h2c\r\n\r\n{}", False),
    "the last one": (HEAD + b"connection: Close\r\n\r\n{}", False),
    "a line that goes on": (HEAD + b"x: y\r\n z\r\n\r\n{}", False),
    "a bare line feed": (HEAD + b"x: y\ntransfer-encoding: chunked\r\n\r\n{}", False),
}


@pytest.mark.parametrize("case", POSTS)
def test_only_a_plain_request_is_refused_unread(case):
    data, plain = POSTS[case]
    assert is_whole_post(data) is plain


@pytest.mark.parametrize(
    ("said", "most", "patience"),
    [
        (None, None, math.inf),
        (None, 2000.0, 2.0),
        (b"250", None, 0.25),
        (b"250", 100.0, 0.1),
        (b"50", 100.0, 0.05),
    ],
)
def test_a_caller_waits_as_long_as_it_says_and_the_route_allows(said, most, patience):
    assert patience_of({} if said is None else {HEADER: said}, most) == patience


@pytest.mark.parametrize("said", [b"", b"soon", b"0", b"-1", b"nan", b"inf", b"1e400", b"9" * 30])
def test_a_deadline_is_a_number_of_milliseconds(said):
    with pytest.raises(Malformed):
        patience_of({HEADER: said}, None)


def waited(message, *, until=math.inf):
    """What becomes of work that never ends, where this is what the server hears of the caller."""

    async def story():
        work = asyncio.get_running_loop().create_future()

        async def receive():
            if message is None:
                await asyncio.get_running_loop().create_future()
            return {"type": message}

        try:
            await awaited(work, receive, until=until)
        finally:
            assert work.cancelled()

    asyncio.run(story())


def test_work_ends_when_its_caller_goes_or_waits_no_more():
    with pytest.raises(Gone):
        waited("http.disconnect")
    with pytest.raises(DeadlinePassed):
        waited(None, until=0.0)
    # a server that does not tell who goes away
    with pytest.raises(DeadlinePassed):
        waited("http.request", until=0.0)


def test_at_the_desk_nobody_is_answered_who_is_gone_or_waited_too_long():
    refused = []
    desk = Desk(SimpleNamespace(admission=Admission(), witness=None))
    desk.refuse = lambda exchange, _call, error: refused.append((exchange, error.code))

    def waiting(*, gone=False, until=math.inf):
        exchange, call = SimpleNamespace(disconnected=gone), SimpleNamespace(until=until)
        return Waiting(exchange, call, None, None, None, 1)

    here, gone, late = waiting(), waiting(gone=True), waiting(until=0.0)
    assert desk._awaited([here, gone, late]) == [here]
    assert refused == [(late.exchange, "deadline")]


def test_what_waits_for_the_disk_is_an_answer_that_is_made(monkeypatch):
    """Not all that it is made of: the memory of a whole turn would be held until the flush."""
    happened, waits = [], []
    recorder = SimpleNamespace(commit=lambda _product, _frames, done: waits.append(done), failures={})
    measures = SimpleNamespace(
        answered=lambda *_, rows, **__: happened.append(rows),
        count=lambda *_, **__: None,
        refused=lambda *_: None,
    )
    desk = Desk(SimpleNamespace(admission=Admission(), witness=None, recorder=recorder, measures=measures))
    monkeypatch.setattr("causeway.gateway.quick.desk.answered", lambda *_: SimpleNamespace(ids=["a", "b"]))
    monkeypatch.setattr("causeway.gateway.quick.desk.frames_of", lambda *_: [b"", b""])
    live = SimpleNamespace(route=SimpleNamespace(records="durable"), product="churn")
    variant = SimpleNamespace(loaded=SimpleNamespace(version="1"))
    call = SimpleNamespace(
        live=live, variant=variant, key=SimpleNamespace(id="k"), refuser="1", replied=lambda told, _id: told
    )
    for kept in (True, False):
        exchange = SimpleNamespace(started=0.0, reply=happened.append)
        each = SimpleNamespace(
            call=call,
            exchange=exchange,
            asked=None,
            checked=SimpleNamespace(rows=[]),
            rows=2,
            spoken=(None, lambda _made: happened.append("made") or SimpleNamespace(status=200)),
        )
        desk._give(each, None)
        assert happened == ["made"]
        waits.pop()(kept)
        assert happened[-1].status == (200 if kept else 503)
        assert happened[1:-1] == ([2] if kept else [])
        happened.clear()
