"""Requests that come together are read one after another, and refused all at once where the door is shut."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_fast_lane_hostile import CONFIG, Echo, Heard, asked
from uvicorn.server import ServerState

from causeway.gateway.quick.behind import Behind
from causeway.gateway.quick.lane import FastLane
from causeway.gateway.quick.replies import OVERLOADED
from causeway.gateway.wire.http import Reply

GET = b"GET /ping HTTP/1.1\r\nhost: a\r\n\r\n"
CHUNKED = asked(b"3\r\none\r\n0\r\n\r\n", more="transfer-encoding: chunked\r\n", length=None)
SHED = (503, OVERLOADED.body)


class Slow(Echo):
    """Answers with the body, when it is asked to."""

    def __init__(self):
        super().__init__()
        self.waits = []
        self.most = 0

    def take(self, turn, _call):
        self.waits.append(turn)
        self.most = max(self.most, len(self.waits))

    def answer(self):
        turn = self.waits.pop(0)
        turn.reply(Reply(turn.body))


class Line(Heard):
    """The caller's end; it counts writes, and knows whether it is listened to."""

    def __init__(self):
        super().__init__()
        self.writes = 0
        self.listens = True
        self.closed = False

    def write(self, data):
        self.writes += 1
        super().write(data)

    def pause_reading(self):
        self.listens = False

    def resume_reading(self):
        self.listens = True

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed

    @property
    def answers(self):
        found, said = [], self.said
        while said:
            head, _, said = said.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split()[0])
            found.append((int(head.split()[1]), said[:length]))
            said = said[length:]
        return found


def on_a_line(story, desk):
    async def told():
        lane, line = FastLane(CONFIG, ServerState(), {}, desk=desk), Line()
        lane.resting = desk.admission.resting
        lane.resting.most = 600.0
        lane.connection_made(line)
        try:
            await story(lane, line)
        finally:
            lane.connection_lost(None)

    asyncio.run(told())


def plain(*stories):
    """A story that nothing is waited for in."""

    async def told(lane, line):
        for story in stories:
            story(lane, line)

    return told


def test_one_after_another_is_read_and_nothing_more_until_all_are_answered():
    desk = Slow()

    def story(lane, line):
        lane.data_received(b"".join(asked(b"%d" % n) for n in range(5)))
        for n in range(5):
            assert [turn.body for turn in desk.waits] == [b"%d" % n]
            assert line.listens == (n == 4)
            desk.answer()
        assert line.answers == [(200, b"%d" % n) for n in range(5)]
        assert line.listens
        # all but the first were known by their head
        assert desk.again_asked == 4

    on_a_line(plain(story), desk)


def test_what_comes_meanwhile_comes_behind():
    desk = Slow()

    def story(lane, line):
        whole = asked(b"two") + asked(b"three")
        lane.data_received(asked(b"one") + whole[:-60])
        lane.data_received(whole[-60:-2])
        lane.data_received(whole[-2:] + asked(b"four"))
        for _ in range(4):
            desk.answer()
        assert [body for _, body in line.answers] == [b"one", b"two", b"three", b"four"]

    on_a_line(plain(story), desk)


def test_however_many_are_answered_at_once_none_is_read_within_another():
    desk = Echo()

    def story(lane, line):
        lane.data_received(asked(b"one") * 3000)
        assert line.answers == [(200, b"one")] * 3000

    on_a_line(plain(story), desk)


def test_behind_a_door_that_is_shut_all_are_refused_by_one_write():
    desk = Slow()

    def story(lane, line):
        lane.data_received(asked(b"one") + asked(b"two") * 19)
        desk.admission.full = frozenset(["churn"])
        desk.answer()
        assert line.answers == [(200, b"one")] + [SHED] * 19
        assert line.writes == 2
        assert desk.admission.take_shed() == 19
        assert lane.server_state.total_requests == 20

    on_a_line(plain(story), desk)


def test_a_refusal_is_never_said_before_an_answer_that_is_due():
    desk = Slow()
    other = asked(b"odd", more="user-agent: close\r\n")

    def story(lane, line):
        lane.data_received(asked(b"one"))
        desk.answer()
        desk.admission.full = frozenset(["churn"])
        desk.admission.alone = False
        # whose head was not read before is not known to ask for what is full
        lane.data_received(asked(b"two") * 2 + other + asked(b"six") * 2 + asked(b"fo")[:-1])
        assert line.answers == [(200, b"one"), SHED, SHED]
        desk.answer()
        assert line.answers[3:] == [(200, b"odd"), SHED, SHED]
        # and of a part nothing is known
        lane.data_received(b"u")
        desk.answer()
        assert line.answers[6:] == [(200, b"fu")]

    on_a_line(plain(story), desk)


