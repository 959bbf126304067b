"""What triggers ask for is done once, whoever looks and however often; and who is told of it."""

import json
import sys
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner
from looping import LOOP, MANIFEST, light

import shipyard
from causeway.actions.act import act, decisions_of
from causeway.actions.decide import product_state
from causeway.actions.roll import roll_back
from causeway.actions.routes import current_routes
from causeway.actions.ship import ship
from causeway.actions.tick import tick
from causeway.cli.main import main
from causeway.core.events import AlertFailed, AlertSent, TriggerEnded, TriggerFired, WatchJudged
from causeway.core.notice import Notice, chart, sparkline
from causeway.core.routes import workers_of
from causeway.core.watching import Alarm, Sight

SIGHT = Sight(
    "drift", "drift", "act", shipyard.NOON, shipyard.NOON, "tenure: 0.21", "tenure", 0.21, threshold=0.05
)
ALARM = Alarm(
    "model",
    "drift",
    "act",
    shipyard.NOON,
    shipyard.NOON,
    "",
    "tenure <moved>",
    (SIGHT,),
    "the shop's feed",
    "causeway watch .",
)


@pytest.fixture
def inbox():
    """A server on this machine that keeps what it is sent; it answers 503 as often as it is told to."""
    kept, failing = [], [0]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if failing[0]:
                failing[0] -= 1
                self.send_error(503)
                return
            kept.append((self.path, dict(self.headers), json.loads(body)))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.kept, server.failing = kept, failing
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def alarming(folder, more="", *, alarm=ALARM):
    """A live product with an alarm."""
    shipyard.poc(folder, more=MANIFEST + LOOP + more)
    (folder / "customers.csv").write_text("customer,tenure,Contract,Churn\n")
    shipyard.answering(folder)
    work = shipyard.workspace(folder)
    ship(work, folder, agree=lambda _: True)
    work.ledger.append("churn", [WatchJudged(alarm)], actor="a1", at=shipyard.NOON)
    return work


def facts(work, kind):
    return [event.fact for event in work.ledger.read("churn") if isinstance(event.fact, kind)]


def integration(url, kind="webhook", more=""):
    return f'[[integrations]]\nname = "{kind}"\nkind = "{kind}"\nurl = "{url}"\n{more}'


def test_an_alarm_reaches_a_webhook_as_a_cloud_event_and_a_chat(folder, inbox, monkeypatch):
    monkeypatch.setenv("HOOK_TOKEN", "s3cret")
    hook = integration(inbox.url + "/hook", more='secret = "env:HOOK_TOKEN"\n')
    work = alarming(folder, hook + integration(inbox.url + "/chat", "chat"))
    assert act(work, "churn").done[0].endswith("webhook was told; chat was told")
    (path, headers, event), (_, _, message) = inbox.kept
    assert (path, headers["Content-Type"]) == ("/hook", "application/cloudevents+json")
    assert headers["Authorization"] == "Bearer s3cret"
    assert (event["specversion"], event["source"], event["subject"]) == (
        "1.0",
        "/products/churn",
        "alarm-notify",
    )
    assert {"id", "type", "time", "data"} <= event.keys()
    data = event["data"]
    assert (data["likely"], data["command"]) == ("the shop's feed", "causeway watch .")
    assert data["chart_svg"].startswith("<svg ")
    text = message["blocks"][0]["text"]["text"]
    assert "tenure `█` (limit 0.05)" in text
    assert "tenure &lt;moved&gt;" in text
    assert "Run: `causeway watch .`" in text
    # told once, however often somebody looks
    assert act(work, "churn").done == ()
    assert [(fact.to, fact.attempts, fact.answer) for fact in facts(work, AlertSent)] == [
        ("webhook", 1, "202"),
        ("chat", 1, "202"),
    ]


def test_a_message_is_tried_again_and_what_did_not_arrive_is_written(folder, inbox, monkeypatch):
    monkeypatch.setattr("causeway.actions.alert.PAUSES_SECONDS", (0.0, 0.0))
    inbox.failing[0] = 2
    work = alarming(folder, integration(inbox.url))
    act(work, "churn")
    assert facts(work, AlertSent)[0].attempts == 3
    inbox.failing[0] = 9
    worse = Alarm("labels", "labels", "act", shipyard.NOON, shipyard.NOON, because="no outcomes come")
    work.ledger.append("churn", [WatchJudged(worse)], actor="a1", at=shipyard.NOON)
    assert act(work, "churn").failed[0].endswith("webhook was not reached: it answered 503")
    (failed,) = facts(work, AlertFailed)
    assert (failed.attempts, failed.because) == (3, "it answered 503")


