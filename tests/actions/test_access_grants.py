"""Without a grant there is no data; with one there is as much as was granted, and every read is on record."""

import json
import sqlite3
from datetime import timedelta
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from durable import contents

from causeway.actions.access import accesses, ask, grant, revoke
from causeway.actions.run import run
from causeway.actions.stages.data import Brought, bring
from causeway.actions.stages.package import Packaged, package, unpacked
from causeway.actions.workspace import open_workspace
from causeway.core.access import NoAccess
from causeway.core.clock import FixedClock
from causeway.core.errors import BadContract, BadManifest, CausewayError, Conflict, NotFound, UsageError
from causeway.core.events import AccessGranted, DataRead, ProductDeclared, RunFinished, StageFinished
from shipyard import NOON

CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: people
version: 1.0.0
status: active
schema:
- name: people
  properties:
  - {name: id, logicalType: integer, classification: personal}
  - {name: email, logicalType: string, classification: PII}
  - {name: born, logicalType: date, classification: personal}
  - {name: salary, logicalType: number, classification: confidential}
  - {name: note, logicalType: string, classification: ours alone}
  - {name: plan, logicalType: string, classification: public}
  - {name: left, logicalType: string}
"""
ROWS = [
    (1, "ana@example.org", "1981-02-03", 54321.0, "x", "basic", "no"),
    (2, "bo@example.org", "1990-12-31", 37.5, "y", "pro", "yes"),
]
SOURCE = """
[[data]]
name = "people"
path = "data/people.parquet"
from = "sqlite:///../crm.db"
table = "people"
owner = "dana"
purpose = "retention calls"
contract = "people.odcs.yaml"
target = "left"
identifiers = ["id"]
"""


@pytest.fixture
def poc(folder):
    with sqlite3.connect(folder.parent / "crm.db") as connection:
        connection.execute("CREATE TABLE people (id, email, born, salary, note, plan, left)")
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?)", ROWS)
    connection.close()
    (folder / "people.odcs.yaml").write_text(CONTRACT)
    (folder / "causeway.toml").write_text(f'[product]\nname = "churn"\n{SOURCE}')
    return folder


def workspace(folder, *, actor="dana", at=NOON):
    return open_workspace(folder, clock=FixedClock(at), actor=actor)


def rewrite(folder, old, new, *, name="causeway.toml"):
    file = folder / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def reading(seen):
    """A pipeline that reads, and shows what the training would get."""

    def pipeline(site, steps):
        brought = steps.take(
            "data", {"run": site.run}, result=Brought, do=partial(bring, site), stands=lambda _: False
        )
        for path, file in brought.places(site).items():
            seen[path] = pl.read_parquet(file) if path.endswith("parquet") else file.read_bytes()
        mark = site.work.artifacts.put(b"mark")
        return steps.take(
            "package",
            {"data": brought.digests},
            result=Packaged,
            do=lambda: package(site, contents(site, mark)),
            stands=lambda packaged: unpacked(site.work, packaged),
        )

    return pipeline


def read(folder, *, actor="bo", at=NOON):
    seen = {}
    run(workspace(folder, actor=actor, at=at), folder, pipeline=reading(seen))
    return next(iter(seen.values()), None)


def facts(folder, kind):
    events = workspace(folder).ledger.read("churn")
    return [event.fact for event in events if isinstance(event.fact, kind)]


def refused(folder, **said):
    with pytest.raises(NoAccess) as caught:
        read(folder, **said)
    assert not facts(folder, DataRead)
    assert not list((folder / ".causeway").rglob("people*"))
    return caught.value


def test_without_a_grant_there_is_no_data_and_the_error_says_who_can_give_it(poc):
    error = refused(poc)
    assert error.message == "nobody has granted churn to read people"
    assert "causeway access ask people" in error.hint
    assert "dana can give it: causeway access grant people" in error.hint
    assert error.where.endswith("causeway.toml")
    last = facts(poc, RunFinished)[-1]
    assert (last.status, last.code) == ("failed", "no_access")


def test_what_was_asked_is_granted_and_read_and_every_step_is_on_record(poc):
    asked = ask(workspace(poc, actor="bo"), poc, "people", days=7)
    assert (asked.status, asked.owner, asked.purpose) == ("asked", "dana", "retention calls")
    assert "it was asked for" in refused(poc).hint

    given = grant(workspace(poc), poc, asked.ask)
    assert given.until == NOON + timedelta(days=7)
    frame = read(poc)

    assert len(frame) == 2
    fact = facts(poc, DataRead)[0]
    assert (fact.source, fact.purpose, fact.grant, fact.rows) == ("people", "retention calls", given.grant, 2)
    assert facts(poc, AccessGranted)[0].ask == asked.ask
    events = workspace(poc).ledger.read("churn")
    assert isinstance(events[0].fact, ProductDeclared)
    assert "ana@example" not in "".join(event.text for event in events)


def test_columns_are_masked_by_their_classification(poc):
    grant(workspace(poc), poc, "people")
    frame = read(poc)
    # a word that nobody knows is taken for the strictest: the column stays behind
    assert frame.columns == ["id", "email", "born", "salary", "plan", "left"]
    assert frame["born"].to_list() == [1981, 1990]
    assert frame["salary"].to_list() == [50000.0, 40.0]
    assert frame["plan"].to_list() == ["basic", "pro"]
    assert frame["left"].to_list() == ["no", "yes"]
    assert all(len(each) == 20 for name in ("id", "email") for each in frame[name])
    assert facts(poc, DataRead)[0].masked == {
        "id": "pseudonym",
        "email": "pseudonym",
        "born": "year",
        "salary": "band",
        "note": "drop",
    }
    assert read(poc).equals(frame)


def test_the_owner_may_unmask_some_and_leave_others_out(poc):
    given = grant(
        workspace(poc), poc, "people", columns=("id", "salary", "left"), unmask=("salary",), purpose=""
    )
    assert (given.columns, given.unmask) == (("id", "salary", "left"), ("salary",))
    frame = read(poc)
    assert frame.columns == ["id", "salary", "left"]
    assert frame["salary"].to_list() == [54321.0, 37.5]
    with pytest.raises(UsageError, match="leave out email"):
        grant(workspace(poc), poc, "people", columns=("left",), unmask=("email",))
    with pytest.raises(UsageError, match="leave out left"):
        grant(workspace(poc), poc, "people", columns=("id",))


def test_nothing_is_learnt_from_a_masked_target(poc):
    plain = "{name: left, logicalType: string"
    rewrite(poc, f"{plain}}}", f"{plain}, classification: pii}}", name="people.odcs.yaml")
    grant(workspace(poc), poc, "people")
    error = refused(poc)
    assert "the target left of people is pii" in error.message
    assert "causeway access grant people --unmask left" in error.hint
    grant(workspace(poc), poc, "people", unmask=("left",))
    assert read(poc)["left"].to_list() == ["no", "yes"]


def test_what_is_secret_is_unmasked_for_nobody(poc):
    with pytest.raises(NoAccess, match="no grant of what is secret"):
        grant(workspace(poc), poc, "people", unmask=("note",))


def test_an_expired_grant_carries_nothing(poc):
    grant(workspace(poc), poc, "people", days=2)
    at = NOON + timedelta(days=2)
    error = refused(poc, at=at)
    assert error.message == f"the grant to read people expired on {at:%Y-%m-%d %H:%M} UTC"
    assert read(poc, at=at - timedelta(seconds=1)) is not None


def test_a_revoked_grant_carries_nothing_from_the_next_run_on(poc):
    given = grant(workspace(poc), poc, "people")
    assert revoke(workspace(poc), poc, "people", because="the contract ended").grants == (given.grant,)
    assert "was revoked on" in refused(poc).message
    assert "the contract ended" in refused(poc).message
    assert revoke(workspace(poc), poc, given.grant).status == "already_revoked"


def test_the_same_release_asks_for_the_grant_again(poc):
    given = grant(workspace(poc), poc, "people")
    read(poc)
    read(poc)
    assert len(facts(poc, DataRead)) == 2
    assert facts(poc, RunFinished)[-1].release == facts(poc, RunFinished)[0].release
    revoke(workspace(poc), poc, given.grant)
    with pytest.raises(NoAccess):
        read(poc)


def test_a_grant_is_for_one_purpose(poc):
    grant(workspace(poc), poc, "people")
    rewrite(poc, "retention calls", "pricing")
    error = refused(poc)
    assert error.message == 'people was granted for "retention calls", not for "pricing"'
    assert "causeway access ask people" in error.hint


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ('table = "people"', 'table = "salaries"', "causeway.toml"),
        ('table = "people"', 'query = "select * from people"', "causeway.toml"),
        ("crm.db", "hr.db", "causeway.toml"),
        ("classification: PII", "classification: public", "people.odcs.yaml"),
    ],
)
def test_a_grant_is_for_what_was_shown_to_the_owner(poc, old, new, name):
    asked = ask(workspace(poc, actor="bo"), poc, "people")
    grant(workspace(poc), poc, asked.ask)
    rewrite(poc, old, new, name=name)
    assert "is not what was granted any more" in refused(poc).message
    with pytest.raises(Conflict, match="speaks of another people"):
        grant(workspace(poc), poc, asked.ask)


def test_only_the_owner_or_whom_a_policy_lets_may_grant(poc):
    with pytest.raises(NoAccess, match="bo may not grant access to people") as caught:
        grant(workspace(poc, actor="bo"), poc, "people")
    assert caught.value.hint == "dana can: causeway access grant people"
    policies = poc / ".causeway" / "policies"
    policies.mkdir()
    (policies / "deputies.cedar").write_text(
        'permit (principal, action == Causeway::Action::"grant", resource) when { principal.name == "bo" };'
    )
    assert grant(workspace(poc, actor="bo"), poc, "people").status == "granted"


def test_a_policy_of_the_workspace_stops_a_read_that_was_granted(poc):
    grant(workspace(poc), poc, "people")
    policies = poc / ".causeway" / "policies"
    policies.mkdir()
    (policies / "freeze.cedar").write_text('@id("data freeze")\nforbid (principal, action, resource);')
    error = refused(poc)
    assert error.message == "people may not be read: the policy data freeze forbids it"
    (policies / "freeze.cedar").write_text("forbid (principal")
    with pytest.raises(CausewayError) as caught:
        read(poc)
    assert caught.value.code == "bad_policy"


def test_a_table_of_masks_of_ones_own(poc):
    policies = poc / ".causeway" / "policies"
    policies.mkdir(parents=True)
    rows = ("classification,text,number,date,other", ",keep,keep,keep,keep", "secret,keep,keep,keep,keep")
    (policies / "masking.csv").write_text("\n".join(rows))
    grant(workspace(poc), poc, "people")
    assert read(poc)["email"].to_list() == ["ana@example.org", "bo@example.org"]
    (policies / "masking.csv").write_text("\n".join(rows).replace("keep", "blur"))
    with pytest.raises(UsageError, match="'blur'"):
        read(poc)


def test_a_file_with_an_owner_is_read_under_a_grant_and_one_without_needs_none(poc):
    (poc / "people.csv").write_text("email,plan,left\na@b.c,pro,no\n")
    rewrite(poc, SOURCE, '\n[[data]]\nname = "people"\npath = "people.csv"\ncontract = "people.odcs.yaml"\n')
    assert read(poc) is None
    fact = facts(poc, DataRead)[0]
    assert (fact.grant, fact.rows, fact.masked) == ("", None, {})
    assert not list((poc / ".causeway").rglob("*people*"))

    rewrite(poc, 'path = "people.csv"', 'path = "people.csv"\nowner = "dana"\npurpose = "calls"')
    with pytest.raises(NoAccess):
        read(poc)
    grant(workspace(poc), poc, "people")
    assert b"a@b.c" not in read(poc)
    assert (poc / "people.csv").read_text() == "email,plan,left\na@b.c,pro,no\n"


def test_no_copy_of_the_data_outlives_the_run(poc):
    grant(workspace(poc), poc, "people")
    read(poc)
    files = [path for path in (poc / ".causeway").rglob("*") if path.is_file()]
    assert not [path for path in files if path.suffix == ".parquet" or b"PAR1" in path.read_bytes()[:4]]


def test_the_password_is_in_no_event_and_no_error(poc, monkeypatch):
    monkeypatch.setenv("WAREHOUSE", "hunter2")
    rewrite(poc, "sqlite:///../crm.db", "postgresql://reader@127.0.0.1:1/sales")
    rewrite(poc, 'owner = "dana"', 'owner = "dana"\nsecret = "env:WAREHOUSE"')
    grant(workspace(poc), poc, "people")
    with pytest.raises(CausewayError) as caught:
        read(poc)
    kept = "".join(
        path.read_text(errors="replace") for path in (poc / ".causeway").rglob("*") if path.is_file()
    )
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}{caught.value.where}{kept}"
    rewrite(poc, "reader@", "reader:hunter2@")
    with pytest.raises(BadManifest) as bad:
        read(poc)
    assert "hunter2" not in f"{bad.value.message}{bad.value.hint}"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('owner = "dana"\n', "", "has no `owner`"),
        ('path = "data/people.parquet"\n', "", "has no `path`"),
        ("data/people.parquet", "../people.parquet", "`path` cannot be"),
        ("data/people.parquet", "/etc/people.parquet", "`path` cannot be"),
        ("data/people.parquet", "people.xlsx", "cannot become"),
        ('table = "people"\n', "", "what to read of this database is not said"),
        ('table = "people"', 'table = "people"\nquery = "select 1"', "are both there"),
        ('from = "sqlite:///../crm.db"\n', "", "speaks of a source outside"),
    ],
)
def test_a_source_that_is_half_said_is_no_manifest(poc, old, new, words):
    rewrite(poc, old, new)
    with pytest.raises(BadManifest, match=words) as caught:
        read(poc)
    assert ":" in caught.value.where


def test_asking_and_granting_twice_changes_nothing(poc):
    first = ask(workspace(poc, actor="bo"), poc, "people")
    again = ask(workspace(poc, actor="bo"), poc, "people")
    assert (again.ask, again.status) == (first.ask, "already_asked")
    given = grant(workspace(poc), poc, "people")
    assert grant(workspace(poc), poc, "people", days=3).grant == given.grant
    assert ask(workspace(poc, actor="bo"), poc, "people").status == "already_granted"
    longer = grant(workspace(poc), poc, "people", days=90)
    assert longer.status == "granted"


def test_what_cannot_be_asked_or_granted_says_why(poc):
    work = workspace(poc)
    with pytest.raises(NotFound, match="names no source customers") as caught:
        ask(work, poc, "customers")
    assert caught.value.hint == "its sources: people"
    for days in (0, -1, 400):
        with pytest.raises(UsageError, match="is no time for a grant"):
            ask(work, poc, "people", days=days)
    with pytest.raises(NotFound, match="has no grant grant-0"):
        revoke(work, poc, "grant-0")
    rewrite(poc, 'purpose = "retention calls"\n', "")
    with pytest.raises(UsageError, match="nobody says what people is for"):
        ask(work, poc, "people")


def test_how_it_stands_with_each_source(poc):
    (poc / "more.csv").write_text("a\n1\n")
    rewrite(poc, SOURCE, SOURCE + '\n[[data]]\nname = "more"\npath = "more.csv"\n')
    assert [each.state for each in accesses(workspace(poc), poc).sources] == ["none", "open"]
    grant(workspace(poc), poc, "people", days=1)
    read(poc)
    people = accesses(workspace(poc), poc).sources[0]
    assert (people.state, people.reads, people.last_read.rows) == ("active", 1, 2)
    later = accesses(workspace(poc, at=NOON + timedelta(days=1)), poc)
    assert later.sources[0].state == "expired"


def test_a_stage_of_data_is_recorded_like_every_other(poc):
    grant(workspace(poc), poc, "people")
    read(poc)
    assert facts(poc, StageFinished)[0].stage == "data"
    result = workspace(poc).artifacts.get(facts(poc, StageFinished)[0].result)
    assert json.loads(result)["fact"].startswith("2 rows of people under grant-")
    assert Path(poc / "data").exists() is False


def test_a_file_that_lies_in_the_folder_is_taken_up_and_not_read_again(poc):
    (poc / "people.csv").write_text("plan,left\npro,no\n")
    rewrite(poc, SOURCE, '\n[[data]]\nname = "people"\npath = "people.csv"\n')
    taken = []

    def pipeline(site, steps):
        made = steps.take("data", {}, result=Brought, do=partial(bring, site))
        taken.append(made.landed)
        raise NotFound("nothing follows")

    for _ in range(2):
        with pytest.raises(NotFound):
            run(workspace(poc), poc, pipeline=pipeline)
    assert taken == [(), ()]
    assert len(facts(poc, DataRead)) == 1


def test_a_contract_of_other_tables_unmasks_nothing(poc):
    others = CONTRACT.replace("- name: people", "- name: staff") + "- name: more\n"
    (poc / "people.odcs.yaml").write_text(others)
    with pytest.raises(BadContract, match="describes no table people") as caught:
        grant(workspace(poc), poc, "people")
    assert caught.value.hint == "it describes staff, more"
