"""A real run on a table that was given in the place of the source's file."""

import pytest
from test_run_real import ThisInterpreter, write_poc

from causeway.actions.run import run
from causeway.actions.source import digest_file
from causeway.actions.stages.site import Given
from causeway.actions.workspace import open_workspace
from causeway.core.events import DataRead, ReleaseMade, RunFinished

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
    # the same again is taken up, and as a release it is one
    assert run(work, poc, workshop=doors, given=given, tried=True).status == "already_made"
    made = run(work, poc, workshop=doors, given=given)
    assert (made.release, made.evaluation.rows) == (tried.release, 199)
    assert all(stage.cached for stage in made.stages if stage.stage != "data")
    assert (poc / "customers.csv").read_bytes() == before
    work.ledger.close()
