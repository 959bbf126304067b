"""What the contract calls personal is recorded as the manifest says, by the gateway and by scorings."""

from pathlib import Path

import pytest
import scoring

import shipyard
from causeway.actions.erase import erase
from causeway.actions.personal import hashing, made_key, personal_ways
from causeway.actions.routes import route_of
from causeway.actions.score.score import Wanted, score
from causeway.actions.segments import segment_files
from causeway.adapters import registry
from causeway.core.events import TrafficRouted
from causeway.core.manifest import ServingPart
from causeway.views.product import fold

CLASSED = scoring.CONTRACT.replace(
    "{name: Contract, logicalType: string}", "{name: Contract, logicalType: string, classification: PII}"
)
SECRET = scoring.CONTRACT.replace(
    "{name: Contract, logicalType: string}", "{name: Contract, logicalType: string, classification: odd}"
)
ENTITY = CLASSED.replace(
    "{name: customer, logicalType: string, unique: true}",
    "{name: customer, logicalType: string, unique: true, classification: personal}",
)


@pytest.mark.parametrize(
    ("contract", "serving", "ways"),
    [
        (CLASSED, ServingPart(), {"Contract": "mask"}),
        (CLASSED, ServingPart(personal="hash"), {"Contract": "hash"}),
        (CLASSED, ServingPart(personal="omit"), {"Contract": "omit"}),
        (CLASSED, ServingPart(personal="keep"), {}),
        (CLASSED, ServingPart(records="off"), {}),
        (SECRET, ServingPart(), {"Contract": "omit"}),
        (ENTITY, ServingPart(entity="customer"), {"Contract": "mask", "customer": "hash"}),
        (ENTITY, ServingPart(personal="omit", entity="Contract"), {"Contract": "hash"}),
        (scoring.CONTRACT, ServingPart(), {}),
        ("", ServingPart(), {}),
    ],
)
def test_the_releases_own_contract_and_the_manifest_decide_together(folder, contract, serving, ways):
    digest = scoring.release(folder, contract=contract)
    assert personal_ways(shipyard.workspace(folder), (digest,), serving) == ways


def test_the_route_names_the_ways_and_a_key_that_is_made_once(folder):
    digest = scoring.release(folder, contract=CLASSED)
    work = shipyard.workspace(folder)
    routed = TrafficRouted(shares={digest: 100}, reason="ship", stage="sandbox")
    work.ledger.append("churn", [routed], actor="a1", at=shipyard.NOON)
    route = route_of(work, fold(work.ledger.read("churn")))
    assert route.personal == {"Contract": "mask"}
    key = Path(route.personal_key)
    assert (key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    before = key.read_bytes()
    assert made_key(work, "churn") == route.personal_key
    assert key.read_bytes() == before


def test_scored_rows_are_recorded_under_the_same_masks(folder, monkeypatch):
    shipyard.poc(folder, more='[serving]\npersonal = "hash"\n')
    digest = scoring.release(folder, contract=CLASSED)
    (folder / "rows.csv").write_text(
        "customer,tenure,Contract\nc1,3,One year\nc2,12,Two year\nc3,70,One year\n"
    )
    monkeypatch.chdir(folder)
    work = shipyard.workspace(folder)
    assert score(work, folder, Wanted(digest, "rows.csv", "out.parquet")).scored == 3
    columns = registry.segment_files().read(segment_files(work, "churn", "predictions")).columns
    hashed = hashing(work, "churn").hashed
    assert list(columns["in_Contract"].values) == [hashed("One year"), hashed("Two year"), hashed("One year")]
    assert list(columns["in_tenure"].values) == [3, 12, 70]
    recorded = b"".join(f.read_bytes() for f in (work.state / "segments").rglob("*.p*") if f.is_file())
    assert b"One year" not in recorded
    assert erase(work, "churn", "One year", column="Contract").rows == 2
