import hashlib
import json

import pytest
from click.testing import CliRunner

import shipyard
from causeway.actions.keys import issue, list_keys, revoke
from causeway.actions.ship import ship
from causeway.cli.main import main
from causeway.core.errors import NotFound, UsageError
from causeway.core.routes import read_routes


@pytest.fixture
def live(folder):
    """A folder whose product is live."""
    shipyard.release(folder)
    ship(shipyard.workspace(folder), folder, agree=lambda _: True)
    return folder


def routed(folder):
    file = read_routes((folder / ".causeway" / "routes.json").read_bytes())
    return {key.id: key.digest for key in file.routes[0].keys}


def run(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_an_issued_key_works_from_now_on_and_its_token_is_kept_nowhere(live):
    issued = issue(live, "web shop")
    assert routed(live)[issued.key] == hashlib.sha256(issued.token.encode()).hexdigest()
    for path in (live / ".causeway").rglob("*"):
        assert not path.is_file() or issued.token.encode() not in path.read_bytes(), path


def test_tokens_never_repeat(live):
    assert len({issue(live, "web").token for _ in range(5)}) == 5


def test_a_revoked_key_leaves_the_routes_and_stays_in_the_list(live):
    issued = issue(live, "web")
    assert revoke(live, issued.key).status == "revoked"
    assert issued.key not in routed(live)
    assert [key.active for key in list_keys(live).keys] == [True, False]
    assert revoke(live, issued.key).status == "already_revoked"


def test_a_key_nobody_has_cannot_be_revoked(live):
    with pytest.raises(NotFound, match="churn has no key key-0"):
        revoke(live, "key-0")


def test_a_key_needs_a_consumer(live):
    with pytest.raises(UsageError, match="the name of its consumer"):
        issue(live, "  ")


def test_keys_of_a_product_that_was_never_run_are_refused(folder):
    shipyard.workspace(folder)
    with pytest.raises(NotFound, match="nothing is known of churn"):
        issue(folder, "web")


def test_the_commands_print_a_token_once_and_only_once(live):
    issued = run("key", "issue", "web shop", "--folder", live)
    token = issued.stdout.split()[-1]
    assert token.startswith("cw_")
    listed = run("key", "list", "--folder", live)
    assert "web shop" in listed.stdout
    assert token not in listed.stdout
    key = json.loads(run("key", "list", "--folder", live, "--json").stdout)["keys"][1]["key"]
    assert run("key", "revoke", key, "--folder", live).stdout == f"{key} of churn: revoked.\n"
    again = json.loads(run("key", "revoke", key, "--folder", live, "--json").stdout)
    assert (again["ok"], again["status"]) == (True, "already_revoked")
    assert json.loads(run("key", "issue", "x", "--folder", live, "--json").stdout)["token"].startswith("cw_")
    assert run("key", "revoke", "key-0", "--folder", live).exit_code == 2
