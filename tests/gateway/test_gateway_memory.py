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
from causeway.gateway.processes import memory
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


MAPPED = """\
55d0c0a00000-55d0c0a01000 r--p 00000000 fe:00 1234                       /usr/lib/clean.so
Size:                  4 kB
Rss:                   4 kB
Anonymous:             0 kB
VmFlags: rd mr mw me
55d0c0a01000-55d0c0a05000 r-xp 00001000 fe:00 1234                       /usr/lib/a name.so (deleted)
Size:                 16 kB
Anonymous:             0 kB
55d0c0a05000-55d0c0a06000 r--p 00005000 fe:00 1234                       /usr/lib/relocated.so
Anonymous:             4 kB
55d0c0a06000-55d0c0a07000 rw-p 00006000 fe:00 1234                       /usr/lib/written.so
Anonymous:             0 kB
55d0c0a07000-55d0c0a08000 r--s 00000000 fe:00 1234                       /usr/lib/shared
Anonymous:             0 kB
55d0c0b00000-55d0c0b01000 r--p 00000000 00:00 0
Anonymous:             0 kB
7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]
Anonymous:             0 kB
"""


def test_only_pages_that_can_be_read_again_as_they_were_are_given_back():
    page = 0x1000
    assert list(memory._untouched(MAPPED)) == [
        (0x55D0C0A00000, 0x55D0C0A00000 + page),
        (0x55D0C0A01000, 0x55D0C0A01000 + 4 * page),
    ]


def resident_kb() -> int:
    lines = memory.MAPPINGS.with_name("smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))


@pytest.mark.skipif(not memory.MAPPINGS.exists(), reason="needs Linux's /proc")
def test_what_starting_needed_of_files_is_read_again_when_it_is_needed():
    before = resident_kb()
    memory._forget_files()
    assert resident_kb() < before - 1000
    assert json.loads(json.dumps({"a": [1.5]})) == {"a": [1.5]}
