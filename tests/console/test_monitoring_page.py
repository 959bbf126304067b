"""What is known of a product that runs, as the console shows it and `report` writes it."""

import json
import os
import re
import sys
import threading
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import Browser
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "watch"))

import traffic

from causeway.actions.monitoring import Mark, Monitoring
from causeway.actions.report import reported
from causeway.actions.watch.remembered import MOST, remember, remembered
from causeway.actions.watch.watch import watch
from causeway.assess.watch_line import Point, Series
from causeway.assess.watch_words import in_short
from causeway.cli.main import main
from causeway.console.app import create_app
from causeway.console.monitor_charts import BOTTOM, LEFT, RIGHT, TOP, chart_of, described
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, NOTE, OK, Alarm, Sight

TOKEN = "a-token"  # noqa: S105 - of a test
HOURS = 9
MORE = """
[[monitors]]
name = "moves <b>"
watches = "drift"
[[triggers]]
name = "better"
on = "drift"
do = "retrain"
approval = true
"""
VOID = {"meta", "link", "br", "line", "rect", "circle", "path"}


class Page(HTMLParser):
    """What is in a page: tags that are closed in their order, ids, what they refer to."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.refers = [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        held = dict(attrs)
        self.tags.append(tag)
        self.ids += [held["id"]] if "id" in held else []
        self.refers += (held.get("aria-labelledby") or "").split()
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A product whose callers changed, with a look at it."""
    place = tmp_path_factory.mktemp("monitoring")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAUSEWAY_KEYS", str(place / "keys"))
        patch.delenv("CAUSEWAY_LEDGER", raising=False)
        found = place / "churn"
        release = traffic.live(found, more=MORE)
        traffic.hours(found, release, hours=range(6), rows=300)
        traffic.outcomes(found, hours=range(4))
        traffic.hours(found, release, hours=range(6, HOURS), rows=300, shift=1.0)
        look(found)
        yield found


def look(folder, hour=HOURS + 0.1):
    work = traffic.later(folder, hour)
    watch(work, "churn")
    work.ledger.close()


def opened(folder, path, *, hour=HOURS + 0.2):
    work = traffic.later(folder, hour)
    app = create_app(work, token=TOKEN, cookie="c")
    answer = Browser(app, {"authorization": f"Bearer {TOKEN}"}).get(path)
    work.ledger.close()
    assert answer.status_code == 200
    return answer


def test_the_page_says_what_is_the_matter_before_it_draws_it(folder):
    before = traffic.later(folder, 0).ledger.head("churn")
    text = opened(folder, "/products/churn/monitoring").text
    words = " ".join(text.split())
    sentence = opened(folder, "/products/churn/monitoring.json").json()["seen"]["sentence"]
    assert sentence.startswith(("Something should be done: ", "It is worth a look: "))
    assert words.index("verdict-line") < words.index("Alarms that are on") < words.index("<svg class=")
    for said in (
        "tenure",
        "Likely: ",
        "Run <code>causeway ",
        "50% of what answers hang on",
        "threshold 0.05",
    ):
        assert said in words
    assert "moves &lt;b&gt;" in text
    assert "<script" not in text
    assert "Nobody looks" not in text
    # whoever looks at a page decides nothing
    assert traffic.later(folder, 0).ledger.head("churn") == before


def test_every_picture_has_words_and_a_table_and_the_twin_its_numbers(folder):
    page = Page(opened(folder, "/products/churn/monitoring").text)
    drawn = page.tags.count("title") - 1
    seen = opened(folder, "/products/churn/monitoring.json").json()["seen"]
    assert drawn == page.tags.count("desc") == len(seen["series"]) > 6
    assert page.tags.count("caption") >= drawn
    assert len(set(page.ids)) == len(page.ids)
    assert set(page.refers) <= set(page.ids)
    inputs = [each["about"] for each in seen["series"] if each["watches"] == "drift"]
    assert (inputs[0], inputs[-1]) == ("tenure", "shoe")
    assert all(each["points"] and each["unit"] for each in seen["series"])
    assert [each["kind"] for each in seen["marks"]][:1] == ["release"]


def test_triggers_say_why_they_fire_or_not(folder):
    (better,) = opened(folder, "/products/churn/monitoring.json").json()["seen"]["triggers"]
    assert (better["trigger"], better["do"]) == ("better", "retrain")
    # it begins with a capital there
    assert better["why"][1:] in opened(folder, "/products/churn/monitoring").text.replace("&#39;", "'")


def test_the_first_page_and_the_products_own_say_who_is_alarmed(folder):
    for path in ("/", "/products/churn"):
        text = " ".join(opened(folder, path).text.split())
        assert '<a class="said" href="/products/churn/monitoring"' in text or "Every monitor" in text
        assert re.search(r'class="tag say-(act|warn)"', text)
    assert "1 with an alarm" in opened(folder, "/").text
    assert opened(folder, "/.json").json()["products"][0]["watched"]["alarms"]


def test_a_look_that_is_old_is_no_comfort(folder):
    assert "Nobody has looked for a while" in opened(folder, "/products/churn/monitoring", hour=20).text
    assert "nobody looks" in opened(folder, "/", hour=20).text


