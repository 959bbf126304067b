"""The catalogue of checks: whole, in order, and true about the commands it names."""

import re
from pathlib import Path

from causeway.assess.catalogue import STAGES, asked, catalogue
from causeway.assess.readiness import JUDGES
from causeway.cli.main import VERBS

PAGE = (Path(__file__).parents[2] / "docs" / "checks.md").read_text()
COMMAND = re.compile(r"`causeway ([a-z]+)([^`]*)`")


def test_ids_are_unique_and_every_field_is_filled():
    checks = catalogue()
    assert len({check.id for check in checks}) == len(checks)
    for check in checks:
        assert all((check.words, check.theme, check.evidence, check.how_verified, check.remedy)), check.id
        assert check.asked_from in STAGES


def test_seven_checks_are_asked_in_the_sandbox_and_more_at_each_stage():
    assert {check.id for check in asked("sandbox")} == {
        "OWN-1", "OWN-3", "VAL-1", "DAT-1", "DAT-6", "MOD-3", "GOV-2",
    }  # fmt: skip
    counts = [len(asked(stage)) for stage in STAGES]
    assert counts == sorted(set(counts))


def test_every_judge_answers_a_check_that_exists():
    assert set(JUDGES) <= {check.id for check in catalogue()}


def test_sandbox_checks_all_have_a_judge():
    assert {check.id for check in asked("sandbox")} <= set(JUDGES)


def test_remedies_name_only_commands_that_exist():
    sources = Path(__file__).parents[2] / "src" / "causeway" / "assess"
    texts = [check.remedy for check in catalogue()] + [PAGE]
    named = {match[1] for text in texts for match in COMMAND.finditer(text)}
    named |= {
        match[1]
        for path in sources.glob("verdict*.py")
        for match in re.finditer(r'command="causeway (\w+)|"causeway (\w+)"', path.read_text())
        if match[1]
    }
    assert named <= set(VERBS)
    assert not [text for text in texts if re.search(r"`causeway \w+ --", text)]


def test_the_page_lists_every_check():
    for check in catalogue():
        judged = "yes" if check.id in JUDGES else "not yet"
        assert f"| {check.id} | {check.words} | {check.asked_from} | {judged} | {check.remedy} |" in PAGE, (
            check.id
        )
