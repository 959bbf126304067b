"""Whatever a caller does to a connection, both ways answer what was asked, in order, and nothing else."""

import asyncio
import json
import socket
from contextlib import closing
from itertools import pairwise
from types import SimpleNamespace

import pytest
import uvicorn
from gateway_process import BEARER, both_ways, eventually, key, route
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from causeway.gateway.door.admission import Admission, overloaded
from causeway.gateway.quick import desk as real_desk
from causeway.gateway.quick.heads import MAX_KNOWN_HEADS
from causeway.gateway.quick.lane import FastLane
from causeway.gateway.routes.routing import Routing
from causeway.gateway.wire.http import Reply, reply_to

ROW = {"tenure": 3, "visits": 2, "plan": "gold"}
BODY = json.dumps({"dataframe_records": [ROW]}).encode()
TOO_MANY = b"tenure\n" + b"1\n" * 10_001


@pytest.fixture(scope="module")
def lanes(signing, churn, tmp_path_factory):
    """The same gateway twice: with the short way, and with the long one only."""
    routes = [route("churn", churn, signing=signing, records="durable", keys=(key(),))]
    with both_ways(tmp_path_factory.mktemp("ways"), *routes) as ways:
        yield ways


def asked(body=BODY, *, more="", length=None) -> bytes:
    head = f"POST /products/churn/invocations HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {BEARER}\r\n{more}"
    said = "" if "transfer-encoding" in more else f"content-length: {length or len(body)}\r\n"
    return f"{head}{said}\r\n".encode() + body


def statuses(caller: socket.socket, count: int) -> list[int]:
    """Those of so many replies, in the order in which they come."""
    read = caller.makefile("rb")
    found = []
    for _ in range(count):
        line = read.readline()
        if not line:
            break
        found.append(int(line.split()[1]))
        length = 0
        while line := read.readline().strip():
            if line.startswith(b"content-length: "):
                length = int(line.split()[1])
        read.read(length)
    return found


BROKEN = asked(b"x\r\n", more="transfer-encoding: chunked\r\n")
STORIES = {
    "what is no request": (asked() + b"nonsense\r\n\r\n", [200, 400]),
    "a broken chunk": (asked() + BROKEN, [200, 400]),
    "two, then a broken chunk": (asked() * 2 + BROKEN, [200, 200, 400]),
    "only a broken chunk": (BROKEN, [400]),
    "no host": (asked() + b"GET /ping HTTP/1.1\r\n\r\n", [200, 400]),
    "more body than declared": (asked(BODY + b"}", length=len(BODY)), [200, 400]),
    "less declared than sent": (asked(length=len(BODY) - 1), [400, 400]),
    "an end of the connection": (asked() * 3 + asked(more="connection: close\r\n") + asked(), [200] * 4),
    "an end that we wanted": (asked(TOO_MANY, more="content-type: text/csv\r\n") + asked(), [413]),
    "a length with zeros": (asked(length="0" * 5000 + str(len(BODY))), [200]),
}


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("case", STORIES)
def test_what_was_asked_is_answered_and_what_breaks_comes_last(lanes, case, half):
    sent, expected = STORIES[case]
    for lane in lanes:
        before = len(lane.recorded())
        with socket.create_connection(("127.0.0.1", lane.port), timeout=10) as caller:
            caller.sendall(sent)
            if half:
                caller.shutdown(socket.SHUT_WR)
            assert statuses(caller, len(expected)) == expected
        assert len(lane.recorded()) - before == expected.count(200)


def test_a_caller_who_sends_no_more_still_gets_every_answer(lanes):
    for lane in lanes:
        with socket.create_connection(("127.0.0.1", lane.port), timeout=10) as caller:
            caller.sendall((asked() + asked(b"{")) * 20)
            caller.shutdown(socket.SHUT_WR)
            assert statuses(caller, 41) == [200, 400] * 20


