import hashlib
import json
import subprocess
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

import shipyard
from causeway.actions.bundles import example_row, open_bundle
from causeway.actions.decide import product_state
from causeway.actions.roll import roll_back
from causeway.actions.ship import Blocked, curl, ship
from causeway.assess.shipping import Judgement
from causeway.cli.main import main
from causeway.core.bundle import BadBundle
from causeway.core.errors import Conflict, NotFound, UsageError
from causeway.core.events import RunStarted
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.release import Field
from causeway.core.routes import read_routes


def yes(_):
    return True


def shipped(folder, **options):
    return ship(shipyard.workspace(folder), folder, agree=options.pop("agree", yes), **options)


def routes(folder):
    return read_routes((folder / ".causeway" / "routes.json").read_bytes())


def events(folder):
    return shipyard.workspace(folder).ledger.read("churn")


def kinds(folder, *, after):
    return [type(event.fact).__name__ for event in events(folder)[after:]]


def finding(code, *, blocks_ship=True, severity=Severity.BLOCKER):
    return Finding(code, severity, f"{code} was seen", Remedy(f"mend {code}"), blocks_ship=blocks_ship)


def run(*arguments, **options):
    return CliRunner().invoke(main, list(map(str, arguments)), **options)


def test_a_release_goes_live_with_a_key_whose_token_is_kept_nowhere(folder):
    digest = shipyard.release(folder)
    done = shipped(folder)
    assert (done.status, done.live) == ("shipped", {digest: 100})
    assert done.token.startswith("cw_")
    assert len(done.token) >= 46
    route = routes(folder).routes[0]
    assert [(each.release, each.share) for each in route.served] == [(digest, 100)]
    assert Path(route.served[0].bundle).is_dir()
    assert route.keys[0].digest == hashlib.sha256(done.token.encode()).hexdigest()
    assert (route.label, route.requests_per_minute) == ("sandbox", 600)
    for path in (folder / ".causeway").rglob("*"):
        assert not path.is_file() or done.token.encode() not in path.read_bytes(), path


def test_shipping_twice_says_so_and_writes_nothing(folder):
    shipyard.release(folder)
    shipped(folder)
    before = len(events(folder)), routes(folder)
    again = shipped(folder, agree=lambda _: pytest.fail("asked again"))
    assert (again.status, again.token) == ("already_live", "")
    assert (len(events(folder)), routes(folder)) == before


def test_a_manifest_that_changed_holds_for_what_is_live_already(folder):
    shipyard.release(folder)
    shipped(folder)
    before = len(events(folder))
    with (folder / "causeway.toml").open("a") as manifest:
        manifest.write("\n[serving]\ndeadline_ms = 1234\n")
    again = shipped(folder, agree=lambda _: pytest.fail("asked again"))
    assert (again.status, again.declared) == ("already_live", True)
    assert kinds(folder, after=before) == ["ProductDeclared"]
    assert routes(folder).routes[0].deadline_ms == 1234
    assert not shipped(folder).declared


def test_a_second_release_keeps_the_key_and_raises_the_version(folder):
    shipyard.release(folder)
    shipped(folder)
    second = shipyard.release(folder, seed=b"second")
    done = shipped(folder)
    assert (done.live, done.token) == ({second: 100}, "")
    assert (routes(folder).version, len(routes(folder).routes[0].keys)) == (2, 1)


def test_an_earlier_release_is_named_by_its_first_digits(folder):
    first = shipyard.release(folder)
    shipyard.release(folder, seed=b"second")
    assert shipped(folder, release=first.removeprefix("sha256:")[:12]).live == {first: 100}
    with pytest.raises(NotFound, match="no release zz"):
        shipped(folder, release="zz")


def test_declining_changes_nothing(folder):
    shipyard.release(folder)
    before = len(events(folder))
    assert shipped(folder, agree=lambda _: False).status == "declined"
    assert len(events(folder)) == before
    assert not (folder / ".causeway" / "routes.json").exists()


