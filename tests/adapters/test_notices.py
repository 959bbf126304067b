"""Messages leave the house in bounded time and memory, and no secret comes back with what went wrong."""

import socket
import sys
import threading
import time

import msgspec
import pytest

from causeway.adapters.notices.command import run_command
from causeway.adapters.notices.http import post
from causeway.adapters.notices.messages import chat_message
from causeway.adapters.notices.telling import tell
from causeway.core.errors import CausewayError, OutsideError, UsageError
from causeway.core.manifest import IntegrationPart
from causeway.core.notice import Notice, chart, sparkline

NOTICE = Notice("churn", "t", "notify", "2026-05-04T12:00:00+00:00", "title", "words")
PATIENCE = 3.0


@pytest.mark.parametrize(
    ("kind", "held"),
    [
        ("webhook", b"tok-one\ntok-two\n"),
        ("webhook", "tok-\u20ac".encode()),
        ("webhook", b"tok-\xff\xfe"),
        ("chat", b"http://127.0.0.1:9/tok-one tok-two"),
        ("chat", b"http://127.0.0.1:tok-one/x"),
        ("chat", b"http://[tok-one/x"),
    ],
)
def test_a_secret_that_cannot_be_sent_is_told_without_it(kind, held, tmp_path):
    place = tmp_path / "held"
    place.write_bytes(held)
    url = "" if kind == "chat" else "http://127.0.0.1:9/x"
    broken = IntegrationPart("told", kind, url, secret=f"file:{place}")
    with pytest.raises(CausewayError) as told:
        tell(broken, NOTICE)
    assert "tok" not in told.value.message
    assert isinstance(told.value, UsageError)


def test_a_server_that_trickles_has_no_more_time_than_another():
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def trickle():
        there, _ = server.accept()
        with there:
            while not over.wait(0.05):
                try:
                    there.sendall(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=trickle)
    thread.start()
    began = time.monotonic()
    try:
        with pytest.raises(OutsideError, match="does not answer"):
            post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", kind="text/plain", seconds=0.3)
    finally:
        took = time.monotonic() - began
        over.set()
        thread.join()
        server.close()
    assert took < PATIENCE


def test_a_command_that_leaves_something_running_has_ended():
    assert run_command("sh -c 'sleep 2 & exit 0'", b"{}", seconds=1.5) == "exit 0"


def test_what_a_command_started_elsewhere_holds_nobody_up():
    began = time.monotonic()
    with pytest.raises(OutsideError, match="did not end within"):
        run_command("sh -c 'setsid sleep 4 & exec sleep 4'", b"{}", seconds=0.2)
    assert time.monotonic() - began < PATIENCE


def test_a_command_may_say_much_and_only_the_end_is_kept():
    words = 'import sys; sys.stderr.write("x" * (1 << 22) + chr(10) + "why"); sys.exit(3)'
    line = f"{sys.executable} -c '{words}'"
    with pytest.raises(OutsideError, match="ended with 3: why"):
        run_command(line, b"{}", seconds=20.0)
    with pytest.raises(UsageError, match="cannot be"):
        run_command('a"\0"b', b"{}")


def test_a_long_message_fits_where_a_chat_takes_three_thousand_characters():
    notice = Notice("churn", "t", "notify", "now", "<!channel>", "<" * 9000, likely="x" * 9000)
    message = msgspec.json.decode(chat_message(notice))
    assert len(message["blocks"][0]["text"]["text"]) <= 3000
    assert "<!channel>" not in message["text"]


def test_pictures_of_what_is_no_number():
    series = (1.0, float("nan"), float("inf"), -1.0)
    notice = Notice("p", "t", "notify", "now", "t", "w", series=series, threshold=float("inf"))
    assert "nan" not in chart(notice)
    assert sparkline(series, threshold=2.0) == "▅▁▁▁"
