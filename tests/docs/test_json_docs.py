"""What docs/json.md promises to programs is what the commands' results are made of."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from causeway.cli.main import VERBS
from causeway.cli.verb import EXIT_CODES, error_shape
from causeway.core.errors import NotFound

DOCS = Path(__file__).parents[2] / "docs"
RESULTS = {
    "tour": ("causeway.actions.tour", "Toured", "CanaryToured", "Worth"),
    "tour --chapter drift": ("causeway.actions.tour_drift", "Drifted"),
    "new": ("causeway.actions.new", "Written"),
    "init": ("causeway.actions.init", "InitReport"),
    "check": ("causeway.actions.check", "CheckReport"),
    "fix": ("causeway.actions.fix.fix", "Fixed", "Undone"),
    "access": ("causeway.actions.access", "Accesses", "SourceAccess"),
    "access ask": ("causeway.actions.access", "Asked"),
    "access grant": ("causeway.actions.access", "Granted"),
    "access revoke": ("causeway.actions.access", "Ended"),
    "run": ("causeway.actions.run", "RunReport"),
    "attach": ("causeway.actions.attach.attach", "Attached"),
    "eject": ("causeway.actions.eject.eject", "Ejected"),
    "agree": ("causeway.actions.agree", "Agreement"),
    "prove": ("causeway.actions.prove.prove", "Proved", "Part"),
    "ship": ("causeway.actions.ship", "Shipped", "Plan"),
    "roll promote": ("causeway.actions.canary", "Steered"),
    "roll hold": ("causeway.actions.canary", "Steered"),
    "roll back": ("causeway.actions.roll", "Rolled"),
    "score": ("causeway.actions.score.score", "Scored"),
    "up": ("causeway.actions.up", "Started"),
    "key issue": ("causeway.actions.keys", "Issued"),
    "key list": ("causeway.actions.keys", "Listed"),
    "key revoke": ("causeway.actions.keys", "Revoked"),
    "call": ("causeway.actions.call", "Called", "RowAnswer"),
    "client": ("causeway.actions.call_module", "Module"),
    "load": ("causeway.actions.load", "Measured", "LoadMeasured", "LoadStep"),
    "seal": ("causeway.actions.seal", "Sealed"),
    "watch": ("causeway.actions.watch.watch", "Looks", "Watched", "News"),
    "bill show": ("causeway.actions.bill.show", "Bill", "Shown", "Spent", "UsedBy"),
    "bill budget": ("causeway.actions.bill.settle", "BudgetJudged"),
    "bill forecast": ("causeway.actions.bill.forecast", "Foretold", "Outlook"),
    "bill import": ("causeway.actions.bill.imported", "ImportedBill", "ImportedStatement", "Noted"),
    "bill withdraw": ("causeway.actions.bill.imported", "Withdrawn"),
    "bill categories": ("causeway.actions.bill.categories", "CategoryTable"),
    "bill rate": ("causeway.actions.bill.rate", "PriceList", "PriceListed", "PriceSet"),
    "bill enter": ("causeway.actions.bill.entered", "CostKept"),
    "bill export": ("causeway.actions.bill.export", "Exported"),
    "report": ("causeway.actions.worth.written", "Accounted"),
    "report --portfolio": ("causeway.assess.worth.portfolio", "WorthPortfolio", "Line", "Sum"),
    "report --monitoring": ("causeway.actions.report", "Reported"),
    "replay": ("causeway.actions.replay.replay", "Replayed", "Block"),
    "tick": ("causeway.actions.tick", "Ticked"),
    "label": ("causeway.actions.label", "Labelled"),
    "measure": ("causeway.actions.measure.measure", "Measured", "Benefit"),
    "measure import-exposures": ("causeway.actions.measure.exposures", "Exposed"),
    "measure baseline": ("causeway.actions.measure.record", "Noted"),
    "import-records": ("causeway.actions.shipped.inbox", "Imported"),
    "retrain": ("causeway.actions.retrain", "Retrained", "Tried"),
    "approve": ("causeway.actions.approve", "Approved"),
    "erase": ("causeway.actions.erase", "Erased"),
    "lineage": ("causeway.actions.lineage_walk", "Walked"),
    "verify": ("causeway.ledger.chain", "Verdict"),
    "backup": ("causeway.actions.backup", "BackedUp"),
    "restore": ("causeway.actions.restore", "Restored"),
    "doctor": ("causeway.actions.doctor", "Checkup"),
    "contract infer": ("causeway.actions.contracts", "Inferred"),
    "contract check": ("causeway.actions.contracts", "Checked"),
    "contract diff": ("causeway.actions.contracts", "Compared"),
    "manifest": ("causeway.cli.manifest", "Reference", "Checked"),
}


def sections():
    parts = re.split(r"^#+ (.+)$", (DOCS / "json.md").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_documented(verb):
    pages = [page for page in DOCS.glob("*.md") if f"causeway {verb}" in page.read_text()]
    assert pages, f"no page of docs/ speaks of `causeway {verb}`"
    assert any(title.startswith(f"causeway {verb}") for title in sections()), "docs/json.md lacks its result"
    assert any(name.split()[0] == verb for name in RESULTS)


@pytest.mark.parametrize("command", RESULTS)
def test_every_field_of_a_result_is_documented(command):
    module, *names = RESULTS[command]
    text = sections()[f"causeway {command}"]
    for name in names:
        for field in fields_of(getattr(import_module(module), name)):
            assert f"`{field}`" in text, f"docs/json.md does not explain {field} of `causeway {command}`"


def fields_of(result):
    return getattr(result, "__struct_fields__", None) or result._fields


def test_exit_codes_and_the_error_shape_are_documented():
    text = sections()
    for code, words in EXIT_CODES.items():
        assert f"| {code} | {words}" in text["Exit codes"]
    for field in error_shape(NotFound()):
        assert f'"{field}"' in text["Errors"]