def test_the_report_needs_nothing_else(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["report", str(folder), "--monitoring"])
    assert done.exit_code == 0, done.output
    text = (tmp_path / "churn-monitoring.html").read_text()
    assert not re.search(r"(src|href|xlink:href)=|https?:|url\(|@import|@font-face|<script", text)
    page = Page(text)
    assert page.tags.count("desc") > 6
    assert len(text) < 250_000
    assert "churn-monitoring.html: " in done.stdout
    found = json.loads(CliRunner().invoke(main, ["report", str(folder), "--monitoring", "--json"]).stdout)
    assert (found["ok"], found["file"], found["bytes"]) == (True, "", 0)
    assert len(found["monitoring"]["series"]) == page.tags.count("desc")
    (tmp_path / "link.html").symlink_to(tmp_path / "there.html")
    assert CliRunner().invoke(main, ["report", str(folder), "--monitoring", "-o", "link.html"]).exit_code == 0
    assert (tmp_path / "there.html").stat().st_size == len(text.encode())
    assert (tmp_path / "link.html").is_symlink()
    asked = CliRunner().invoke(main, ["report", str(folder), "--monitoring", "--pdf"])
    assert (asked.exit_code, "it is HTML" in asked.stderr) == (2, True)


def test_a_pipe_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    reported(Monitoring("churn", OK, "Nothing is the matter."), lambda seen: seen.sentence, file=pipe)
    reader.join(timeout=10)
    assert (heard, pipe.is_fifo()) == ([b"Nothing is the matter."], True)


@pytest.mark.parametrize("rows", [0, 30])
def test_what_nobody_can_tell_is_never_fine(tmp_path, monkeypatch, rows):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    release = traffic.live(tmp_path / "churn")
    if rows:
        traffic.hours(tmp_path / "churn", release, hours=range(2), rows=rows)
    for looked in (False, True):
        if looked:
            look(tmp_path / "churn", 2.1)
        seen = opened(tmp_path / "churn", "/products/churn/monitoring.json", hour=2.2).json()["seen"]
        assert (seen["verdict"], seen["stale"]) == (NOT_ENOUGH_DATA, not looked)
        assert seen["sentence"].startswith("Nobody can tell yet")
        text = opened(tmp_path / "churn", "/products/churn/monitoring", hour=2.2).text
        assert "Nothing is the matter" not in text


def sight(watches, verdict, *, about="", why="why", **more):
    at = datetime(2026, 5, 4, tzinfo=UTC)
    return Sight(watches, watches, verdict, at, at, why, about=about, **more)


def test_the_sentence_names_what_is_fine_and_what_is_not_known():
    fine = [sight("drift", OK), sight("quality", NOT_ENOUGH_DATA)]
    assert in_short(OK, (), fine) == (
        "Nothing is the matter: what callers send is as expected. Nobody can tell yet: what outcomes say."
    )
    assert in_short(NOT_ENOUGH_DATA, (), fine[1:]) == (
        "Nobody can tell yet whether anything is the matter: why."
    )
    at = datetime(2026, 5, 4, tzinfo=UTC)
    alarm = Alarm("model", "drift", ACT, at, at, sights=(sight("drift", ACT, about="age", why="it moved."),))
    assert in_short(ACT, (alarm, alarm), ()) == (
        "Something should be done: drift of age: it moved. And one more alarm is on."
    )


def line(*values, unit="distance", **more):
    at = datetime(2026, 5, 4, tzinfo=UTC)
    points = tuple(
        Point(at + timedelta(hours=n), at + timedelta(hours=n + 1), 9, value, value, value)
        for n, value in enumerate(values)
    )
    return Series("drift", "age", unit, points, **more)


@pytest.mark.parametrize(
    "series",
    [
        line(0.0),
        line(None, None),
        line(1e9, -1e9, unit="EUR"),
        line(0.98, 0.981, unit="roc_auc", threshold=0.96, reference=0.984),
        line(0.2, None, 0.4, threshold=0.05),
        line(5.0, 5.0, unit="ms"),
        line(float("nan"), 1e-12, unit="share"),
    ],
)
def test_all_that_is_drawn_lies_within_the_picture(series):
    at = series.points[0].since
    marks = [Mark(at + timedelta(minutes=minutes), "alarm", "x", 1) for minutes in (-5, 0, 1, 50, 500)]
    chart = chart_of(series, marks)
    heights = [dot.y for dot in chart.dots] + [tick.y for tick in chart.ticks]
    heights += [each.y for each in (chart.threshold, chart.reference) if each]
    assert all(TOP <= y <= BOTTOM for y in heights)
    assert all(LEFT <= dot.x <= RIGHT for dot in chart.dots)
    assert all(LEFT <= flag.x <= RIGHT for flag in chart.flags)
    assert 2 <= len(chart.ticks) <= 6
    assert described(series)


def test_looks_are_remembered_by_the_hour_and_then_by_the_day(tmp_path):
    begin = datetime(2026, 5, 4, tzinfo=UTC)
    for half in range(2 * 24 * 4):
        seen = [sight("kpi", NOTE, value=float(half)), sight("drift", OK, value=0.1), sight("slo", OK)]
        remember(tmp_path, "churn", begin + timedelta(minutes=30 * half), seen)
    found = remembered(tmp_path, "churn")
    assert list(found) == [("kpi", "")]
    times = [each.until for each in found["kpi", ""].points]
    assert len(times) == 74
    assert (times == sorted(times), times[-1]) == (True, begin + timedelta(minutes=30 * 191))
    many = [sight("fairness", OK, about=str(n), value=1.0) for n in range(2 * MOST)]
    remember(tmp_path, "churn", times[-1] + timedelta(hours=1), many)
    assert len(remembered(tmp_path, "churn")) == MOST