def test_who_has_no_key_is_told_so_before_the_body(lanes):
    stranger = asked(b"", length=4 << 20).replace(BEARER.encode(), b"nobody")
    for lane in lanes:
        with closing(socket.create_connection(("127.0.0.1", lane.port), timeout=10)) as caller:
            caller.sendall(stranger)
            assert statuses(caller, 1) == [401]


def test_the_calls_of_both_ways_are_counted_alike(lanes):
    def counted(lane):
        page = lane.call("GET", "/metrics").raw.decode()
        return sorted(line for line in page.splitlines() if line.startswith("causeway_requests_total"))

    # whichever tests ran before, they sent the same to both
    eventually(lambda: counted(lanes[0]) == counted(lanes[1]), "the same counts")


class Desk:
    """Takes whatever comes, and never answers."""

    def __init__(self):
        self.took = []
        self.admission = Admission()

    def leave(self):
        pass

    def known(self, _head):
        return None

    def door(self, url):
        return url

    def opened(self, turn, door):
        self.took.append(turn)
        return door

    def take(self, turn, call):
        pass


class Wire(asyncio.Transport):
    def is_closing(self):
        return False


@pytest.mark.parametrize("reads", [True, False])
def test_who_does_not_read_is_answered_the_way_that_waits_for_it(reads):
    desk = Desk()

    async def app(scope, receive, send):
        raise AssertionError

    async def story():
        config = uvicorn.Config(app, lifespan="off", log_config=None)
        lane = FastLane(config, ServerState(), {}, desk=desk)
        lane.connection_made(Wire())
        if not reads:
            lane.pause_writing()
        lane.data_received(asked())
        tasks = list(lane.tasks)
        for task in tasks:
            task.cancel()
        lane.connection_lost(OSError())
        return len(tasks)

    assert (asyncio.run(story()), len(desk.took)) == ((0, 1) if reads else (1, 0))


SETTLED = SimpleNamespace(headers={}, live=SimpleNamespace(product="churn"))


class Echo(Desk):
    """Answers with the body, and remembers heads."""

    def __init__(self):
        super().__init__()
        self.heads = {}
        self.again_asked = 0

    def known(self, head):
        return self.heads.get(head)

    def keep(self, head, _call, *, length):
        self.heads[head] = SimpleNamespace(settled=SETTLED, length=length)

    def again(self, _turn, settled):
        self.again_asked += 1
        return settled

    def take(self, turn, _call):
        turn.reply(Reply(turn.body))


class Heard(Wire):
    def __init__(self):
        super().__init__()
        self.said = b""

    def write(self, data):
        self.said += data

    def pause_reading(self):
        pass

    resume_reading = close = pause_reading


def echoed(packets, desk):
    """The bodies that come back on one connection for these packets."""

    async def story():
        lane = FastLane(CONFIG, ServerState(), {}, desk=desk)
        wire = Heard()
        lane.connection_made(wire)
        for packet in packets:
            lane.data_received(packet)
        lane.connection_lost(None)
        return wire.said

    said, bodies = asyncio.run(story()), []
    while said:
        head, _, said = said.partition(b"\r\n\r\n")
        length = int(head.partition(b"content-length: ")[2].split()[0])
        bodies.append(said[:length])
        said = said[length:]
    return bodies


async def nothing_behind(scope, receive, send):
    raise AssertionError


CONFIG = uvicorn.Config(nothing_behind, lifespan="off", log_config=None, loop="asyncio")
CONFIG.load()
BODIES = st.sampled_from([b"one", b"two", b"three!", b"\r\n\r\n", asked(b"in"), b"x" * 200])
MORE = st.sampled_from(["", "x-request-id: a\r\n", "x-api-key: \t b\r\n"])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_wherever_packets_are_cut_every_body_comes_back_once_and_in_order(data):
    asks = data.draw(st.lists(st.tuples(BODIES, MORE, st.sampled_from([b"", b"", b"\r\n"])), max_size=6))
    whole = [asked(body, more=more) + after for body, more, after in asks]
    stream, ends = b"".join(whole), [len(b"".join(whole[:n])) for n in range(1, len(whole))]
    cut = data.draw(st.lists(st.integers(1, max(1, len(stream))), max_size=4))
    # most packets end where a request does
    edges = sorted({0, len(stream), *cut, *(e for e in ends if data.draw(st.integers(0, 3)))})
    packets = [stream[a:b] for a, b in pairwise(edges)]
    desk = Echo()
    for _ in range(2):
        assert echoed(packets, desk) == [body for body, _, _ in asks]