def test_a_command_gets_the_message_on_its_standard_input_and_no_shell(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("causeway.actions.alert.PAUSES_SECONDS", ())
    monkeypatch.setenv("A_SECRET", "x")
    hook = tmp_path / "hook.py"
    hook.write_text(
        "import os, sys\n"
        f"open({str(tmp_path / 'got')!r}, 'w').write(sys.stdin.read() + str('A_SECRET' in os.environ))\n"
        "sys.exit('no pager' if '; touch' in sys.argv[1] else 0)\n"
    )
    line = f"command:{sys.executable} {hook} '; touch {tmp_path / 'made'}'"
    work = alarming(folder, integration(line, "other"))
    assert "ended with 1: no pager" in act(work, "churn").failed[0]
    got = (tmp_path / "got").read_text()
    assert json.loads(got.removesuffix("False"))["data"]["product"] == "churn"
    assert not (tmp_path / "made").exists()


def test_a_command_has_little_time(tmp_path):
    from causeway.adapters.notices.command import run_command  # noqa: PLC0415 - the adapter alone
    from causeway.core.errors import OutsideError  # noqa: PLC0415 - the same

    with pytest.raises(OutsideError, match="did not end within"):
        run_command(f"{sys.executable} -c 'import signal; signal.pause()'", b"{}", seconds=0.2)


@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_two_workers_at_once_do_it_once(folder, inbox, where, request, monkeypatch):
    if where == "postgres":
        monkeypatch.setenv("CAUSEWAY_LEDGER", request.getfixturevalue("postgres_url"))
    trigger = '[[triggers]]\non = "schedule:0 4 * * *"\ndo = "notify"\nname = "daily"\n'
    alarming(folder, trigger + integration(inbox.url)).ledger.close()
    works = [shipyard.workspace(folder, at=shipyard.NOON.replace(day=6)) for _ in range(3)]
    barrier, errors = threading.Barrier(len(works)), []

    def worker(work):
        barrier.wait()
        try:
            act(work, "churn")
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(error)

    threads = [threading.Thread(target=worker, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    act(works[0], "churn")
    assert len(facts(works[0], TriggerFired)) == len(inbox.kept) == 1
    assert facts(works[0], TriggerFired)[0].because == "it was due at 2026-05-06 04:00 UTC"
    for work in works:
        work.ledger.close()


def test_what_fired_and_was_broken_off_is_done_by_the_next(folder, inbox, monkeypatch):
    work = alarming(folder, integration(inbox.url))

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("causeway.actions.act.notice_of", killed)
        with pytest.raises(KeyboardInterrupt):
            act(work, "churn")
    assert (len(facts(work, TriggerFired)), inbox.kept) == (1, [])
    assert act(work, "churn").done[0].endswith("webhook was told")
    assert (len(facts(work, TriggerFired)), len(inbox.kept)) == (1, 1)


def test_a_training_waits_for_a_person_who_is_told_once(folder, inbox):
    trigger = '[[triggers]]\non = "drift"\ndo = "retrain"\napproval = true\n'
    work = alarming(folder, trigger + integration(inbox.url))
    act(work, "churn", ports=light(0.1))
    act(work, "churn", ports=light(0.1))
    waits = [event for _, _, event in inbox.kept if event["subject"] == "drift-retrain"]
    assert [each["data"]["command"] for each in waits] == [
        f"causeway approve drift-retrain --folder {folder}"
    ]
    assert product_state(work, "churn").acting.loops == ()
    refused = CliRunner().invoke(main, ["approve", "alarm-notify", "--folder", str(folder)])
    assert (refused.exit_code, "does not wait for anybody" in refused.output) == (1, True)
    agreed = CliRunner().invoke(main, ["approve", "drift-retrain", "--folder", str(folder)])
    assert agreed.output == "churn: retrain by drift-retrain is agreed to; the next tick does it.\n"
    done = act(work, "churn", ports=light(0.1)).done
    assert done[-1].startswith("training anew ended: too few labelled rows")
    fired = [fact for fact in facts(work, TriggerFired) if fact.do == "retrain"]
    assert fired[0].approved_by


def test_traffic_is_taken_away_and_let_in_less(folder):
    trigger = '[[triggers]]\non = "drift"\ndo = "{}"\n'
    work = alarming(folder, trigger.format("shed"))
    before = product_state(work, "churn").routings[-1].requests_per_minute
    tick(work)
    assert product_state(work, "churn").routings[-1].requests_per_minute == before // 2
    shipyard.poc(folder, more=MANIFEST + LOOP + trigger.format("stop"))
    tick(work)
    assert product_state(work, "churn").shares == {}
    assert [fact.words for fact in facts(work, TriggerEnded)] == [
        "half of the requests a minute are let in",
        "nothing answers",
    ]


def test_one_more_process_answers_as_far_as_the_manifest_allows(folder):
    trigger = '[[triggers]]\non = "drift"\ndo = "scale"\ncooldown_hours = 1\n'
    work = alarming(folder, "[serving]\nworkers = 1\nworkers_most = 2\n" + trigger)
    assert workers_of(current_routes(work)) == (1, 2)
    tick(work)
    assert workers_of(current_routes(work)) == (2, 2)
    work.clock.at += timedelta(hours=2)
    tick(work)
    words = [fact.words for fact in facts(work, TriggerEnded)]
    assert words[0] == "one more process answers"
    assert words[1].startswith("the gateway has 2 processes at most")
    roll_back(folder, work=work)
    assert workers_of(current_routes(work)) == (1, 2)


def test_every_trigger_says_why_not(folder):
    more = '[[triggers]]\non = "drift"\ndo = "roll-back"\n[[triggers]]\non = "kpi"\ndo = "hold"\n'
    work = alarming(folder, more)
    first, second = decisions_of(work, "churn")
    assert (first.verdict, second.verdict) == ("condition not met", "condition not met")
    assert "nothing was live before" in first.why
    assert second.why == "kpi raises no alarm"


def test_pictures_stay_within_their_frame():
    assert sparkline((0.0, 0.5, 1.0)) == "▁▅█"
    assert sparkline(()) == ""
    notice = Notice("p", "t", "notify", "now", "<title>", "w", series=(1.0, 2.0), threshold=4.0)
    assert "<title>&lt;title&gt;</title>" in chart(notice)
    assert chart(Notice("p", "t", "retrain", "now", "t", "w", threshold=500.0)) == ""
