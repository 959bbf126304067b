"""What a gateway holds on to: nothing of connections that ended, and no library that it does not need yet."""

import asyncio
import gc
import json
import subprocess
import sys
import weakref
from types import SimpleNamespace

import pytest
import uvicorn
from uvicorn.server import ServerState

from causeway.gateway.door.admission import Admission
from causeway.gateway.quick.lane import FastLane
from causeway.gateway.wire.http import Reply

ASKED = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi"
NOT_YET = ("click", "multiprocessing", "tempfile", "difflib", "causeway.gateway.openapi.document")


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Wire(asyncio.Transport):
    def __init__(self):
        super().__init__()
        self.closes = False

    def is_closing(self):
        return self.closes

    def write(self, data):
        pass

    def close(self):
        self.closes = True

    def pause_reading(self):
        pass

    resume_reading = pause_reading


async def answers(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def desk(*, short, replies):
    """Takes the short way or not, and replies or never does."""

    def take(turn, _call):
        if replies:
            turn.reply(Reply(turn.body))

    def nothing(*_, **__):
        return None

    return SimpleNamespace(
        admission=Admission(),
        door=(lambda url: url) if short else nothing,
        opened=lambda _turn, door: door,
        **dict.fromkeys(("known", "keep", "leave"), nothing),
        take=take,
    )


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("lost", [None, ConnectionResetError()])
@pytest.mark.parametrize(("short", "replies"), [(True, True), (True, False), (False, True)])
def test_a_connection_that_ended_is_freed_without_the_collector(short, replies, lost):
    async def story():
        config = uvicorn.Config(answers, lifespan="off", log_config=None)
        lane = FastLane(config, ServerState(), {}, desk=desk(short=short, replies=replies))
        wire = Wire()
        lane.connection_made(wire)
        lane.data_received(ASKED)
        await asyncio.gather(*lane.tasks)
        wire.closes = True
        lane.connection_lost(lost)
        freed = weakref.ref(lane)
        del lane
        await asyncio.sleep(0)
        return freed() is None

    assert asyncio.run(story())


def test_a_gateway_starts_without_what_it_may_never_need():
    code = f"""
import json, sys
from causeway.gateway.__main__ import main
sys.argv[1:] = ["--routes"]
try:
    main()
except SystemExit:
    print(json.dumps([name for name in {NOT_YET!r} if name in sys.modules]))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == []
