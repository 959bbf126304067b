import json

import pytest
from click.testing import CliRunner

import shipyard
from causeway.actions.roll import roll_back
from causeway.actions.routes import sync_routes
from causeway.actions.ship import ship
from causeway.cli.main import main
from causeway.core.bundle import BadBundle
from causeway.core.events import TrafficRouted
from causeway.core.routes import read_routes


def shipped(folder):
    return ship(shipyard.workspace(folder), folder, agree=lambda _: True)


def served(folder):
    file = read_routes((folder / ".causeway" / "routes.json").read_bytes())
    return [[each.release for each in route.served] for route in file.routes]


def kept_warm(folder):
    file = read_routes((folder / ".causeway" / "routes.json").read_bytes())
    return [each.release for route in file.routes for each in route.warm]


def shadows(folder):
    file = read_routes((folder / ".causeway" / "routes.json").read_bytes())
    return [each.release for route in file.routes for each in route.shadow]


def test_each_step_back_undoes_one_step_forward_down_to_nothing(folder):
    first = shipyard.release(folder)
    shipped(folder)
    second = shipyard.release(folder, seed=b"second")
    shipped(folder)
    back = roll_back(folder)
    assert (back.status, back.before, back.live) == ("rolled_back", {second: 100}, {first: 100})
    assert served(folder) == [[first]]
    assert roll_back(folder).live == {}
    assert served(folder) == [[]]
    bottom = roll_back(folder)
    assert (bottom.status, bottom.live) == ("nothing_to_roll_back", {})


def test_what_a_step_back_returns_to_is_kept_warm_while_it_stands(folder):
    first = shipyard.release(folder)
    shipped(folder)
    assert kept_warm(folder) == []
    second = shipyard.release(folder, seed=b"second")
    shipped(folder)
    assert kept_warm(folder) == [first]
    third = shipyard.release(folder, seed=b"third")
    shipped(folder)
    # one is enough: memory is bounded
    assert (served(folder), kept_warm(folder)) == ([[third]], [second])
    roll_back(folder)
    assert (served(folder), kept_warm(folder)) == ([[second]], [first])
    roll_back(folder)
    assert kept_warm(folder) == []


def test_a_release_before_whose_folder_is_gone_or_that_is_live_is_not_kept_warm(folder):
    first = shipyard.release(folder)
    shipped(folder)
    second = shipyard.release(folder, seed=b"second")
    shipped(folder)
    work = shipyard.workspace(folder)
    both = TrafficRouted(shares={first: 10, second: 90}, reason="try", stage="sandbox")
    third = TrafficRouted(shares={first: 100}, reason="try", stage="sandbox", shadow=(second,))
    work.ledger.append("churn", [both, third], actor="a1", at=work.clock.now())
    sync_routes(work)
    # the champion of the step before is only in the shadow now; it is both
    assert (kept_warm(folder), shadows(folder)) == ([second], [second])
    bundle = work.bundle(second)
    bundle.rename(bundle.with_name("gone"))
    assert sync_routes(work).troubles == {}
    assert (served(folder), kept_warm(folder), shadows(folder)) == ([[first]], [], [])


def test_shipping_again_after_a_step_back_is_a_new_step(folder):
    shipyard.release(folder)
    shipped(folder)
    roll_back(folder)
    assert shipped(folder).status == "shipped"
    assert roll_back(folder).status == "rolled_back"


def test_a_cap_goes_back_with_the_traffic(folder):
    shipyard.release(folder)
    shipped(folder)
    shipyard.poc(folder, more="[serving]\nrequests_per_minute = 5\n")
    shipped(folder)
    roll_back(folder)
    file = read_routes((folder / ".causeway" / "routes.json").read_bytes())
    assert file.routes[0].requests_per_minute == 600


def test_a_step_back_to_a_tampered_release_is_refused_and_changes_nothing(folder):
    first = shipyard.release(folder)
    shipped(folder)
    second = shipyard.release(folder, seed=b"second")
    shipped(folder)
    (shipyard.workspace(folder).bundle(first) / "model.onnx").write_bytes(b"evil")
    with pytest.raises(BadBundle):
        roll_back(folder)
    assert served(folder) == [[second]]


def test_the_command_says_what_is_live_now_and_works_without_a_manifest(folder):
    shipyard.release(folder)
    shipped(folder)
    (folder / "causeway.toml").unlink()
    result = CliRunner().invoke(main, ["roll", "back", str(folder)])
    assert (result.exit_code, "-> nothing live" in result.stdout) == (0, True)
    result = CliRunner().invoke(main, ["roll", "back", str(folder), "--json"])
    assert json.loads(result.stdout)["status"] == "nothing_to_roll_back"
    result = CliRunner().invoke(main, ["roll", "back", str(folder)])
    assert (result.exit_code, "nothing to roll back" in result.stdout) == (0, True)


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path):
    result = CliRunner().invoke(main, ["roll", "back", str(tmp_path / "none")])
    assert (result.exit_code, "there is no folder" in result.stderr) == (2, True)
