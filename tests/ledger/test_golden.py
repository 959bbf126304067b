import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from causeway.core.events import AnyFact, reopen

GOLDEN = Path(__file__).parents[1] / "golden" / "events"
KINDS = {kind.__struct_config__.tag: kind for kind in get_args(AnyFact)}


def test_every_kind_of_event_has_a_golden_file():
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_event_of_long_ago_is_read_whole(kind):
    text = (GOLDEN / f"{kind}.json").read_text().rstrip("\n")
    event = reopen(text)
    assert type(event.fact) is KINDS[kind]
    assert json.loads(msgspec.json.encode(event.body)) == json.loads(text)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_a_later_version_adds_is_passed_over(kind):
    text = (GOLDEN / f"{kind}.json").read_text().rstrip("\n")
    entry = json.loads(text)
    entry["fact"]["a_later_field"] = entry["another"] = 1
    assert reopen(json.dumps(entry)).fact == reopen(text).fact
