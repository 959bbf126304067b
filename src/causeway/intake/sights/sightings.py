"""Everything seen in code and configuration, file by file: one collector a subject.

A new subject is a function that takes the reading and gives sightings, listed in `COLLECTORS`.
"""

from collections.abc import Callable

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.environment.imports import missing_modules, third_party
from causeway.intake.environment.removed import removed_apis, removed_options
from causeway.intake.environment.unused import unused_requirements
from causeway.intake.environment.versions import python_of_readme
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry
from causeway.intake.flow.library import UNSAFE_LOADERS
from causeway.intake.languages.rfiles import missing_in
from causeway.intake.paths import absolute_paths, absolute_paths_in
from causeway.intake.python.code import Code
from causeway.intake.python.noise import noise_flagged
from causeway.intake.reading import Reading
from causeway.intake.sights.asking import asking
from causeway.intake.sights.beside_code import beside_code
from causeway.intake.sights.byhand import by_hand
from causeway.intake.sights.clusters import named_by_hand
from causeway.intake.sights.codings import coded_otherwise
from causeway.intake.sights.deduplicated import drops_copies
from causeway.intake.sights.downloads import downloads_at_import
from causeway.intake.sights.drawn import drawn
from causeway.intake.sights.execution import order_matters
from causeway.intake.sights.fitting import fitting
from causeway.intake.sights.fixed_years import fixed_years
from causeway.intake.sights.guards import doors, routes
from causeway.intake.sights.image_inputs import image_inputs
from causeway.intake.sights.importing import opened_when_imported, work_when_imported
from causeway.intake.sights.mapped_target import classes_that_fall_out
from causeway.intake.sights.missing import missing_files, missing_templates
from causeway.intake.sights.one_row import one_row
from causeway.intake.sights.promises import kept, other_spellings, readme_promises
from causeway.intake.sights.readme import said_in_readme
from causeway.intake.sights.refitted import refitted
from causeway.intake.sights.resets import open_resets
from causeway.intake.sights.said_model import said_in_code, said_in_readme_keys
from causeway.intake.sights.selection import chosen_on_test
from causeway.intake.sights.served_inputs import served_inputs
from causeway.intake.sights.serving import app_facts
from causeway.intake.sights.shared_globals import shared_globals
from causeway.intake.sights.similarity import similarity
from causeway.intake.sights.swallowed import swallowed_errors
from causeway.intake.sights.time_order import time_order
from causeway.intake.sights.undefined import undefined
from causeway.intake.sights.unsaved import unsaved
from causeway.intake.sights.unscaled import unscaled
from causeway.intake.sights.unscored import unscored
from causeway.intake.sights.upkeep import manners, seeds, unused
from causeway.intake.sights.uploads import uploads
from causeway.intake.sights.weighing import weighed

CONFIGURATION = {".env", ".yml", ".yaml", ".toml", ".ini", ".cfg", ".json", ".sh", ".properties"}
MAX_CONFIGURATION_BYTES = 200_000


def sightings(reading: Reading) -> list[Sighting]:
    """Every sighting in the folder, collector after collector."""
    return [sighting for collect in COLLECTORS for sighting in collect(reading)]


def _in_code(reading: Reading) -> list[Sighting]:
    found: list[Sighting] = []
    for code in reading.project.codes:
        found += app_facts(code) if code.notebook is None else []
        found += swallowed_errors(code)
        found += _loads(reading, code)
    apps = {sighting.at.path for sighting in found if sighting.what == "app"}
    for code in reading.project.codes:
        if code.path in apps:
            found += by_hand(code, reading.data, reading.models)
    return found


def _untrained(reading: Reading) -> list[Sighting]:
    """Networks that are built, compiled and saved, and that nothing in the folder fits."""
    found: list[Sighting] = []
    for code in reading.project.codes:
        events = reading.project.events(code)
        taught = {fit.estimator.ident for fit in events.fits}
        for item in events.saved:
            compiled = item.estimator in events.compiled
            if item.what == "model" and compiled and item.estimator not in taught:
                base = " ".join(events.layers.get(item.estimator, []))
                found.append(Sighting("never_fitted", item.path, item.at, base))
    return found


def _order(reading: Reading) -> list[Sighting]:
    return [found for code in reading.project.codes for found in order_matters(reading.project, code)]


def _missing(reading: Reading) -> list[Sighting]:
    paths = [entry.path for entry in reading.entries]
    return [
        *missing_files(reading.project, reading.files, paths),
        *missing_templates(reading.project.codes, paths),
        *missing_modules(reading.codes, reading.project.local_modules()),
    ]


def _judged(reading: Reading) -> list[Sighting]:
    """The first quality that each file computes."""
    firsts = [(code, reading.project.events(code).judged[:1]) for code in reading.project.codes]
    return [Sighting("judged", item.how, item.at) for _, judged in firsts for item in judged]


def _upkeep(reading: Reading) -> list[Sighting]:
    codes = reading.project.codes
    left = unused(reading.codes, reading.models, reading.entries)
    return [*seeds(codes), *manners(codes), *undefined(codes), *left]