@pytest.mark.parametrize("code", ["TARGET-LEAK", "secret", "UNSAFE-ARTIFACT"])
def test_what_makes_answers_wrong_or_dangerous_blocks(folder, code):
    shipyard.release(folder, findings=[finding(code)])
    with pytest.raises(Blocked, match=f"{code}: {code} was seen") as blocked:
        shipped(folder, agree=lambda _: pytest.fail("asked all the same"))
    assert (blocked.value.exit_code, blocked.value.code) == (1, "blocked")
    assert blocked.value.plan.judgement.blocking[0].remedy.words == f"mend {code}"


def test_a_waiver_is_recorded_with_who_and_why_before_the_traffic(folder):
    digest = shipyard.release(folder, encoded_input=True)
    before = len(events(folder))
    shipped(folder, waive={"ENCODED-INPUT": "a demo among ourselves"})
    assert kinds(folder, after=before) == ["FindingWaived", "KeyIssued", "TrafficRouted"]
    waived = events(folder)[before]
    assert (waived.body.actor, waived.fact.because, waived.fact.release) == (
        "a1",
        "a demo among ourselves",
        digest,
    )
    assert shipped(folder).status == "already_live"


def test_waiving_one_of_two_blockers_records_nothing(folder):
    shipyard.release(folder, encoded_input=True, findings=[finding("secret")])
    before = len(events(folder))
    with pytest.raises(Blocked, match="secret"):
        shipped(folder, waive={"ENCODED-INPUT": "a demo"})
    assert len(events(folder)) == before


@pytest.mark.parametrize(
    ("waive", "message"),
    [({"ENCODED-INPUT": " "}, "needs a reason"), ({"secret": "x"}, "secret does not stop this release")],
)
def test_a_waiver_without_reason_or_object_is_refused(folder, waive, message):
    shipyard.release(folder, encoded_input=True)
    with pytest.raises(UsageError, match=message):
        shipped(folder, waive=waive)


def test_paperwork_does_not_stop_a_sandbox_and_stops_a_pilot(folder):
    shipyard.release(folder, findings=[finding("owner", blocks_ship=False)])
    assert shipped(folder).status == "shipped"
    shipyard.poc(folder, stage="pilot")
    with pytest.raises(Blocked, match="owner"):
        shipped(folder)


def test_a_secret_in_the_folder_blocks_even_if_the_run_did_not_see_it(folder):
    shipyard.release(folder)
    secret = "AKIA" + "Q3EGRZ7TYWJL5KXB"
    (folder / "app.py").write_text(f'AWS_ACCESS_KEY_ID = "{secret}"\n')
    with pytest.raises(Blocked, match="SECRET"):
        shipped(folder)
    assert shipped(folder, waive={"secret": "withdrawn where it was issued"}).status == "shipped"


def test_what_was_known_when_it_went_live_is_kept(folder):
    shipyard.release(folder, encoded_input=True)
    done = shipped(folder, waive={"ENCODED-INPUT": "a demo"})
    work = shipyard.workspace(folder)
    kept = work.artifacts.get(product_state(work, "churn").routings[-1].judgement)
    assert msgspec.json.decode(kept, type=Judgement) == done.plan.judgement
    assert b"a demo" in kept


def test_the_manifest_sets_the_cap_and_a_new_promise_is_declared(folder):
    shipyard.release(folder)
    shipyard.poc(folder, more="[serving]\nrequests_per_minute = 50\n")
    before = len(events(folder))
    shipped(folder)
    assert kinds(folder, after=before) == ["ProductDeclared", "KeyIssued", "TrafficRouted"]
    assert routes(folder).routes[0].requests_per_minute == 50


