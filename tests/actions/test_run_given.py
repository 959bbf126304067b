"""A real run on a table that was given in the place of the source's file."""

import numpy as np
import pytest
from test_run_real import ThisInterpreter, write_poc

from causeway.actions.bundles import open_bundle
from causeway.actions.loop.asking import answers_of
from causeway.actions.loop.rows import Labelled
from causeway.actions.run import run
from causeway.actions.ship import Blocked, ship
from causeway.actions.source import digest_file
from causeway.actions.stages.pipeline import make_try
from causeway.actions.stages.site import Given
from causeway.actions.workspace import open_workspace
from causeway.core.errors import NotFound
from causeway.core.events import DataRead, ReleaseMade, RunFinished
from causeway.core.table import Number, Table, Text

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def test_a_table_stands_in_the_place_of_the_source_and_a_try_is_no_release(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)
    poc = tmp_path / "poc"
    write_poc(poc)
    before = (poc / "customers.csv").read_bytes()
    lines = before.decode().splitlines()
    table = tmp_path / "table.csv"
    table.write_text("\n".join(lines[:200]) + "\n")
    given = Given("customers", "customers.csv", table, digest_file(table), 199, (), "199 rows, window 30d")
    work = open_workspace(poc)
    doors = ThisInterpreter(tmp_path / "environment")

    tried = run(work, poc, workshop=doors, given=given, tried=True)

    assert tried.status == "made"
    facts = [event.fact for event in work.ledger.read("leavers")]
    assert not [fact for fact in facts if isinstance(fact, ReleaseMade)]
    assert [fact.status for fact in facts if isinstance(fact, RunFinished)] == ["tried"]
    [read] = [fact for fact in facts if isinstance(fact, DataRead)]
    assert (read.digest, read.rows, read.purpose) == (
        given.digest,
        199,
        "trained anew on 199 rows, window 30d",
    )
    assert (poc / "customers.csv").read_bytes() == before
    # it only answers: nothing is measured, converted or proven
    assert [stage.stage for stage in tried.stages][2:] == [
        "train",
        "contract",
        "recover",
        "compile",
        "package",
    ]
    assert tried.stages[2].fact.endswith("; 199 rows read")
    assert (tried.evaluation.rows, tried.parity.rows, tried.parity.proven) == (0, 0, False)
    assert tried.evaluation.method.endswith("nothing was measured, converted or proven")
    assert open_bundle(work, tried.release).release.model.whole
    answers = answers_of(work, tried.release, rows_of(lines[-60:]))
    assert len(answers) == 60
    assert answers[:30].std() > 0.05
    # and it is never shipped, not even were it written down as a release
    assert run(work, poc, workshop=doors, given=given, tried=True).status == "already_made"
    with pytest.raises(NotFound, match="leavers has no release yet"):
        ship(work, poc, release=tried.release, agree=lambda _: True)
    made = run(work, poc, workshop=doors, given=given, pipeline=make_try)
    assert made.release == tried.release
    assert all(stage.cached for stage in made.stages if stage.stage != "data")
    with pytest.raises(Blocked, match="ONLY-TRIED"):
        ship(work, poc, release=tried.release, agree=lambda _: True)
    work.ledger.close()


def rows_of(lines):
    months, spend, plan, left = zip(*(line.split(",") for line in lines), strict=True)
    inputs = Table(
        {
            "months": Number(np.array(months, float), "integer"),
            "spend": Number(np.array([word or np.nan for word in spend], float)),
            "plan": Text(list(plan)),
        }
    )
    truth = np.array([float(word == "yes") for word in left])
    return Labelled([str(i) for i in range(len(left))], np.arange(len(left)), inputs, left, truth, "roc_auc")
