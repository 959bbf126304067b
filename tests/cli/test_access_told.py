import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import causeway.core
from causeway.cli.main import main

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = Path(causeway.core.__file__).parent / "reference"


@pytest.fixture
def poc(folder):
    (folder / "people.csv").write_text("email,left\na@b.c,no\n")
    with (folder / "causeway.toml").open("a") as file:
        file.write('[[data]]\nname = "people"\npath = "people.csv"\nowner = "dana"\npurpose = "calls"\n')
    return folder


def said(folder, *words, actor="dana", as_json=False):
    more = ["--json"] if as_json else []
    result = CliRunner().invoke(
        main, ["access", *words, "--folder", str(folder), *more], env={"CAUSEWAY_ACTOR": actor}
    )
    return result.exit_code, json.loads(result.stdout) if as_json else result.stdout + result.stderr


def test_from_the_wish_to_the_grant_and_back(poc):
    assert "nobody granted it; causeway access ask people" in said(poc)[1]
    code, asked = said(poc, "ask", "people", "--days", "7", actor="bo", as_json=True)
    assert (code, asked["status"]) == (0, "asked")
    assert f"causeway access grant {asked['ask']}" in said(poc)[1]
    code, told = said(poc, "grant", asked["ask"], actor="bo")
    assert code == 1
    assert "bo may not grant access to people" in told
    assert "dana can" in told
    code, told = said(poc, "grant", asked["ask"], "--columns", "email, left", "--unmask", "email")
    assert code == 0
    assert "only email, left" in told
    assert "as they are: email" in told
    code, listed = said(poc, as_json=True)
    assert (code, listed["sources"][0]["state"]) == (0, "active")
    assert listed["asks"][0]["answered"] == listed["grants"][0]["grant"]
    assert "revoked" in said(poc, "revoke", "people", "--because", "done")[1]
    assert "was revoked" in said(poc)[1]
    assert said(poc, "revoke", "people", as_json=True)[1]["status"] == "already_revoked"


def test_a_refusal_is_one_json_object_with_its_code(poc):
    code, error = said(poc, "grant", "people", actor="bo", as_json=True)
    assert code == 1
    assert (error["code"], error["status"]) == ("no_access", 403)
    code, error = said(poc, "ask", "nobody", as_json=True)
    assert (code, error["code"]) == (2, "not_found")


def test_the_page_shows_the_schema_and_the_masks():
    page = (DOCS / "access.md").read_text()
    assert f"```\n{(REFERENCE / 'policies' / 'causeway.cedarschema').read_text()}```\n" in page
    for row in (REFERENCE / "masking.csv").read_text().splitlines()[2:]:
        assert f"| {' | '.join(row.split(','))} |" in page


def test_check_misses_no_file_that_a_run_brings(folder):
    (folder / "train.py").write_text(
        "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
        "table = pd.read_csv('people.csv')\nx, y = table[['age']], table['left']\n"
        "model = LogisticRegression().fit(x, y)\n"
    )
    missing = CliRunner().invoke(main, ["check", str(folder), "--json"])
    assert "FILE-MISSING" in missing.stdout
    with (folder / "causeway.toml").open("a") as file:
        file.write(
            '[[data]]\nname = "people"\npath = "people.csv"\nowner = "dana"\n'
            'from = "sqlite:///crm.db"\ntable = "people"\n'
        )
    brought = CliRunner().invoke(main, ["check", str(folder), "--json"])
    assert "FILE-MISSING" not in brought.stdout
    assert json.loads(brought.stdout)["next"].startswith("causeway run")
