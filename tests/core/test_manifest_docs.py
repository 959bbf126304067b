"""The page about the manifest, held to the reference and to what the command really says."""

from pathlib import Path

import msgspec
from click.testing import CliRunner

from causeway.cli.main import main
from causeway.core.manifest_schema import reference_text

PAGE = (Path(__file__).parents[2] / "docs" / "manifest.md").read_text()
MISTAKEN = """\
[product]
name = "churn"
ownr = "dana"

[kpi]
family = "marginn"

[serving]
availability = 99.5
"""


def test_the_page_shows_the_reference():
    assert f"```toml\n{reference_text()}```\n" in PAGE


def test_the_page_shows_what_a_mistake_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("causeway.toml").write_text(MISTAKEN)
    result = CliRunner().invoke(main, ["manifest", "causeway.toml"])
    assert result.exit_code == 2
    assert f"$ causeway manifest causeway.toml\n{result.stderr}$ echo $?\n2\n" in PAGE


def test_the_command_prints_the_reference():
    result = CliRunner().invoke(main, ["manifest"])
    assert (result.exit_code, result.stdout) == (0, reference_text())


def test_a_fine_manifest_is_told_what_it_leaves_open(tmp_path):
    file = tmp_path / "causeway.toml"
    file.write_text('[product]\nname = "churn"\nowner = "?"\n')
    for target in (file, tmp_path):
        result = CliRunner().invoke(main, ["manifest", str(target)])
        assert result.exit_code == 0
        assert "causeway.toml:3  product.owner" in result.stdout


def test_as_json_the_manifest_and_its_questions_come_out_whole(tmp_path):
    file = tmp_path / "causeway.toml"
    file.write_text('[product]\nname = "churn"\nowner = "?"\n')
    answer = msgspec.json.decode(CliRunner().invoke(main, ["manifest", str(file), "--json"]).stdout)
    assert answer["ok"] is True
    assert answer["manifest"]["product"] == {"name": "churn"}
    assert [question["line"] for question in answer["questions"]] == [3]


def test_a_missing_file_is_a_usage_error(tmp_path):
    result = CliRunner().invoke(main, ["manifest", str(tmp_path / "nothing.toml"), "--json"])
    assert result.exit_code == 2
    assert '"code":"not_found"' in result.stdout
