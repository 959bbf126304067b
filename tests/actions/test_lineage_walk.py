"""From a prediction back to the tables of other tools, column by column."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from msgspec import structs

import shipyard
from causeway.actions import lineage
from causeway.actions.lineage_received import Inbox
from causeway.actions.lineage_walk import Lineage
from causeway.actions.seal import seal
from causeway.cli.main import main
from causeway.core.errors import NotFound, UsageError
from causeway.core.ids import short, uuid7
from causeway.core.lineage import Derived, Source, Story, completed, started
from causeway.core.lineage_facets import LineageColumn
from causeway.core.records import Record, frame

RUN = "01990000-0000-7000-8000-000000000001"
STORY = Story(
    product="churn",
    run=RUN,
    sources=(
        Source(
            "crm.csv", tuple(map(LineageColumn, ("tenure", "Contract", "Churn"))), 999, "sha256:" + "1" * 64
        ),
    ),
    features=(
        Derived("tenure", "double", "crm.csv", ("tenure",), "pass"),
        Derived("Contract_One year", "double", "crm.csv", ("Contract",), "one-hot"),
        *(Derived(f"made_{at}", "double", "crm.csv", ("tenure", "Contract"), "sum") for at in range(9)),
    ),
    outputs=(LineageColumn("label"),),
)


def step(dataset, column, how="IDENTITY"):
    return {
        "namespace": dataset[0], "name": dataset[1], "field": column,
        "transformations": [{"type": "DIRECT", "subtype": how}],
    }  # fmt: skip


def event(job, inputs, outputs, **more):
    return {
        "eventTime": "2026-05-04T03:00:00Z",
        "eventType": "COMPLETE",
        "run": {"runId": f"run of {job}"},
        "job": {"namespace": "airflow", "name": job},
        "inputs": [{"namespace": space, "name": name} for space, name in inputs],
        "outputs": [{"namespace": space, "name": name, "facets": more} for space, name in outputs],
    }


CRM = ("postgres://db:5432", "crm.public.customers")
LAKE = ("s3://lake", "raw/customers")
HERE = ("file:churn", "crm.csv")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)
    return shipyard.poc(tmp_path / "poc")


@pytest.fixture
def release(folder):
    made = shipyard.release(folder)
    work = shipyard.workspace(folder)
    story = structs.replace(STORY, release=made)
    lineage.begin(work, started(story, at=shipyard.NOON))
    lineage.end(work, RUN, completed(story, at=shipyard.NOON))
    return made


@pytest.fixture
def work(folder, release):
    return shipyard.workspace(folder)


def receive(work, *events):
    return Inbox(work).take(json.dumps(events).encode())


def fed(work):
    """Two jobs of another tool: the lake fills the database, and the database our file."""
    exported = {
        "columnLineage": {"fields": {"tenure": {"inputFields": [step(CRM, "months", "AGGREGATION")]}}}
    }
    filled = {"columnLineage": {"fields": {"months": {"inputFields": [step(LAKE, "since")]}}}}
    receive(
        work,
        event("nightly.export", [CRM], [HERE], **exported),
        event("nightly.load", [LAKE], [CRM], **filled),
    )


def names(node):
    """The way through the first child of each place."""
    found = [f"{node.kind} {node.name}"]
    return found + (names(node.children[-1]) if node.children and node.kind != "columns" else [])


def every(node):
    yield node
    for child in node.children:
        yield from every(child)


def test_a_release_leads_through_its_run_to_the_tables_of_other_tools(work, release):
    fed(work)
    walked = Lineage(work).walk(short(release))

    assert names(walked.way) == [
        f"release {short(release)}", f"run {RUN}", "dataset crm.csv", "job nightly.export",
        "dataset crm.public.customers", "job nightly.load", "dataset raw/customers",
    ]  # fmt: skip
    columns = walked.way.children[0].children[0]
    assert (columns.name, columns.told) == ("11 columns of the model", "made of 2 columns of the data")
    assert columns.children[1].told == "of Contract (one-hot)"
    assert walked.way.children[0].children[1].told == "999 rows, 3 columns, version 111111111111"


def test_a_column_is_followed_from_the_answer_to_where_it_began(work, release):
    fed(work)
    walk = Lineage(work).walk

    raw = walk(release, column="tenure").way.children[0]
    assert [(node.name, node.namespace, node.told) for node in every(raw)] == [
        ("tenure", "causeway/churn.features", ""),
        ("tenure", "file:churn/crm.csv", "pass"),
        ("months", "postgres://db:5432/crm.public.customers", "AGGREGATION"),
        ("since", "s3://lake/raw/customers", "IDENTITY"),
    ]
    answer = walk(release, column="label").way.children[0]
    assert len(answer.children) == 11
    # where one column went into several, its own origin is shown once
    assert sum(node.name == "since" for node in every(answer)) == 1
    with pytest.raises(NotFound) as error:
        walk(release, column="tenur")
    assert error.value.hint == "did you mean tenure?"


@pytest.mark.parametrize("sealed", [True, False])
def test_a_prediction_is_found_sealed_or_not(work, release, sealed):
    name = uuid7(shipyard.NOON)
    at = int(shipyard.NOON.timestamp() * 1e9)
    folder = work.state / "records" / "churn"
    folder.mkdir(parents=True)
    record = Record(name, at, "churn", release, "champion", "crm", {"tenure": 1}, {"label": "No"}, 9)
    other = Record(uuid7(shipyard.NOON + timedelta(days=9)), at, "churn", "sha256:x", "", "", {}, {}, 9)
    (folder / ("1.log" if sealed else "1.open")).write_bytes(frame(other) + frame(record))
    if sealed:
        assert seal(work, "churn", wait_seconds=0).rows == 2

    walked = Lineage(work).walk(name)

    assert walked.kind == "prediction"
    assert names(walked.way)[:4] == [
        f"prediction {name}", f"release {short(release)}", f"run {RUN}", "dataset crm.csv",
    ]  # fmt: skip
    assert walked.way.told == "of churn, 2026-05-04 12:00, arm champion"
    with pytest.raises(NotFound):
        Lineage(work).walk(uuid7(shipyard.NOON))


def test_a_dataset_tells_where_it_came_from_and_what_uses_it(work):
    fed(work)
    walk = Lineage(work).walk

    for called in ("crm.public.customers", "postgres://db:5432/crm.public.customers", "customers"):
        if called == "customers":
            # the lake's own is called so too
            with pytest.raises(UsageError, match="several"):
                walk(called)
            continue
        walked = walk(called)
        assert names(walked.way) == [
            "dataset crm.public.customers", "job nightly.load", "dataset raw/customers",
        ]  # fmt: skip
        assert [node.name for node in walked.used_by] == ["nightly.export"]
    with pytest.raises(NotFound) as error:
        walk("crm.public.custmers")
    assert error.value.hint == "did you mean crm.public.customers?"


def test_circles_end(work, release):
    receive(work, event("a", [CRM], [HERE]), event("b", [HERE], [CRM]), event("c", [CRM], [CRM]))

    way = Lineage(work).walk(release).way

    assert any(node.above for node in every(way))
    looped = {"columnLineage": {"fields": {"x": {"inputFields": [step(LAKE, "x")]}}}}
    receive(work, event("d", [LAKE], [LAKE], **looped))
    assert sum(1 for _ in every(Lineage(work).walk("raw/customers", column="x").way)) == 2


def test_a_file_is_the_same_by_its_path_and_by_any_name_that_is_told(work, release):
    for at, place in enumerate(("crm.csv", "products/churn/crm.csv", "other/scrm.csv")):
        receive(work, event(f"by path {at}", [LAKE], [("file", str(work.root / place))]))
    receive(work, event("elsewhere", [LAKE], [("file", "/elsewhere/crm.csv")]))
    named = event("by another name", [CRM], [("hive", "crm")])
    named["outputs"][0]["facets"] = {
        "symlinks": {"identifiers": [{"namespace": HERE[0], "name": HERE[1], "type": "TABLE"}]}
    }
    receive(work, named)

    jobs = {node.name for node in every(Lineage(work).walk(release).way) if node.kind == "job"}
    assert jobs == {"by path 0", "by path 1", "by another name"}


def test_the_run_before_is_followed_not_one_that_came_later(work, release):
    late = event("export", [LAKE], [HERE]) | {"eventTime": "2027-01-01T00:00:00Z", "run": {"runId": "late"}}
    receive(work, event("export", [CRM], [HERE]), late)

    assert names(Lineage(work).walk(release).way)[-1] == "dataset crm.public.customers"


def test_a_graph_is_drawn_anew_only_when_something_was_told(work):
    kept = Lineage(work)
    first = kept.graph()
    assert kept.graph() is first
    receive(work, event("a", [CRM], [HERE]))
    assert kept.graph() is not first


def test_the_command_draws_a_tree_that_fits_a_terminal(work, release, folder):
    fed(work)
    nasty = event("x" * 300 + "\x1b[31m", [("s3://lake", "a b\n" + "y" * 90)], [LAKE])
    receive(work, nasty)

    done = CliRunner().invoke(main, ["lineage", short(release), str(folder)])

    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"release {short(release)}  of churn, made 2026-05-04 12:00")
    assert "   |- 11 columns of the model  made of 2 columns of the data" in lines
    assert any("and 5 more: --column NAME follows one" in line for line in lines)
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in done.stdout
    as_json = CliRunner().invoke(main, ["lineage", short(release), str(folder), "--json"])
    assert json.loads(as_json.stdout)["way"]["children"][0]["children"][0]["kind"] == "columns"
    unknown = CliRunner().invoke(main, ["lineage", "nowhere", str(folder)])
    assert unknown.exit_code == 2
