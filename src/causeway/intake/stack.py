"""What a folder is built with: languages, frameworks and the version of Python."""

from collections.abc import Iterable

from causeway.core.finding import Evidence
from causeway.core.poc import Guess, Sighting
from causeway.intake.environment.versions import python_of_workflows
from causeway.intake.estimators import library
from causeway.intake.reading import Reading

LANGUAGES = {
    ".r": "R", ".rmd": "R", ".qmd": "R", ".jl": "Julia", ".scala": "Scala", ".java": "Java",
    ".js": "JavaScript",
    ".ts": "TypeScript", ".m": "MATLAB", ".sas": "SAS", ".go": "Go", ".cpp": "C++", ".rs": "Rust",
    ".cs": "C#",
}  # fmt: skip
R_FRAMEWORKS = {"tidymodels", "caret", "mlr3", "jsonlite", "readr"}


def languages(reading: Reading) -> tuple[str, ...]:
    """The languages of the code, the one with most of it first, but Python and R before the rest."""
    counts: dict[str, int] = {}
    for code in reading.codes:
        if not code.stale:
            language = code.source.language
            counts[language] = counts.get(language, 0) + max(code.source.lines, 1)
    for entry in reading.entries:
        language = LANGUAGES.get(entry.suffix, "")
        if language:
            counts[language] = counts.get(language, 0) + max(entry.size // 40, 1)
    return tuple(sorted(counts, key=lambda name: (name not in {"Python", "R"}, -counts[name])))


def frameworks(imports: Iterable[Sighting], sightings: Iterable[Sighting]) -> tuple[Guess, ...]:
    """The libraries that say what sort of work is done, each with its first import."""
    found: dict[str, Evidence] = {}
    for item in imports:
        if name := library(item.value):
            found.setdefault(name, item.at)
    for item in sightings:
        if item.what == "r_library" and item.value in R_FRAMEWORKS:
            found.setdefault(item.value, item.at)
    return tuple(Guess(name, 0.95, (at,)) for name, at in found.items())


def python(reading: Reading) -> Guess:
    """The version of Python that is declared, or that a notebook's kernel had."""
    if reading.declared.python:
        return reading.declared.python
    if tested := python_of_workflows(reading.entries):
        return tested
    kernels = [
        (code.notebook.python, code.path) for code in reading.codes if code.notebook and code.notebook.python
    ]
    return Guess(kernels[0][0], 0.6, (Evidence(kernels[0][1]),)) if kernels else Guess()