@pytest.mark.parametrize(
    "name", ["release.json", "release.sig", "model.onnx", "findings.json", "example.json"]
)
def test_a_bundle_with_one_changed_byte_is_refused(folder, name):
    digest = shipyard.release(folder)
    path = shipyard.workspace(folder).bundle(digest) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadBundle):
        shipped(folder)
    assert not (folder / ".causeway" / "routes.json").exists()


def test_a_bundle_that_lost_a_file_is_refused(folder):
    digest = shipyard.release(folder)
    (shipyard.workspace(folder).bundle(digest) / "model.onnx").unlink()
    with pytest.raises(BadBundle, match=r"model\.onnx is missing"):
        shipped(folder)


def test_a_bundle_signed_by_a_stranger_is_refused(folder, tmp_path, monkeypatch):
    shipyard.release(folder)
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "other"))
    shipyard.release(shipyard.poc(tmp_path / "elsewhere"))
    with pytest.raises(BadBundle, match="is no key of this machine"):
        shipped(folder)


def test_traffic_that_changed_while_somebody_read_the_plan_is_left_alone(folder):
    first = shipyard.release(folder)
    shipped(folder)
    shipyard.release(folder, seed=b"second")

    def meanwhile(_):
        roll_back(folder)
        return True

    with pytest.raises(Conflict, match="changed while you were reading"):
        shipped(folder, agree=meanwhile)
    assert product_state(shipyard.workspace(folder), "churn").shares == {}
    assert first in product_state(shipyard.workspace(folder), "churn").releases


def test_other_events_meanwhile_do_not_disturb(folder):
    shipyard.release(folder)

    def meanwhile(_):
        work = shipyard.workspace(folder)
        work.ledger.append("churn", [RunStarted("r", "i")], actor="a2", at=shipyard.NOON)
        return True

    assert shipped(folder, agree=meanwhile).status == "shipped"


def test_a_routes_file_that_was_lost_or_spoilt_comes_back(folder):
    shipyard.release(folder)
    shipped(folder)
    wanted = routes(folder).routes
    for spoil in (Path.unlink, lambda path: path.write_text("{")):
        spoil(folder / ".causeway" / "routes.json")
        assert shipped(folder).status == "already_live"
        assert routes(folder).routes == wanted


def test_a_disk_that_takes_no_routes_is_told_and_the_token_is_not_lost(folder):
    digest = shipyard.release(folder)
    in_the_way = folder / ".causeway" / "routes.json"
    in_the_way.mkdir()
    result = run("ship", folder, "--yes")
    assert result.exit_code == 3
    assert "cannot read" in result.stderr
    assert "cw_" in result.stdout
    in_the_way.rmdir()
    again = run("ship", folder, "--yes", "--json")
    assert (again.exit_code, json.loads(again.stdout)["status"]) == (0, "already_live")
    assert routes(folder).routes[0].served[0].release == digest


def test_the_bundle_is_opened_with_its_example_or_one_made_from_the_signature(folder):
    digest = shipyard.release(folder)
    assert open_bundle(shipyard.workspace(folder), digest).example == shipyard.ROW
    fields = (*shipyard.RELEASE.signature.inputs, Field("note", "text"), Field("paid", "boolean"))
    assert example_row(fields) == {"tenure": 36, "Contract": "Month-to-month", "note": "1", "paid": False}


