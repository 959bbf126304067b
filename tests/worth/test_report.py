"""`causeway report`: printed, written, signed, in the console; and what each leaves in the ledger."""

import dataclasses
import json
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import structs

sys.path.insert(0, str(Path(__file__).parents[1] / "measure"))
sys.path.insert(0, str(Path(__file__).parents[1] / "console"))

import numpy as np
import simulated
from browser import Browser

from causeway.actions.bill.forecast import forecast
from causeway.actions.measure.benefit import benefit, benefits
from causeway.actions.worth.page import current_page
from causeway.actions.worth.written import shown, signed, written
from causeway.cli.main import main
from causeway.console.app import create_app
from causeway.core.costs import CostEntered
from causeway.core.errors import Refused
from causeway.core.reports import ReportSigned, ReportWritten
from causeway.core.value import UnitValueApproved

BUDGET = """
[budget]
build = 20000
run_per_month = 900
currency = "EUR"
predictions_per_month = 3000
"""
TOKEN = "a-token"  # noqa: S105 - of a test


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A product that keeps customers, what it cost, and finance's word for what one is worth."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CAUSEWAY_LEDGER", raising=False)
        made = simulated.product(tmp_path_factory.mktemp("worth") / "churn", more=BUDGET)
        approved = UnitValueApproved(
            "subscribers who cancel", Decimal(180), "EUR", "subscriber kept", "Petra Wolf", "margin report"
        )
        before = simulated.START - timedelta(days=6.5)
        made.ledger.append("churn", [approved], actor="a1", at=before)
        names, at, held = simulated.customers(4000, days=110)
        left = np.random.default_rng(3).random(4000) < 0.30 - np.where(held, 0.0, 0.1)
        simulated.labelled(made, simulated.predicted(made, names, at, held), left)
        costs = [
            CostEntered("build", Decimal(9000), "EUR", date(2026, 1, 1), date(2026, 2, 28), "two people"),
            CostEntered("people", Decimal(2000), "EUR", date(2026, 3, 1), date(2026, 6, 30), "upkeep"),
        ]
        made.ledger.append("churn", costs, actor="a1", at=simulated.START)
        yield made


@pytest.fixture(scope="module")
def page(work):
    return current_page(work, "churn")


def test_months_are_what_each_claim_was_by_then(work, page):
    days = [date(2026, 3, 31), date(2026, 5, 31)]
    found = benefits(work, "churn", days, since=page.header.since)
    assert found == tuple(benefit(work, "churn", since=page.header.since, until=day) for day in days)
    booked = {month.until: month.booked for month in page.payback.actual}
    assert [booked[day] for day in days] == [each.booked for each in found]


def test_the_page_foretells_what_bill_forecast_foretells(work, page):
    told = forecast(work, product="churn", write=False).outlooks[0]
    assert page.cost.peak.value == pytest.approx(told.peak.value, abs=0.01)
    assert page.cost.running.value == pytest.approx(told.total.value / 28 * 365.25 / 12, abs=0.02)


def run(*args):
    return CliRunner().invoke(main, ["report", *map(str, args)])


def facts(work, kind):
    return [event.fact for event in work.ledger.read("churn") if isinstance(event.fact, kind)]


def test_the_page_is_made_of_what_was_spent_and_what_it_brought(page):
    assert page.header.grade == "A"
    assert page.header.since == date(2026, 1, 1)
    assert page.cost.total == Decimal("11000.00") + sum(
        line.metered for line in page.cost.lines if line.category not in {"people", "build"}
    )
    assert page.bridge.net == page.bridge.booked - page.cost.total
    assert page.payback.actual[-1].net == page.bridge.net
    assert page.payback.fan
    assert page.payback.case.build == 20000
    assert page.cost.year_end.low <= page.cost.year_end.value <= page.cost.year_end.high
    assert next(each for each in page.assumptions if each.assumption.name == "unit value").rank
    # of 3,200 treated a tenth was kept
    assert page.units[-1].what == "break-even effect"


def test_a_page_that_is_only_read_leaves_nothing(work, page):
    before = work.ledger.head("churn").seq
    assert shown(page).status == "shown"
    assert work.ledger.head("churn").seq == before


def test_a_written_page_is_an_event_once_and_the_next_says_what_changed(work, page, tmp_path):
    file, before = tmp_path / "page.md", len(facts(work, ReportWritten))
    first = written(work, page, b"words", form="md", file=file)
    again = written(work, current_page(work, "churn"), b"words", form="md", file=file)
    assert (first.status, again.status) == ("written", "already_written")
    assert first.report == again.report
    assert file.read_bytes() == b"words"
    (fact,) = facts(work, ReportWritten)[before:]
    assert fact.sentence == page.sentence
    assert not current_page(work, "churn").changes.lines
    later = current_page(work, "churn", until=date(2026, 5, 31))
    assert "period" in [line.what for line in later.changes.lines]