def _chance(reading: Reading) -> list[Sighting]:
    codes = reading.project.codes
    chosen = [
        *chosen_on_test(codes),
        *named_by_hand(codes),
        *time_order(codes),
        *fitting(reading.codes),
        *similarity(codes),
        *noise_flagged(codes),
        *weighed(codes),
    ]
    fallen = [*drops_copies(codes), *classes_that_fall_out(codes, reading.data)]
    return [*drawn(reading.project), *chosen, *fallen, *unscored(reading.project)]


def _inputs(reading: Reading) -> list[Sighting]:
    project = reading.project
    seen = [*served_inputs(project), *one_row(project), *unscaled(project), *asking(project)]
    seen += [*coded_otherwise(project, reading.data), *refitted(project.codes), *fixed_years(project)]
    seen += [*image_inputs(project, reading.data), *unsaved(project)]
    found = [*work_when_imported(project), *opened_when_imported(project), *doors(project)]
    every, guarded = routes(project)
    return [*seen, *found, *uploads(every, guarded=guarded), *open_resets(every), *shared_globals(every)]


def _environment(reading: Reading) -> list[Sighting]:
    codes = reading.codes
    imports = third_party(codes, reading.project.local_modules())
    declared = reading.declared.requirements
    unused = unused_requirements(declared, imports, codes, reading.entries, reading.models)
    apps = {s.at.path for code in reading.project.codes for s in app_facts(code) if s.what == "app"}
    images = " ".join(
        read_text(entry.full, MAX_CONFIGURATION_BYTES).text
        for entry in reading.entries
        if "dockerfile" in entry.name.lower()
    )
    fetched = downloads_at_import(reading.project, apps, images=images)
    apart = [Sighting("unconnected", path, Evidence(path)) for path in reading.project.unconnected()]
    return [*(() if reading.limits else unused), *fetched, *apart]


def _paths(reading: Reading) -> list[Sighting]:
    return absolute_paths(reading.codes)


def _removed(reading: Reading) -> list[Sighting]:
    declared = reading.declared.requirements
    found = removed_apis(reading.codes, declared)
    for code in reading.project.codes:
        found += removed_options(reading.project.events(code), declared)
    return found


def _in_r(reading: Reading) -> list[Sighting]:
    found = [sighting for code in reading.r_codes for sighting in code.sightings()]
    return [*found, *missing_in((code.r for code in reading.r_codes), reading.files)]


def _promises(reading: Reading) -> list[Sighting]:
    codes = reading.project.codes
    found = [*kept(codes), *other_spellings(reading.project, reading.files, reading.data)]
    if reading.readme is not None:
        found += readme_promises(reading.readme.path, reading.readme_text, reading.entries, codes)
    return found


def _in_readme(reading: Reading) -> list[Sighting]:
    found = list(said_in_code(reading.project.codes))
    if reading.readme is None:
        return found
    path, text = reading.readme.path, reading.readme_text
    shipped = tuple(model.path for model in reading.models if model.estimator)
    return [
        *said_in_readme(path, text, shipped),
        *said_in_readme_keys(path, text),
        *python_of_readme(path, text),
        *found,
    ]


def _in_configuration(reading: Reading) -> list[Sighting]:
    found: list[Sighting] = []
    for entry in reading.entries:
        plain = entry.name.startswith(".env") or entry.suffix in CONFIGURATION
        small = entry.size < MAX_CONFIGURATION_BYTES
        if plain and small:
            found += absolute_paths_in(entry)
        if entry.name.lower().startswith("dockerfile") and small:
            found += _exposed(entry)
        found += _by_name(entry)
    return found


def _by_name(entry: Entry) -> list[Sighting]:
    at = Evidence(entry.path)
    if entry.name == "MLmodel":
        return [Sighting("mlflow_model", entry.path, at)]
    if entry.name.lower() == "procfile.txt":
        return [Sighting("misnamed", entry.path, at, "Procfile")]
    return []


def _exposed(entry: Entry) -> list[Sighting]:
    lines = read_text(entry.full, MAX_CONFIGURATION_BYTES).text.split("\n")
    return [
        Sighting("exposed", line.split()[1].split("/")[0], Evidence(entry.path, line=number))
        for number, line in enumerate(lines, start=1)
        if line.upper().startswith("EXPOSE ") and len(line.split()) > 1
    ]


def _loads(reading: Reading, code: Code) -> list[Sighting]:
    found: list[Sighting] = []
    events = reading.project.events(code)
    for load in events.loads:
        what = "unsafe_load" if load.how in UNSAFE_LOADERS else "load"
        found.append(Sighting(what, load.how, load.at, load.path))
    return found


COLLECTORS: tuple[Callable[[Reading], list[Sighting]], ...] = (
    _in_code,
    _untrained,
    _order,
    _missing,
    _judged,
    _upkeep,
    _chance,
    _inputs,
    _environment,
    _paths,
    _removed,
    _in_r,
    _in_readme,
    _promises,
    _in_configuration,
    beside_code,
)
