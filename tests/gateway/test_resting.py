"""Who was just refused because too much is asked is not read for a while, and loses nothing by it."""

import asyncio
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace

import pytest
import uvicorn
from uvicorn.server import ServerState

from causeway.gateway.door.admission import REST_SECONDS, SLICE_SECONDS, Admission, overloaded
from causeway.gateway.door.resting import EARLY, LONG_WAY_SECONDS, READ_SECONDS, UNREAD_SECONDS, Resting
from causeway.gateway.quick.lane import FastLane
from causeway.gateway.wire.http import TURNED_AWAY, Reply, reply_to
from causeway.gateway.wire.http_limits import BoundedProtocol

PATIENCE_SECONDS = 20
LONG_SECONDS = 600.0
"""So long that nobody is listened to again while a test runs."""
HEAD = b"POST /products/churn/invocations HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n"
REFUSAL = reply_to(overloaded())


class Desk:
    """Answers with the body; where it is asked for too much, it refuses once the head is there."""

    def __init__(self, *, alone=True):
        self.admission = Admission()
        self.admission.alone = alone

    def leave(self):
        pass

    def known(self, _head):
        return None

    def keep(self, *_head, length):
        pass

    def door(self, url):
        return url

    def opened(self, turn, door):
        if not self.admission.full:
            return door
        turn.turned_away = True
        self.admission.resting.spent(READ_SECONDS)
        turn.reply(REFUSAL)
        return None

    def take(self, turn, _call):
        turn.reply(Reply(turn.body))


