import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import yaml

import shipyard
from causeway.core.admission import Admission
from causeway.core.evaluation import SliceSeen
from causeway.core.ids import digest_of
from causeway.core.manifest import ProductPart
from causeway.core.papers import Built, PaperFacts, bill_of_materials, model_card, provenance
from causeway.core.papers.bom_schema import faults_of

DATA = digest_of(b"data")
RELEASE = msgspec.structs.replace(
    shipyard.RELEASE,
    files={"model.onnx": digest_of(b"model"), "environment.txt": digest_of(b"pins")},
    inputs={"data": DATA, "source": digest_of(b"tree"), "manifest": digest_of(b"manifest")},
)
FACTS = PaperFacts(
    release=RELEASE,
    product=ProductPart(name="churn", purpose="Finds customers who are about to leave.", owner="Ada"),
    python="3.11.7",
    pins={"scikit-learn": "1.7.2", "Typing_Extensions": "4.12", "torch": "2.4.0+cpu"},
    source="data/customers.csv",
    columns=("tenure", "Contract", "Churn"),
    rows_in_source=1000,
    rows_kept=999,
    script="train.py",
    contract_agreed=False,
    open_findings=("ROWS-LEFT-OUT: 1 row never reached the model.",),
)
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
BUILT = Built("run-1", NOON, NOON + timedelta(minutes=3), code=digest_of(b"causeway"))


def changed(**changes):
    return msgspec.structs.replace(FACTS, **changes)


def component(kind, facts=FACTS):
    return [each for each in bill_of_materials(facts)["components"] if each["type"] == kind]


def test_the_bill_is_valid_and_the_same_for_the_same_release():
    bom = bill_of_materials(FACTS)
    assert faults_of(bom) == ()
    assert bom == bill_of_materials(FACTS)
    assert re.fullmatch("urn:uuid:[0-9a-f-]{36}", bom["serialNumber"])
    assert bom["serialNumber"] != bill_of_materials(changed(python="3.12.1"))["serialNumber"]
    assert "timestamp" not in bom["metadata"]


def test_the_model_stands_in_the_bill_with_its_card_and_what_it_needs():
    (model,) = component("machine-learning-model")
    assert model["hashes"] == [{"alg": "SHA-256", "content": digest_of(b"model")[7:]}]
    card = model["modelCard"]
    first = card["quantitativeAnalysis"]["performanceMetrics"][0]
    assert first == {
        "type": "f1", "value": "0.62", "confidenceInterval": {"lowerBound": "0.55", "upperBound": "0.69"}
    }  # fmt: skip
    assert card["considerations"]["useCases"] == ["Finds customers who are about to leave."]
    assert card["considerations"]["technicalLimitations"] == list(FACTS.open_findings)
    (data,) = component("data")
    assert (data["name"], data["hashes"][0]["content"]) == ("data/customers.csv", DATA[7:])
    needed = next(each for each in bill_of_materials(FACTS)["dependencies"] if each["ref"] == "model")
    assert {"data", "python", "pkg:pypi/scikit-learn@1.7.2"} <= set(needed["dependsOn"])


def test_packages_are_named_as_their_registry_names_them():
    assert [each["purl"] for each in component("library")] == [
        "pkg:pypi/typing-extensions@4.12",
        "pkg:pypi/scikit-learn@1.7.2",
        "pkg:pypi/torch@2.4.0%2Bcpu",
    ]


def test_slices_are_metrics_of_their_own_and_one_too_small_is_none():
    slices = (SliceSeen("plan=pro", 90, 0.7, 0.6, 0.8), SliceSeen("plan=old", 2))
    seen = msgspec.structs.replace(RELEASE.evaluation, slices=slices)
    facts = changed(release=msgspec.structs.replace(RELEASE, evaluation=seen))
    (model,) = component("machine-learning-model", facts)
    metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert [each.get("slice") for each in metrics if "slice" in each] == ["plan=pro"]
    assert "| plan=old | too few rows |" in model_card(facts)
    assert faults_of(bill_of_materials(facts)) == ()


