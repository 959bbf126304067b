"""A release whose columns a function of its own makes, in a process beside the gateway."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
from bundle_made import linear_onnx, release_of, written
from gateway_process import BEARER, eventually, key, running

from causeway.core.bundle import BadBundle
from causeway.core.release import Field, Model, Output
from causeway.core.routes import Route, Served
from causeway.gateway.models import worker
from causeway.gateway.models.bundles import load_bundle
from causeway.gateway.refusals import Overloaded, Restarting, TooLong

pytestmark = pytest.mark.integration

PREPARE = """
import os
import time
import pandas as pd
from lengths import length

def features(table):
    print("this goes nowhere")
    if (table["word"] == "slow").any():
        time.sleep(60)
    return pd.DataFrame({
        "length": [length(word) for word in table["word"]],
        "half": table["amount"].where(table["word"] != "none") / 2,
    })
"""

LENGTHS = """
def length(word):
    if word == "broken":
        raise ValueError("no length")
    return len(word)
"""

CANNOT = "cannot make the model's columns of it"
FIELDS = (Field("word", "text"), Field("amount", "integer", minimum=0, maximum=9))


def write(folder, signing, *, product="words", prepare=PREPARE):
    files = {
        "model.onnx": linear_onnx(),
        "features/prepare.py": prepare.encode(),
        "features/lengths.py": LENGTHS.encode(),
    }
    release = release_of(
        product,
        fields=FIELDS,
        outputs=(Output("value", "value"),),
        files=files,
        task="regression",
        model=Model(
            "model.onnx", "matrix", "sklearn", "Lin", features="prepare:features", columns=("length", "half")
        ),
    )
    return written(folder, signing, release, files)


def route(made, signing, *, product="words", python=sys.executable):
    name, folder = made
    served = (Served(name, str(folder), 100, python),)
    return Route(product, served, (key(),), trusted_keys=(signing.pem,))


def workers(gateway):
    listed = Path(f"/proc/{gateway.process.pid}/task/{gateway.process.pid}/children").read_text().split()
    return [int(pid) for pid in listed if b"worker.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.fixture(scope="module")
def made(tmp_path_factory, signing):
    return write(tmp_path_factory.mktemp("bundle"), signing)


@pytest.fixture(scope="module")
def beside(tmp_path_factory, signing, made):
    with running(tmp_path_factory.mktemp("gateway"), route(made, signing)) as started:
        yield started


def ask(gateway, *rows):
    return gateway.invoke(*rows, product="words")


def test_raw_rows_are_answered_by_function_and_model(beside):
    got = ask(beside, {"word": "four", "amount": 5}, {"word": "", "amount": 50})
    assert got.body["predictions"] == [6.5, 25.0]
    assert got.body["flags"] == {"1": ["range:amount"]}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"word": "broken", "amount": 1},
         f"row 2: prepare:features {CANNOT}: ValueError: no length (lengths.py:4)"),
        ({"word": "none", "amount": 1}, "row 2: prepare:features makes no number of it for half"),
        ({"word": 7, "amount": 1}, "row 2, field 'word': expected text, got 7"),
        ({"word": None, "amount": 1}, "row 2, field 'word': a value is missing"),
        ({"word": "a"}, "row 2, field 'amount': the field is missing"),
    ],
)  # fmt: skip
def test_a_row_that_has_no_columns_is_refused_by_its_number(beside, row, said):
    fine = {"word": "a", "amount": 1}
    got = ask(beside, fine, fine, row, fine)
    assert (got.status, got.body["code"], got.body["error"]) == (422, "invalid_input", said)


def test_a_killed_worker_is_started_again_and_the_gateway_says_so(beside):
    (before,) = workers(beside)
    os.kill(before, signal.SIGKILL)
    away = eventually(lambda: (got := ask(beside, {"word": "a", "amount": 1})).status == 503 and got)
    assert int(away.headers["retry-after"]) >= 1
    assert "prepare:features" in away.body["error"]
    got = eventually(lambda: (got := ask(beside, {"word": "abc", "amount": 1})).status == 200 and got)
    assert got.body["predictions"] == [3.5]
    assert workers(beside) != [before]
    for what in ("ended; it is started again in", "was started again"):
        assert f"prepare:features of words {what}" in beside.said()


def test_a_function_that_takes_too_long_is_ended_and_the_next_call_answered(made, signing, monkeypatch):
    monkeypatch.setattr(worker, "CALL_SECONDS", 0.5)
    loaded = load_bundle(route(made, signing).served[0], route(made, signing))

    async def story():
        await loaded.worker.start()
        with pytest.raises(TooLong, match="prepare:features took longer"):
            await loaded.predict([{"word": "slow", "amount": 1}])
        got = None
        while got is None:
            got = await answers(loaded)
        loaded.worker.retire()
        await loaded.worker.close()
        return got

    assert asyncio.run(story()) == {"value": [3.5]}


async def answers(loaded):
    try:
        return (await loaded.predict([{"word": "abc", "amount": 1}])).answers
    except Restarting:
        await asyncio.sleep(0.01)
        return None


def test_a_worker_that_failed_all_night_is_still_started_again(made, signing, monkeypatch):
    monkeypatch.setattr(worker, "FIRST_PAUSE", 0.0)
    loaded = load_bundle(route(made, signing).served[0], route(made, signing))

    async def story():
        await loaded.worker.start()
        # as after hours of starts that failed; doubled so often, the pause is no number any more
        loaded.worker._failures = 5000
        loaded.worker._process.kill()
        got = None
        while got is None and not loaded.worker.ended:
            got = await answers(loaded)
        loaded.worker.retire()
        await loaded.worker.close()
        return got

    assert asyncio.run(story()) == {"value": [3.5]}


def test_what_a_worker_sends_that_is_no_answer_ends_it_and_not_the_one_who_keeps_it(
    tmp_path, made, signing, monkeypatch
):
    babbling = tmp_path / "babbling.py"
    babbling.write_text(
        "import sys, time\nsys.stdout.write('\\0\\0\\0\\2{}')\nsys.stdout.flush()\ntime.sleep(60)\n"
    )
    loaded = load_bundle(route(made, signing).served[0], route(made, signing))
    monkeypatch.setattr(worker, "SCRIPT", babbling)
    with pytest.raises(BadBundle, match="it answered what cannot be read"):
        asyncio.run(loaded.worker.start())


def test_the_worker_knows_no_secrets_of_the_gateway(beside):
    (pid,) = eventually(lambda: workers(beside))
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"PYTHONHASHSEED=0" in environment
    assert b"PYTEST_" not in environment
    assert os.getpgid(pid) == pid
    assert "Max core file size        0" in Path(f"/proc/{pid}/limits").read_text()


def test_the_worker_ends_with_its_release_and_with_the_gateway(tmp_path, signing, made):
    other = write(tmp_path / "other", signing, prepare=PREPARE.replace("/ 2", "/ 4"))
    broken = write(tmp_path / "broken", signing, prepare="import nothing_of_this_name\n")
    with running(tmp_path / "gateway", route(made, signing)) as gateway:
        (before,) = workers(gateway)
        gateway.follow(route(broken, signing))
        assert "No module named 'nothing_of_this_name'" in gateway.health()["problems"][0]
        assert ask(gateway, {"word": "", "amount": 2}).body["predictions"] == [1.0]
        gateway.follow(route(other, signing, python="/nowhere/python"))
        assert "environment in which prepare:features runs is gone" in gateway.health()["problems"][0]
        gateway.follow(route(other, signing))
        assert ask(gateway, {"word": "", "amount": 2}).body["predictions"] == [0.5]
        (after,) = eventually(lambda: len(found := workers(gateway)) == 1 and found)
        assert after != before
        assert gateway.stop() == 0
        eventually(lambda: not Path(f"/proc/{after}").exists())


def test_a_call_that_nobody_waits_for_any_more_gives_its_answer_to_nobody(made, signing):
    loaded = load_bundle(route(made, signing).served[0], route(made, signing))

    async def story():
        await loaded.worker.start()
        process = loaded.worker._process
        given_up = asyncio.create_task(loaded.predict([{"word": "abcdef", "amount": 1}]))
        waiting = asyncio.create_task(loaded.predict([{"word": "abcdefg", "amount": 1}]))
        # until the first is at the process, and the second waits for it
        while not loaded.worker._calls or not loaded.worker._waiting:  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0)
        given_up.cancel()
        waiting.cancel()
        got = await loaded.predict([{"word": "abc", "amount": 1}])
        same = loaded.worker._process is process
        loaded.worker.retire()
        await loaded.worker.close()
        return got.answers, same, given_up.cancelled(), waiting.cancelled()

    assert asyncio.run(story()) == ({"value": [3.5]}, True, True, True)


def test_whoever_would_wait_too_long_for_a_worker_is_refused_at_once(made, signing):
    loaded = load_bundle(route(made, signing).served[0], route(made, signing))

    async def story():
        await loaded.worker.start()
        loaded.worker._pace.last.extend([worker.WAIT_SECONDS / 2] * 3)
        calls = [loaded.predict([{"word": "abc", "amount": 1}]) for _ in range(10)]
        told = await asyncio.gather(*calls, return_exceptions=True)
        loaded.worker.retire()
        await loaded.worker.close()
        return sum(isinstance(each, Overloaded) for each in told), len(told)

    refused, asked = asyncio.run(story())
    assert 5 <= refused < asked


def test_a_caller_who_closed_is_found_out_while_its_call_waits_and_one_who_listens_is_answered(
    tmp_path, signing
):
    slow = PREPARE.replace("time.sleep(60)", "time.sleep(1)")
    head = f"POST /products/words/invocations HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {BEARER}\r\n"
    body = json.dumps({"dataframe_records": [{"word": "slow", "amount": 1}]}).encode()
    request = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
    with running(tmp_path / "gateway", route(write(tmp_path, signing, prepare=slow), signing)) as gateway:
        listening = socket.create_connection(("127.0.0.1", gateway.port), timeout=20)
        listening.sendall(request)
        listening.shutdown(socket.SHUT_WR)
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as gone:
                gone.sendall(request)
        said = listening.makefile("rb").read()
        listening.close()
        assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
        began = time.monotonic()
        assert ask(gateway, {"word": "abc", "amount": 1}).status == 200
        # at most the one that had begun, of the five
        assert time.monotonic() - began < 3.0