def test_a_head_that_was_read_is_known_whole_and_only_so():
    desk = Echo()
    assert echoed([asked(b"one"), asked(b"two")], desk) == [b"one", b"two"]
    assert desk.again_asked == 1
    longer = asked(b"three", length=3)
    assert echoed([asked(b"one")[:-1], b"!", asked(b"two"), asked(b"four")], desk) == [
        b"on!",
        b"two",
        b"four",
    ]
    assert desk.again_asked == 2
    assert echoed([longer[:-2]], desk) == [b"thr"]
    assert desk.again_asked == 3


def test_while_more_is_asked_than_can_be_answered_no_head_that_is_known_slips_in():
    desk = Echo()
    # of a head with this word in it nothing is refused unread
    odd = asked(b"one", more="user-agent: close\r\n")
    assert echoed([odd, odd], desk) == [b"one", b"one"]
    assert desk.again_asked == 1
    desk.admission.full = frozenset(["churn"])
    echoed([odd], desk)
    assert desk.again_asked == 1


def test_only_what_asks_for_the_product_that_is_full_is_refused_unread():
    desk = Echo()
    echoed([asked(b"one")], desk)
    shed = [reply_to(overloaded()).body]
    desk.admission.alone = False
    desk.admission.full = frozenset(["other"])
    assert echoed([asked(b"two"), asked(b"six", more="a: b\r\n")], desk) == [b"two", b"six"]
    desk.admission.full = frozenset(["churn"])
    assert echoed([asked(b"two")], desk) == shed
    # whose a head is that was not read before is not known
    assert echoed([asked(b"six", more="c: d\r\n")], desk) == [b"six"]
    desk.admission.alone = True
    assert echoed([asked(b"six", more="e: f\r\n")], desk) == shed


def call_of(name="", **headers):
    known = {each.encode(): value for each, value in headers.items()}
    return SimpleNamespace(settled=SimpleNamespace(name=name, headers=known))


def test_heads_are_forgotten_with_the_routes_by_which_they_were_answered():
    house = SimpleNamespace(routing=Routing(), admission=Admission(), witness=None)
    desk = real_desk.Desk(house)
    desk.door(b"/")
    desk.keep(b"head", call_of(), length=3)
    assert desk.known(b"head").length == 3
    # a key was revoked, say
    house.routing = Routing()
    assert desk.known(b"head") is None
    desk.keep(b"head", call_of(), length=3)
    desk.door(b"/")
    assert desk.known(b"head") is None


def test_so_many_heads_are_remembered_and_none_that_names_its_request():
    desk = real_desk.Desk(SimpleNamespace(routing=Routing(), admission=Admission(), witness=None))
    desk.door(b"/")
    desk.keep(b"named", call_of("mine"), length=3)
    desk.keep(b"a\r\ntraceparent:00-1", call_of(traceparent=b"00-1"), length=3)
    desk.keep(b"x" * 3000, call_of(), length=3)
    assert not any(map(desk.known, (b"named", b"a\r\ntraceparent:00-1", b"x" * 3000)))
    most = MAX_KNOWN_HEADS
    for n in range(most + 10):
        desk.keep(b"%d" % n, call_of(), length=3)
    assert sum(desk.known(b"%d" % n) is not None for n in range(most + 10)) <= most
    assert desk.known(b"%d" % (most + 9)) is not None
