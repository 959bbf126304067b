"""A real gateway with a worse release on trial: taken back by itself while customers keep asking."""

import os
import random
import signal
import ssl
import threading
import time
from contextlib import closing
from http.client import HTTPSConnection

import pytest
from test_up import PATIENCE_SECONDS, eventually, up

import shipyard
from causeway.actions.decide import product_state
from causeway.actions.instance import running
from causeway.actions.ship import Trial, ship
from causeway.actions.supervisor import stop_process
from causeway.actions.tick import tick
from causeway.actions.tour import Caller
from causeway.actions.workspace import open_workspace
from causeway.core.canary import CanaryJudged
from causeway.core.ids import short
from certificates import certified

pytestmark = pytest.mark.integration


class Customers:
    """Somebody who keeps asking until told to stop."""

    def __init__(self, address, token, *, trusts=None):
        self.caller, self.stopping = Caller(address, token), threading.Event()
        if trusts:
            there = self.caller.connection
            self.caller.connection = HTTPSConnection(there.host, there.port, context=trusts, timeout=30)
        self.statuses, self.releases = [], []
        self.thread = threading.Thread(target=self.ask, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.stopping.set()
        self.thread.join()
        self.caller.close()

    def ask(self):
        draws = random.Random(1)
        while not self.stopping.is_set():
            got = self.caller.ask({"tenure": draws.randint(0, 72), "Contract": "Month-to-month"})
            self.statuses.append(got.status)
            self.releases.append(got.release)
            if not len(self.statuses) % 50:
                # the next connection may be another process's
                self.caller.connection.close()
            time.sleep(0.001)


@pytest.fixture
def product(folder):
    shipyard.poc(folder, more="[serving]\nrequests_per_minute = 1000000\n")
    return folder, shipyard.answering(folder, weight=0.01)


def on_trial(folder, work):
    worse = shipyard.answering(folder, weight=0.5)
    assert ship(work, folder, trial=Trial(25), agree=lambda _: True).trouble == ""
    return worse


def test_up_takes_a_worse_release_back_and_nobody_is_refused(product):
    folder, live = product
    with up(folder) as (_, told):
        work = open_workspace(folder)
        token = ship(work, folder, agree=lambda _: True).token
        with Customers(f"{told['gateway']}/products/churn/invocations", token) as customers:
            worse = on_trial(folder, work)
            eventually(lambda: product_state(work, "churn").canary is None)
            eventually(lambda: customers.releases[-50:] == [live] * 50)
        assert worse in customers.releases
        assert set(customers.statuses) == {200}
    judged = [e for e in work.ledger.read("churn") if isinstance(e.fact, CanaryJudged)][-1]
    assert judged.fact.verdict == "roll back"
    assert (judged.body.at - judged.fact.evidence_at).total_seconds() < PATIENCE_SECONDS
    assert f"canary {short(worse)} at 25 %: roll back" in (folder / "narration").read_text()


def test_it_is_taken_back_over_tls_by_two_processes_with_the_ledger_in_postgresql(
    folder, tmp_path, postgres_url, monkeypatch
):
    monkeypatch.setenv("CAUSEWAY_LEDGER", postgres_url)
    chain, key = certified(tmp_path, "localhost")
    trusts = ssl.create_default_context(cafile=chain)
    trusts.check_hostname = False
    shipyard.poc(folder, more="[serving]\nrequests_per_minute = 1000000\nworkers = 2\n")
    live = shipyard.answering(folder, weight=0.01)
    work = open_workspace(folder)
    token = ship(work, folder, agree=lambda _: True).token
    with closing(work.ledger), up(folder, "--tls-cert", chain, "--tls-key", key) as (_, told):
        address = f"{told['gateway']}/products/churn/invocations"
        assert address.startswith("https://")
        callers = [Customers(address, token, trusts=trusts) for _ in range(2)]
        with callers[0], callers[1]:
            worse = on_trial(folder, work)
            eventually(lambda: product_state(work, "churn").canary is None)
            eventually(lambda: all(each.releases[-20:] == [live] * 20 for each in callers))
        assert any(worse in each.releases for each in callers)
        assert {status for each in callers for status in each.statuses} == {200}
        # both processes answered, each into a log of its own
        logs = {name.stem.split("-")[1] for name in (work.state / "records" / "churn").glob("*-*-*.*")}
        assert len(logs) > 1
        judged = [e.fact for e in work.ledger.read("churn") if isinstance(e.fact, CanaryJudged)][-1]
        assert (judged.verdict, judged.requests > 0) == ("roll back", True)


def test_when_up_is_killed_the_next_tick_goes_on_with_the_same_evidence(product):
    folder, live = product
    with up(folder) as (process, told):
        work = open_workspace(folder)
        token = ship(work, folder, agree=lambda _: True).token
        here = running(work)
        try:
            os.kill(process.pid, signal.SIGSTOP)
            worse = on_trial(folder, work)
            with Customers(f"{told['gateway']}/products/churn/invocations", token) as customers:
                eventually(lambda: customers.releases.count(worse) > 200)
                process.kill()
                process.wait(PATIENCE_SECONDS)
                eventually(lambda: any("roll back" in each.words for each in tick(work).done))
                eventually(lambda: customers.releases[-50:] == [live] * 50)
            assert set(customers.statuses) == {200}
        finally:
            stop_process(here.gateway_pid, here.gateway_started)
