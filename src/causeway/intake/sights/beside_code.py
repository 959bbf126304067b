"""What the files around the code show: configuration, declarations, stores, rubbish."""

import ast
from collections.abc import Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.data.mlflow_runs import places_elsewhere
from causeway.intake.environment.distributions import mistaken
from causeway.intake.environment.requirement_places import installed_in_notebooks
from causeway.intake.environment.versions import versions_of_r
from causeway.intake.models.pretrained import pretrained
from causeway.intake.private.default_passwords import default_passwords
from causeway.intake.private.personal_text import people_in_corpora, people_in_outputs
from causeway.intake.python.trees import nodes_in
from causeway.intake.reading import Reading
from causeway.intake.sights.chosen_paths import paths_by_callers
from causeway.intake.sights.deployments import deployments
from causeway.intake.sights.exposure import named_by_users, secrets_in_images
from causeway.intake.sights.fetched import fetched
from causeway.intake.sights.kept_talk import kept_talk
from causeway.intake.sights.licences import licence_terms
from causeway.intake.sights.records import forgetting
from causeway.intake.sights.secret_places import secrets
from causeway.intake.sights.tracked import rubbish


def beside_code(reading: Reading) -> list[Sighting]:
    """Every sighting in what is neither code nor data."""
    return [
        *_wrong_requirements(reading),
        *_locked(reading),
        *_whole_loads(reading),
        *places_elsewhere(reading.entries),
        *(seen for code in reading.codes for seen in installed_in_notebooks(code)),
        *secrets(reading),
        *deployments(reading),
        *secrets_in_images(reading.entries),
        *named_by_users(reading.project.codes),
        *paths_by_callers(reading.project.codes),
        *default_passwords(reading.codes, reading.entries),
        *kept_talk(reading.data, reading.entries),
        *fetched(reading.project.codes),
        *forgetting(reading.project),
        *rubbish(reading.root, reading.walk),
        *pretrained(reading.project.codes),
        *versions_of_r(reading.entries),
        *(seen for code in reading.js_codes for seen in code.sightings()),
        *licence_terms(reading.entries),
        *people_in_outputs(reading.codes),
        *people_in_corpora(reading.entries, [file.path for file in reading.data]),
    ]


def _locked(reading: Reading) -> Iterator[Sighting]:
    """The library that wrote the models, where a lock pins it and no declaration names it."""
    version = reading.declared.locked.get("scikit-learn")
    if version:
        yield Sighting("locked", "scikit-learn", Evidence(), version)


def _whole_loads(reading: Reading) -> Iterator[Sighting]:
    """Loads of torch that ask for more than weights."""
    for code in reading.codes:
        for block in code.blocks:
            if "weights_only" in block.text:
                for node in nodes_in(block.tree):
                    asked = isinstance(node, ast.keyword) and node.arg == "weights_only"
                    if asked and isinstance(node.value, ast.Constant) and node.value.value is False:
                        yield Sighting("whole_load", "weights_only=False", code.at(node, block))


def _wrong_requirements(reading: Reading) -> Iterator[Sighting]:
    for item in reading.declared.requirements:
        meant = mistaken(item.name)
        if meant is not None:
            yield Sighting("wrong_requirement", item.name, Evidence(item.at.path, line=item.at.line), meant)
