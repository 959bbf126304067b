"""The forecast in a check: from records of a gateway, with a card of one's own, and told in a few lines."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

import folders
from causeway.actions.check import check
from causeway.actions.measured import FEWEST, measured
from causeway.assess.rates import read_rates
from causeway.cli.main import main
from causeway.cli.reports import forecast as forecast_text
from causeway.core.errors import CausewayError, UsageError
from causeway.core.records import Record, frame

PROMISE = """\
[product]
name = "churn"
owner = "dana"

[kpi]
name = "leavers"
unit = "subscribers kept"
unit_value = 180
currency = "EUR"
right_decision = 60
wrong_decision = 12.5

[budget]
build = 40000
run_per_month = 900
currency = "EUR"
until = 2099-12-31
predictions_per_month = 60000
"""
PAGE = (Path(__file__).parents[2] / "docs" / "forecast.md").read_text()


def record(number, *, micros, request):
    return Record(str(number), number, "churn", "r", "live", "c", {"a": 1}, {"p": 0.5}, micros, (), request)


def records(folder, made):
    log = folder / ".causeway" / "records" / "churn" / "a.log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"".join(frame(each) for each in made))
    return log


def test_seconds_and_bytes_come_from_the_gateways_records(tmp_path):
    one_each = [record(n, micros=4000, request=f"r{n}") for n in range(30)]
    ten_at_once = [record(n, micros=20_000, request="all") for n in range(30, 40)]
    log = records(tmp_path, [*one_each, *ten_at_once])
    told = measured(tmp_path / ".causeway", "churn")
    assert told.predictions == 40
    assert told.median == pytest.approx(0.004)
    assert told.mean == pytest.approx((30 * 0.004 + 10 * 0.002) / 40)
    assert told.record_bytes == log.stat().st_size / 40


def test_few_records_and_none_measure_nothing(tmp_path):
    assert measured(tmp_path, "churn") is None
    records(tmp_path, [record(n, micros=1, request="") for n in range(FEWEST - 1)])
    assert measured(tmp_path / ".causeway", "churn") is None


def test_a_declared_and_measured_product_has_every_figure(tmp_path):
    folders.churn(tmp_path, **{"causeway.toml": PROMISE})
    records(tmp_path, [record(n, micros=4000, request=f"r{n}") for n in range(30)])
    told = check(tmp_path).forecast
    assert told.wanted == ()
    assert told.cost.measured.predictions == 30
    assert told.cost.total.unit == "EUR"
    assert [each.what for each in told.payback.conditions] == ["running", "running and building", "decisions"]
    lines = forecast_text.text(told).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 10
    assert "  Pays    its running from 5 subscribers kept a month on" in lines[5]


def test_without_a_manifest_only_work_and_the_least_cost_are_told(tmp_path):
    told = check(folders.churn(tmp_path)).forecast
    assert told.payback.conditions == ()
    assert told.cost.measured is None
    text = forecast_text.text(told)
    assert "at least 30 to 81 USD a month: one server" in text
    assert "kpi.unit_value" in text
    shape = json.loads(CliRunner().invoke(main, ["check", str(tmp_path), "--json"]).stdout)
    assert {"work", "cost", "payback", "wanted", "year", "funding"} == set(shape["forecast"])
    page = CliRunner().invoke(main, ["check", str(tmp_path), "--md"]).stdout
    assert "### What production would take" in page
    assert "not a measurement" in page


def test_a_card_of_ones_own_replaces_the_bundled_one(tmp_path):
    card = PAGE.partition("```toml\n")[2].partition("```")[0]
    assert read_rates(card, where="the page").to("USD") == 1.1
    folders.churn(tmp_path, **{"causeway.toml": PROMISE + 'rates = "rates.toml"\n', "rates.toml": card})
    cost = check(tmp_path).forecast.cost
    assert cost.total.value == round(730 * 0.03, 2)
    assert "our contract with the hoster" in cost.prices


def test_a_card_for_all_products_counts_where_a_product_has_none(tmp_path, monkeypatch):
    card = PAGE.partition("```toml\n")[2].partition("```")[0]
    monkeypatch.setenv("CAUSEWAY_RATES", str(folders.write(tmp_path, {"house.toml": card}) / "house.toml"))
    assert check(folders.churn(tmp_path / "poc")).forecast.cost.total.unit == "EUR"


@pytest.mark.parametrize("name", ["../rates.toml", "/dev/zero", "pipe", "link"])
def test_a_card_that_is_no_file_of_the_folder_is_not_read(tmp_path, name):
    folder = folders.churn(tmp_path / "poc", **{"causeway.toml": f'{PROMISE}rates = "{name}"\n'})
    (tmp_path / "rates.toml").write_text("")
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to(tmp_path / "rates.toml")
    with pytest.raises(UsageError, match="no file in this folder"):
        check(folder)


def test_what_lies_where_records_should_never_stops_a_check(tmp_path):
    folders.churn(tmp_path, **{"causeway.toml": PROMISE})
    log = records(tmp_path, [])
    log.write_bytes(b"\xff" * 1000)
    os.mkfifo(log.with_name("b.log"))
    segment = tmp_path / ".causeway" / "segments" / "churn" / "predictions" / "2026-01-01" / "a.parquet"
    segment.parent.mkdir(parents=True)
    for content in (b"", b"PAR1 no PAR1", b"PAR1" + b"\xff" * 40 + b"\x10\0\0\0PAR1"):
        segment.write_bytes(content)
        assert check(tmp_path).forecast.cost.measured is None


@pytest.mark.parametrize("card", [None, b"\xff", b"version = 1\n"])
def test_a_card_that_cannot_be_read_is_one_clear_error(tmp_path, card):
    folders.churn(tmp_path, **{"causeway.toml": PROMISE + 'rates = "rates.toml"\n'})
    if card is not None:
        (tmp_path / "rates.toml").write_bytes(card)
    with pytest.raises(CausewayError) as caught:
        check(tmp_path)
    assert "rates.toml" in caught.value.where
    assert caught.value.hint
