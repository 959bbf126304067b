import json

import pytest
from click.testing import CliRunner

from causeway.actions.doctor import examine
from causeway.actions.workspace import open_workspace
from causeway.cli.main import main
from causeway.core.events import RunStarted, StageFinished


@pytest.fixture(autouse=True)
def keys(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)
    return tmp_path / "keys"


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "poc"
    folder.mkdir()
    return open_workspace(folder)


def codes(folder):
    return {finding.code for finding in examine(folder).findings}


def test_a_new_workspace_is_healthy(work):
    checkup = examine(work.root)

    assert checkup.healthy
    assert any("ledger whole" in line for line in checkup.fine)


def test_nothing_is_changed_by_looking(work):
    work.ledger.append(
        "churn", [RunStarted(run="r", inputs="sha256:0")], actor=work.actor, at=work.clock.now()
    )

    work.ledger.close()

    def seen():
        return {
            path: path.read_bytes() if path.is_file() else path.stat().st_mtime_ns
            for path in work.root.rglob("*")
        }

    before = seen()
    examine(work.root)
    assert seen() == before


def test_a_folder_without_a_workspace_stays_without(tmp_path):
    assert examine(tmp_path).healthy
    assert not (tmp_path / ".causeway").exists()


def test_keys_that_others_can_read_are_broken(work, keys):
    keys.mkdir(mode=0o755)
    (keys / "signing.key").write_text("secret")
    (keys / "signing.key").chmod(0o644)

    findings = [finding for finding in examine(work.root).findings if finding.code == "keys-open"]

    assert {finding.remedy.command for finding in findings} == {
        f"chmod 700 {keys}",
        f"chmod 600 {keys / 'signing.key'}",
    }


def test_a_truncated_ledger_is_broken_and_said_once(work):
    work.ledger.close()
    (work.state / "ledger.db").write_bytes(b"")

    checkup = examine(work.root)

    assert not checkup.healthy
    assert [finding.code for finding in checkup.findings if finding.code == "ledger"] == ["ledger"]


def test_a_route_file_that_cannot_be_read_is_broken(work):
    work.routes.write_text("{")

    assert "routes" in codes(work.root)


def test_a_live_release_without_its_bundle_is_broken(work):
    work.routes.write_text(
        json.dumps(
            {
                "version": 1,
                "routes": [
                    {
                        "product": "churn",
                        "served": [{"release": "sha256:ab", "bundle": "/nowhere", "share": 100}],
                        "keys": [],
                    }
                ],
            }
        )
    )

    assert "routes" in codes(work.root)


def test_a_release_that_was_edited_is_broken(work):
    bundle = work.bundle("sha256:" + "0" * 64)
    bundle.mkdir(parents=True)
    (bundle / "release.json").write_text("{}")

    assert "release-changed" in codes(work.root)


def test_a_run_that_stopped_can_go_on(work):
    work.ledger.append(
        "churn",
        [RunStarted("r1", "sha256:a"), StageFinished("r1", "train", "k1", "sha256:t", 1.0)],
        actor=work.actor,
        at=work.clock.now(),
    )

    checkup = examine(work.root)

    assert checkup.healthy
    assert [finding.title for finding in checkup.findings if finding.code == "run-stopped"] == [
        "A run of churn stopped after 1 stage."
    ]


def test_a_full_disk_is_broken(work, monkeypatch):
    monkeypatch.setattr("causeway.actions.doctor.MIN_FREE_BYTES", 1 << 60)

    assert "disk" in codes(work.root)


@pytest.mark.parametrize(("flags", "first"), [([], "fine"), (["--json"], "{")])
def test_the_command_says_it_and_exits_with_the_verdict(work, flags, first):
    good = CliRunner().invoke(main, ["doctor", str(work.root), *flags])
    work.routes.write_text("{")
    bad = CliRunner().invoke(main, ["doctor", str(work.root), *flags])

    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert good.stdout.startswith(first)


def test_json_says_whether_it_is_healthy(work):
    result = json.loads(CliRunner().invoke(main, ["doctor", str(work.root), "--json"]).stdout)

    assert result["ok"] is True
    assert result["healthy"] is True
    assert "findings" in result


def test_a_missing_folder_is_a_usage_error(tmp_path):
    assert CliRunner().invoke(main, ["doctor", str(tmp_path / "nowhere")]).exit_code == 2