async def refusing(scope, receive, send):
    scope["state"][TURNED_AWAY] = True
    await send({"type": "http.response.start", "status": 503, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


CONFIG = uvicorn.Config(refusing, lifespan="off", log_config=None, loop="asyncio")
CONFIG.load()


@asynccontextmanager
async def connected(desk, *, most=LONG_SECONDS, long_way=False):
    """A caller's two ends, and the connection as the gateway has it; the first refusal makes it rest."""
    desk.admission.resting.most = most
    made = []

    def protocol():
        given = (CONFIG, ServerState(), {})
        made.append(BoundedProtocol(*given) if long_way else FastLane(*given, desk=desk))
        made[0].resting = desk.admission.resting
        return made[0]

    async with asyncio.timeout(PATIENCE_SECONDS):
        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            yield reader, writer, made
        finally:
            made[0].transport.abort()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            server.close()
            await server.wait_closed()


async def answer(reader) -> tuple[int, bool, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.partition(b"content-length: ")[2].split()[0])
    return int(head.split()[1]), b"connection: close" in head, await reader.readexactly(length)


REFUSED = (503, False, REFUSAL.body)


@pytest.fixture
def dear(monkeypatch):
    """One refusal takes all the time that there is for refusing."""
    monkeypatch.setattr("causeway.gateway.door.resting.SHARE", 1e-9)


async def rests(connection):
    """Waits until it does."""
    while not connection._rests:  # noqa: ASYNC110 - nobody is told of it
        await asyncio.sleep(0.001)


def test_few_refusals_make_nobody_rest():
    resting = Resting(0.5)
    resting.spent(UNREAD_SECONDS)
    assert not resting.rest(SimpleNamespace(listen=None))


def test_each_rests_until_refusing_took_no_more_than_its_share_and_is_listened_to_in_turn():
    async def story():
        resting, heard, all_heard = Resting(LONG_SECONDS), [], asyncio.Event()
        rested = []
        loop = asyncio.get_running_loop()
        began = loop.time()

        def listen(number):
            heard.append((number, loop.time() - began))
            if number == 199:
                all_heard.set()

        for number in range(200):
            resting.spent(UNREAD_SECONDS)
            if resting.rest(SimpleNamespace(listen=lambda number=number: listen(number))):
                rested.append(number)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await all_heard.wait()
        assert [number for number, _ in heard] == rested
        assert len(rested) > 180
        assert heard[-1][1] > 0.1

    asyncio.run(story())


def test_nobody_rests_longer_than_the_shortest_deadline_allows():
    door = Admission()
    assert door.resting.most == REST_SECONDS
    door.heed([100.0, 5000.0])
    assert door.resting.most == 0.05
    door.heed([1.0])
    assert door.resting.most == SLICE_SECONDS


def test_where_others_have_the_processor_a_rest_is_longer_but_for_deadlines(monkeypatch):
    clock, used = [100.0], [0.0]
    times = SimpleNamespace(monotonic=lambda: clock[0], process_time=lambda: used[0])
    monkeypatch.setattr("causeway.gateway.door.resting.time", times)
    rests = []
    for had, deadlines in ((1.0, []), (0.5, []), (0.25, []), (0.01, []), (0.25, [1000.0])):
        door = Admission()
        door.heed(deadlines)
        for _ in range(2):
            clock[0], used[0] = clock[0] + 0.2, used[0] + 0.2 * had
            door.resting.spent(1.0)
        rests.append(round(door.resting.ends_at - clock[0], 3))
    assert rests == [0.5, 1.0, 2.0, 2.5, 0.5]


def test_while_there_is_room_those_who_rest_come_back_a_few_at_a_time(dear):
    async def story():
        door, heard, all_heard = Admission(), [], asyncio.Event()
        door.resting.most = door.resting.longest = LONG_SECONDS

        def listen(number):
            heard.append(number)
            if number == EARLY:
                # it is refused again: the others go on resting
                door.resting.spent(UNREAD_SECONDS)
            elif number == 2 * EARLY + 1:
                all_heard.set()

        for number in range(2 * EARLY + 2):
            door.resting.spent(UNREAD_SECONDS)
            assert door.resting.rest(SimpleNamespace(listen=lambda number=number: listen(number)))
        async with asyncio.timeout(PATIENCE_SECONDS):
            door.settle([])
            while len(heard) <= EARLY:  # noqa: ASYNC110 - nobody is told of it
                await asyncio.sleep(0.001)
            assert heard == [*range(2 * EARLY)]
            assert door.resting._timer.when() - asyncio.get_running_loop().time() > 1
            door.settle([])
            await all_heard.wait()
        assert heard == [*range(2 * EARLY + 2)]

    asyncio.run(story())


def test_what_it_sends_meanwhile_is_answered_after_the_rest(dear):
    async def story():
        desk = Desk()
        async with connected(desk, most=0.05) as (reader, writer, made):
            desk.admission.full = frozenset(["churn"])
            writer.write(HEAD + b"one")
            assert await answer(reader) == REFUSED
            assert made[0]._rests
            assert not made[0].transport.is_reading()
            desk.admission.full = frozenset()
            writer.write(HEAD + b"two")
            assert await answer(reader) == (200, False, b"two")
            assert not made[0]._rests
            # and who is not refused goes on at once
            desk.admission.resting.most = LONG_SECONDS
            writer.write(HEAD + b"six")
            assert await answer(reader) == (200, False, b"six")
            assert made[0].transport.is_reading()

    asyncio.run(story())


def test_who_sends_no_more_while_it_rests_is_answered(dear):
    async def story():
        desk = Desk()
        async with connected(desk, most=0.05) as (reader, writer, _):
            desk.admission.full = frozenset(["churn"])
            writer.write(HEAD + b"one")
            assert await answer(reader) == REFUSED
            desk.admission.full = frozenset()
            writer.write(HEAD + b"two")
            writer.write_eof()
            assert await answer(reader) == (200, False, b"two")
            assert await reader.read() == b""

    asyncio.run(story())


@pytest.mark.parametrize("says", [b"two", b""])
def test_a_gateway_that_ends_answers_what_lies_there_before(dear, says):
    async def story():
        desk = Desk()
        async with connected(desk) as (reader, writer, made):
            desk.admission.full = frozenset(["churn"])
            writer.write(HEAD + b"one")
            assert await answer(reader) == REFUSED
            assert made[0]._rests
            if says:
                writer.write(HEAD + says)
            made[0].shutdown()
            if says:
                assert await answer(reader) == (503, True, REFUSAL.body)
            assert await reader.read() == b""

    asyncio.run(story())


def test_a_process_that_is_to_end_has_nobody_rest(dear):
    async def story():
        desk = Desk()
        async with connected(desk) as (reader, writer, made):
            desk.admission.full = frozenset(["churn"])
            writer.write(HEAD + b"one")
            assert await answer(reader) == REFUSED
            made[0].leaves = True
            made[0].listen()
            writer.write(HEAD + b"two")
            assert await answer(reader) == (503, True, REFUSAL.body)
            assert await reader.read() == b""

    asyncio.run(story())


def test_it_rests_between_two_requests_only(dear):
    async def story():
        desk = Desk(alone=False)
        async with connected(desk) as (reader, writer, made):
            desk.admission.full = frozenset(["churn"])
            writer.write(HEAD + b"o")
            assert await answer(reader) == REFUSED
            # what is still to come of the body is read, and of no use to anybody
            assert not made[0]._rests
            assert made[0].transport.is_reading()
            writer.write(b"ne" + (HEAD + b"two") * 3)
            assert [await answer(reader) for _ in range(3)] == [REFUSED] * 3
            await rests(made[0])

    asyncio.run(story())


def test_on_the_long_way_it_rests_as_well_and_who_is_gone_is_no_trouble(dear):
    async def story():
        desk = Desk()
        async with connected(desk, long_way=True) as (reader, writer, made):
            for _ in range(2):
                desk.admission.resting.spent(LONG_WAY_SECONDS)
                writer.write(HEAD + b"one")
                assert (await answer(reader))[0] == 503
                await rests(made[0])
                made[0].listen()
                assert made[0].transport.is_reading()
            made[0].transport.abort()
            made[0].listen()
            assert made[0].transport.is_closing()

    asyncio.run(story())
