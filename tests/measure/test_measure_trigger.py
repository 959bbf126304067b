"""A trigger that measures says what came of it, by the promise that holds."""

from simulated import product
from test_benefit import told

from causeway.actions.act import act
from causeway.actions.decide import product_state
from causeway.core.triggers import TriggerEnded
from causeway.views.benefit import fold

TRIGGER = '[[triggers]]\non = "schedule:0 6 * * *"\ndo = "measure"\n'


def ended(work):
    return [event.fact for event in work.ledger.read("churn") if isinstance(event.fact, TriggerEnded)]


def test_a_trigger_measures_and_says_what_came_of_it(folder):
    work = product(folder, more=TRIGGER)
    told(work)
    manifest = folder / "causeway.toml"
    manifest.write_text(manifest.read_text() + "\n# half an edit\n")
    before = product_state(work, "churn").manifest
    done = act(work, "churn")
    (last,) = fold(work.ledger.read("churn")).measured
    assert not done.failed
    assert (last.fact.grade, last.fact.plan) == ("A", before)
    assert ended(work)[0].words.startswith(f"measured, event {last.seq}: From 2026-03-02 to ")
    assert product_state(work, "churn").manifest == before