def test_data_that_does_not_lie_in_the_folder_has_no_digest_and_that_is_said():
    facts = changed(release=msgspec.structs.replace(RELEASE, inputs={}))
    assert "hashes" not in component("data", facts)[0]
    assert faults_of(bill_of_materials(facts)) == ()
    assert "Not known" in model_card(facts)


def test_a_fault_is_named_with_its_place():
    assert faults_of({**bill_of_materials(FACTS), "bomFormat": "Other"})[0].startswith("bomFormat: ")


EXAMPLES = os.environ.get("CAUSEWAY_CYCLONEDX", "")


@pytest.mark.skipif(not EXAMPLES, reason="CAUSEWAY_CYCLONEDX names no folder of CycloneDX 1.6 examples")
def test_every_example_of_the_standard_is_judged_as_its_name_says():
    found = sorted(Path(EXAMPLES).glob("*valid-*.json"))
    assert found
    for path in found:
        valid = not faults_of(json.loads(path.read_bytes()))
        assert valid == path.name.startswith("valid-"), path.name


def test_provenance_names_what_went_in_and_what_came_out():
    said = provenance(FACTS, BUILT, files={"release.json": digest_of(b"r"), "a": digest_of(b"a")})
    assert [each["name"] for each in said["subject"]] == ["a", "release.json"]
    assert said["predicateType"] == "https://slsa.dev/provenance/v1"
    inputs = {each["name"]: each for each in said["predicate"]["buildDefinition"]["resolvedDependencies"]}
    assert inputs["data"]["digest"] == {"sha256": DATA[7:]}
    assert list(inputs["source"]["digest"]) == ["causewayTree1"]
    assert inputs["torch"]["uri"] == "pkg:pypi/torch@2.4.0%2Bcpu"
    assert said["predicate"]["runDetails"]["metadata"] == {
        "invocationId": "run-1", "startedOn": "2026-05-04T12:00:00Z", "finishedOn": "2026-05-04T12:03:00Z"
    }  # fmt: skip


def test_the_card_says_what_was_measured_and_what_nobody_said():
    card = model_card(FACTS)
    front = yaml.safe_load(card.split("---\n")[1])
    result = front["model-index"][0]["results"][0]
    assert front["pipeline_tag"] == "tabular-classification"
    assert result["metrics"] == [{"type": "f1", "value": 0.62, "name": "F1"}]
    assert "0.62 | 0.55 to 0.69" in card
    assert "Method: five folds, split first." in card
    assert "The proof of concept claimed 0.83 (README)." in card
    assert "999 of 999 rows get its own answer within 1e-05" in card
    assert "| Sponsor | Not stated. |" in card
    assert "1,000, of which 999 reached the model" in card
    assert "- ROWS-LEFT-OUT: 1 row never reached the model." in card


def test_words_of_strangers_start_no_markup_and_no_keys():
    nasty = "x | y\n# Big\n---\nlicense: mit\n[a](b) <script>"
    part = msgspec.structs.replace(FACTS.product, name='c"h: urn', purpose=nasty)
    card = model_card(changed(product=part, source='d"\nlicense: mit'))
    front = yaml.safe_load(card.split("---\n")[1])
    assert (front["license"], front["model-index"][0]["name"]) == ("unknown", 'c"h: urn')
    assert "\n# Big" not in card
    assert "<script>" not in card.replace("\\<script\\>", "")


def test_the_card_says_which_saved_models_were_judged_and_how():
    verdicts = (
        Admission("the model", allowed=True, container="pickle"),
        Admission(
            "old.pkl", allowed=False, container="pickle", why="it names what is not on the list: os.system"
        ),
    )
    card = model_card(changed(admissions=verdicts))
    assert "| the model | pickle | on the list |" in card
    assert "| old.pkl | pickle | it names what is not on the list: os.system |" in card
    assert "None was judged." in model_card(FACTS)
