"""New connections, and calls of gRPC, are held back while refusing them takes more than its share."""

import asyncio
import socket
from types import SimpleNamespace

import pytest
from test_behind import Slow, on_a_line
from test_fast_lane_hostile import asked

from causeway.gateway.app import App
from causeway.gateway.door.admission import Admission, Pace
from causeway.gateway.door.resting import Resting
from causeway.gateway.records.recorder import Recorder
from causeway.gateway.wire.doorstep import Doorstep

PATIENCE_SECONDS = 20


class Noted:
    """A doorstep that says what became of it."""

    def __init__(self):
        self.shuts = self.opens = 0

    def shut(self):
        self.shuts += 1

    def open(self):
        self.opens += 1


def with_doorstep(resting):
    resting.doorstep = Noted()
    return resting.doorstep


@pytest.fixture
def dear(monkeypatch):
    """One refusal takes all the time that there is for refusing."""
    monkeypatch.setattr("causeway.gateway.door.resting.SHARE", 1e-9)


def calls(count):
    pace = Pace()
    pace.last.append(0.001)
    return [SimpleNamespace(rows=1, pace=pace, product="churn") for _ in range(count)]


def test_few_newcomers_that_are_refused_shut_nothing():
    resting = Resting(0.5)
    noted = with_doorstep(resting)
    resting.newcomer()
    assert not resting.shut
    assert not noted.shuts


def test_the_door_is_opened_after_the_rest(dear):
    async def story():
        resting = Resting(0.02)
        noted = with_doorstep(resting)
        resting.newcomer()
        resting.newcomer()
        assert (resting.shut, noted.shuts, noted.opens) == (True, 1, 0)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while resting.shut:  # noqa: ASYNC110 - nobody is told of it
                await asyncio.sleep(0.001)
        assert noted.opens == 1

    asyncio.run(story())


def test_the_door_is_opened_as_soon_as_those_who_wait_are_no_more_than_half(dear):
    async def story():
        door = Admission()
        noted = with_doorstep(door.resting)
        door.resting.newcomer()
        door.settle(calls(200))
        assert not noted.opens
        door.settle(calls(100))
        assert noted.opens == 1
        door.settle([])
        assert noted.opens == 1

    asyncio.run(story())


def test_only_the_first_request_of_a_connection_makes_it_a_newcomer(dear):
    desk = Slow()

    async def story(lane, _line):
        noted = with_doorstep(desk.admission.resting)
        lane.data_received(asked(b"one"))
        desk.answer()
        desk.admission.full = frozenset(["churn"])
        lane.data_received(asked(b"two"))
        assert not noted.shuts

    on_a_line(story, desk)

    async def refused(lane, _line):
        noted = with_doorstep(desk.admission.resting)
        lane.data_received(asked(b"two"))
        assert noted.shuts == 1

    on_a_line(refused, desk)


def test_a_door_that_is_shut_leaves_callers_waiting_and_loses_none():
    async def story():
        came = asyncio.Queue()

        class Taken(asyncio.Protocol):
            def connection_made(self, transport):
                came.put_nowait(transport)

        bound = socket.create_server(("127.0.0.1", 0))
        bound.setblocking(False)
        doorstep = Doorstep([bound], Taken, None)
        await doorstep.take()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                callers = [await asyncio.open_connection(*bound.getsockname())]
                transports = [await came.get()]
                doorstep.shut()
                assert not doorstep.servers
                callers += [await asyncio.open_connection(*bound.getsockname()) for _ in range(3)]
                await asyncio.sleep(0)
                assert came.empty()
                doorstep.open()
                transports += [await came.get() for _ in range(3)]
                # nobody opens it again once the gateway ends
                doorstep.shut()
                doorstep.close()
                doorstep.open()
                await asyncio.sleep(0)
                assert not doorstep.servers
                for transport in transports:
                    transport.abort()
                for _, writer in callers:
                    writer.close()
        finally:
            doorstep.shut()
            bound.close()
        assert loop.is_running()

    asyncio.run(story())


def test_a_call_of_grpc_is_refused_unread_and_the_next_on_its_connection_waits(dear, tmp_path):
    grpc = pytest.importorskip("grpc", reason="needs the extra causeway[grpc]")
    from causeway.gateway.rpc.messages import SERVICE  # noqa: PLC0415 - needs the extra
    from causeway.gateway.rpc.service import PUSHBACK, serving  # noqa: PLC0415 - the same

    async def story():
        app = App(Recorder(tmp_path / "records", rotate_seconds=10.0))
        app.admission.full = frozenset(["churn"])
        app.admission.resting.most = 0.2
        loop = asyncio.get_running_loop()
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            serving(app, None, ("127.0.0.1", 0), shared=False, certificate=None) as port,
            grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
        ):
            ask = channel.unary_unary(f"/{SERVICE}/ModelInfer")
            began = loop.time()
            for _ in range(2):
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await ask(b"")
                assert caught.value.code().name == "RESOURCE_EXHAUSTED"
                told = dict(caught.value.trailing_metadata())
                assert (told["retry-after"], told[PUSHBACK]) == ("1", "1000")
            assert loop.time() - began >= 0.19
            assert app.admission.take_shed() == 2
        await app.recorder.close()

    asyncio.run(story())


def test_who_was_not_refused_never_waits(dear):
    pytest.importorskip("grpc", reason="needs the extra causeway[grpc]")
    from causeway.gateway.rpc.peers import MAX_PEERS, Peers  # noqa: PLC0415 - needs the extra

    async def story():
        peers = Peers(Resting(0.01))
        await peers.rested("a")
        for number in range(MAX_PEERS + 5):
            peers.refused(str(number))
        assert len(peers._until) <= MAX_PEERS + 5
        await peers.rested("0")
        await peers.rested("0")

    asyncio.run(story())


def test_cheap_refusals_of_grpc_make_nobody_wait():
    pytest.importorskip("grpc", reason="needs the extra causeway[grpc]")
    from causeway.gateway.rpc import peers  # noqa: PLC0415 - needs the extra

    made = peers.Peers(Resting(0.0))
    made.refused("a")
    assert not made._until
