"""The tour's chapter on worth: what is planted, what the provider bills, what the manifest promises."""

from datetime import date
from decimal import Decimal

import numpy as np

from causeway.actions.tour_worth import ENTITY, MORE, PROMISE, answered
from causeway.adapters import registry
from causeway.core.manifest_text import read_manifest
from causeway.example import invoice, programme, simulator

DRAFT = (
    '[product]\nname = "churn"\nowner = "?"\n\n[kpi]\nname = "?"\nunit_value = "?"\n\n'
    "[serving]\nworkers = 1\n"
)


def test_a_call_takes_off_what_it_is_said_to():
    table = {
        name: np.concatenate([week[name] for week in programme.asked_about(4, a_week=20_000)])
        for name in programme.asked_about(1, a_week=1)[0]
    }
    chance = simulator.churn_probability(table)
    called = chance >= programme.CALLED_FROM
    nobody = np.zeros(len(called), bool)
    expected = chance - programme.chance_of_leaving(table, called)
    assert expected[~called].max() < 1e-12
    alone, kept = (programme.who_leaves(table, who, draw=1) for who in (nobody, called))
    # nobody leaves because of a call, and as many stay as the chances say
    assert not np.any(kept & ~alone)
    error = np.sqrt(expected.var() / len(called)) + 0.5 / np.sqrt(len(called))
    assert abs((alone.mean() - kept.mean()) - expected.mean()) < 4 * error


def test_nobody_is_asked_about_twice():
    weeks = programme.asked_about(3, a_week=50)
    names = [name for week in weeks for name in week[ENTITY].tolist()]
    assert len(set(names)) == len(names) == 150


def test_the_invoice_breaks_no_rule_of_focus(tmp_path):
    file = tmp_path / "invoice.csv"
    file.write_text(invoice.focus_csv("churn", since=date(2026, 1, 30), until=date(2026, 2, 2)))
    read = registry.bills().read_bill([file], strict=True)
    assert [each.rows for each in read.statements] == [8, 8]


def test_the_manifest_answers_what_the_draft_asked():
    manifest = read_manifest(answered(DRAFT).encode(), where="")
    assert manifest.product.name == "churn"
    assert manifest.product.owner == "dana"
    assert manifest.kpi.unit_value == Decimal(PROMISE["unit_value"])
    assert (manifest.serving.entity, manifest.serving.holdout_percent) == (ENTITY, 20)
    assert manifest.serving.workers == 1
    assert "[budget]" in MORE