def test_the_curl_line_survives_a_shell():
    line = curl("http://127.0.0.1:1/x", {"a": "it's $HOME"}, token="")
    words = subprocess.run(
        ["bash", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True
    )
    assert json.loads(words.stdout.splitlines()[-1]) == {"dataframe_records": [{"a": "it's $HOME"}]}


def test_the_command_without_a_terminal_asks_for_yes(folder):
    shipyard.release(folder)
    result = run("ship", folder)
    assert result.exit_code == 2
    assert "--yes" in result.stderr


def test_the_command_shows_the_plan_and_prints_what_to_do_next(folder):
    shipyard.release(folder, findings=[finding("owner", blocks_ship=False)])
    result = run("ship", folder, "--yes")
    assert result.exit_code == 0, result.output
    for words in ("0.62 (0.55 to 0.69)", "always Yes gets 0.42", "999 of 999 rows", "owner was seen"):
        assert words in result.stderr
    assert "600 requests a minute" in result.stderr
    for words in ("cw_", "curl -s http://127.0.0.1:", "causeway up", "causeway roll back"):
        assert words in result.stdout


def test_the_command_speaks_json(folder):
    digest = shipyard.release(folder)
    result = run("ship", folder, "--yes", "--json")
    answer = json.loads(result.stdout)
    assert (answer["ok"], answer["status"], answer["live"]) == (True, "shipped", {digest: 100})
    assert answer["plan"]["evaluation"]["metric"] == "f1"
    assert json.loads(run("ship", folder, "--json").stdout)["status"] == "already_live"


def test_a_blocked_command_names_each_finding_with_its_remedy(folder):
    shipyard.release(
        folder,
        encoded_input=True,
        evaluation=msgspec.structs.replace(shipyard.RELEASE.evaluation, gain_low=-0.1),
    )
    result = run("ship", folder, "--yes")
    assert (result.exit_code, result.stdout) == (1, "")
    answer = json.loads(run("ship", folder, "--yes", "--json").stdout)
    remedies = [each["remedy"]["words"] for each in answer["judgement"]["blocking"]]
    said = " ".join(result.stderr.split())
    for words in ("NO-SKILL", "ENCODED-INPUT", *remedies, "--waive"):
        assert " ".join(words.split()) in said
    assert (answer["ok"], answer["code"]) == (False, "blocked")
    assert {each["code"] for each in answer["judgement"]["blocking"]} == {"NO-SKILL", "ENCODED-INPUT"}
    waived = run(
        "ship", folder, "--yes", "--waive", "NO-SKILL", "--waive", "ENCODED-INPUT", "--because", "demo"
    )
    assert waived.exit_code == 0, waived.output


def test_shipping_where_nothing_was_run_leaves_nothing_behind(folder):
    result = run("ship", folder, "--yes")
    assert result.exit_code == 2
    assert "causeway run" in result.stderr
    assert not (folder / ".causeway").exists()


def test_shipping_a_product_without_release_says_how_to_make_one(folder):
    shipyard.workspace(folder)
    result = run("ship", folder, "--yes")
    assert (result.exit_code, "causeway run" in result.stderr) == (2, True)


GRANT = """
[kpi]
name = "leavers"

[budget]
run_per_month = 5000
currency = "EUR"
until = 2099-12-31
approver = "finance"
"""


def test_production_is_not_reached_unfunded_but_with_a_waiver_or_a_grant(folder):
    shipyard.release(folder)
    pilot = {"waive": {"NO-OWNER": "a test"}}
    shipyard.poc(folder, stage="production")
    with pytest.raises(Blocked, match="RUN-UNFUNDED: Running it is not paid for: no run line") as blocked:
        shipped(folder, **pilot)
    assert [each.code for each in blocked.value.plan.judgement.blocking] == ["RUN-UNFUNDED"]
    shipyard.poc(folder, stage="production", more=GRANT.replace("2099", "2020"))
    with pytest.raises(Blocked, match="the grant ended on 2020-12-31"):
        shipped(folder, **pilot)
    shipyard.poc(folder, stage="production", more=GRANT)
    assert shipped(folder, **pilot).status == "shipped"


def test_who_takes_it_on_goes_to_production_and_stays_there(folder):
    shipyard.release(folder)
    shipyard.poc(folder, stage="production")
    both = {"NO-OWNER": "a test", "RUN-UNFUNDED": "the board meets on Friday"}
    done = shipped(folder, waive=both)
    assert {each.finding.code for each in done.plan.judgement.waived} == set(both)
    # what runs already is not held up by the day on which a grant ends
    shipyard.poc(folder, stage="scaled")
    assert shipped(folder, waive={}).status == "shipped"