def test_finance_signs_numbers_and_another_number_voids_it(work):
    done = signed(work, current_page(work, "churn"), because="quarter closed")
    assert done.status == "signed"
    seen = current_page(work, "churn")
    assert seen.header.signed.same
    assert signed(work, seen).status == "already_signed"
    assert len(facts(work, ReportSigned)) == 1
    assert not current_page(work, "churn", until=date(2026, 5, 31)).header.signed.same


def test_whoever_answers_for_it_does_not_sign_for_finance(work):
    page = current_page(work, "churn")
    mine = structs.replace(page, header=structs.replace(page.header, owner="Dana"))
    dana = dataclasses.replace(work, actor=work.ledger.actor_for("dana", "d@example.org"))
    with pytest.raises(Refused, match="nobody signs for finance"):
        signed(dana, mine)


def test_the_console_has_the_same_page_and_its_twin(work):
    browser = Browser(create_app(work, token=TOKEN), {"authorization": f"Bearer {TOKEN}"})
    shown_page, twin = browser.get("/products/churn/worth"), browser.get("/products/churn/worth.json")
    assert shown_page.status_code == twin.status_code == 200
    told = twin.json()
    assert told["sentence"] in shown_page.text.replace("&#39;", "'")
    assert "/products/churn/events#event-" in shown_page.text
    assert "/products/churn/worth" in browser.get("/products/churn").text
    everything = browser.get("/portfolio")
    assert everything.status_code == 200
    assert "/products/churn/worth" in everything.text
    assert browser.get("/portfolio.json").json()["sums"][0]["grade"] == "A"
    assert browser.get("/products/nobody/worth").status_code == 404


def test_the_command_prints_and_writes(work, monkeypatch, tmp_path):
    monkeypatch.setenv("CAUSEWAY_ACTOR", "a1")
    told = json.loads(run(work.root, "--json", "--until", "2026-06-30").stdout)
    assert (told["ok"], told["product"], told["status"]) == (True, "churn", "shown")
    assert told["worth"]["header"]["grade"] == "A"
    monkeypatch.chdir(work.root)
    said = run("churn", "--until", "2026-06-30", "-o", tmp_path / "churn.html")
    assert said.exit_code == 0, said.output
    assert "churn.html:" in said.output
    assert "<!doctype html>" in (tmp_path / "churn.html").read_text()
    listed = run("--portfolio")
    assert "1 of grade A" in listed.output


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--sign", "--pdf"], "--sign goes alone"),
        (["--because", "x"], "--because belongs to --sign"),
        (["-o", "page.docx"], "does not say its form"),
        (["--monitoring", "--portfolio"], "two reports"),
        (["--monitoring", "--pdf"], "there is no pdf"),
        (["--portfolio", "--pdf"], "a portfolio is printed"),
        (["--since", "2026-06-02", "--until", "2026-06-01"], "ends before it begins"),
        (["--portfolio", "--since", "9999-12-31"], "ends before it begins"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(work, monkeypatch, args, words):
    monkeypatch.chdir(work.root)
    said = run(*(() if "--portfolio" in args else ("churn",)), *args)
    assert said.exit_code == 2
    assert words in said.output


def test_what_no_folder_and_no_product_is_called_is_said_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = run("chrun", "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["error"]) == (2, "there is no folder chrun")


@pytest.mark.parametrize("args", [["churn", "--html", "-o"], [".", "--monitoring", "-o"]])
def test_a_device_that_is_full_is_named(work, monkeypatch, args):
    monkeypatch.setenv("CAUSEWAY_ACTOR", "a1")
    monkeypatch.chdir(work.root)
    done = run(*args, "/dev/full")
    assert (done.exit_code, "cannot write /dev/full: No space left" in done.stderr) == (3, True)


@pytest.mark.parametrize("verb", ["report", "measure"])
def test_a_period_until_the_end_of_all_days_is_one_until_now(work, monkeypatch, verb):
    monkeypatch.setenv("CAUSEWAY_ACTOR", "a1")
    monkeypatch.chdir(work.root)
    words = [verb, "churn", "--since", "0001-01-01", "--until", "9999-12-31", "--json"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output


def test_a_folder_that_nothing_has_happened_in_has_a_page_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "causeway.toml").write_text('[product]\nname = "idea"\n')
    said = run(".")
    assert said.exit_code == 0, said.output
    assert "neither what it brings nor what it costs is known yet" in " ".join(said.output.split())
    assert not (tmp_path / ".causeway").exists()
    refused = run(".", "--md")
    assert refused.exit_code == 2
    assert "nothing has happened" in refused.output
    assert run("nowhere").exit_code == 2


def test_the_day_of_the_page_is_the_workspaces(page):
    assert page.header.until == datetime(2026, 6, 30, tzinfo=UTC).date()