def test_who_was_refused_rests_only_when_nothing_is_behind(monkeypatch):
    monkeypatch.setattr("causeway.gateway.door.resting.SHARE", 1e-9)
    desk = Slow()

    async def story(lane, line):
        lane.data_received(asked(b"one"))
        desk.answer()
        desk.admission.full = frozenset(["churn"])
        desk.admission.alone = False
        lane.data_received(asked(b"two") + asked(b"odd", more="a: b\r\n"))
        assert not lane._rests
        desk.answer()
        assert lane._rests
        assert not line.listens
        lane.listen()
        assert line.listens

    on_a_line(story, desk)


@pytest.mark.parametrize("ends", ["eof_received", "shutdown"])
def test_who_sends_no_more_still_gets_what_is_behind(ends):
    desk = Slow()

    def story(lane, line):
        lane.data_received(asked(b"one") + asked(b"two") + asked(b"three") + asked(b"part")[:-1])
        getattr(lane, ends)()
        for _ in range(3):
            assert not line.closed
            desk.answer()
        assert [body for _, body in line.answers] == [b"one", b"two", b"three"]
        assert line.closed

    on_a_line(plain(story), desk)


def test_behind_what_ends_the_connection_nothing_is_read():
    desk = Slow()

    def story(lane, line):
        lane.data_received(asked(b"one") + b"nonsense\r\n\r\n" + asked(b"two"))
        desk.answer()
        assert [status for status, _ in line.answers] == [200, 400]
        assert line.closed
        assert not desk.waits

    on_a_line(plain(story), desk)


def test_with_tls_what_came_is_answered_before_a_gateway_ends():
    desk = Slow()

    def story(lane, line):
        lane.scheme = "https"
        lane.data_received(asked(b"one") + asked(b"two"))
        lane.shutdown()
        desk.answer()
        assert not line.closed
        desk.answer()
        assert line.closed
        assert [body for _, body in line.answers] == [b"one", b"two"]

    on_a_line(plain(story), desk)


BODIES = st.sampled_from([b"one", b"two", b"three!", b"\r\n\r\n", b"", asked(b"in"), b"x" * 200])
MORE = st.sampled_from(["", "x-request-id: a\r\n", "x-api-key: \t b\r\n", "Content-Type: a\r\n"])
AFTER = st.sampled_from([b"", b"", b"", b"\r\n"])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_wherever_packets_are_cut_and_whenever_they_are_answered_all_come_back_in_order(data):
    asks = data.draw(st.lists(st.tuples(BODIES, MORE, AFTER), min_size=1, max_size=8))
    stream = b"".join(asked(body, more=more) + after for body, more, after in asks)
    cut = data.draw(st.lists(st.integers(0, len(stream)), max_size=4))
    desk = Slow()

    def story(lane, line):
        for first, last in pairwise(sorted({0, len(stream), *cut})):
            lane.data_received(stream[first:last])
            for _ in range(data.draw(st.integers(0, 3))):
                if desk.waits:
                    desk.answer()
        while desk.waits:
            desk.answer()
        assert line.answers == [(200, body) for body, _, _ in asks]

    on_a_line(plain(story), desk)
    assert desk.most == 1


def test_where_a_request_ends_is_seen_from_outside():
    known, own = asked(b"one"), asked(b"seven", more="Content-LENGTH: 5\r\n", length=None)
    behind = Behind(known + own + GET + CHUNKED + GET[:-1])
    assert behind.head() == known[:-3]
    assert [behind.request(3), behind.request(None), behind.request(None)] == [known, own, GET]
    # what the parser finds out is not guessed
    assert behind.request(None) == CHUNKED.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert behind.through_head(b"\r\n\r") == b"3\r\none\r\n0\r\n\r\n"
    assert behind.request(None) == GET[:-1]
    assert not behind
    assert Behind(b"\nbody").through_head(b"a: b\r\n\r") == b"\n"
    whole = Behind(known)
    assert whole.take(len(known)) is known
