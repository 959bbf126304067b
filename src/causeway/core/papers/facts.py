"""What is known about a release beside its own description; nothing here depends on the time."""

import re

from msgspec import Struct

from causeway.core.admission import Admission
from causeway.core.ids import DIGEST_PREFIX
from causeway.core.manifest import ProductPart
from causeway.core.release import Release


class PaperFacts(Struct, frozen=True):
    """The release as far as it is described, and where it comes from."""

    release: Release
    product: ProductPart
    python: str
    """The version of the interpreter that trained."""
    pins: dict[str, str]
    source: str
    """The path of the data inside the proof of concept."""
    columns: tuple[str, ...]
    rows_in_source: int
    rows_kept: int
    script: str
    contract_agreed: bool
    open_findings: tuple[str, ...]
    """Code and title of each finding that was open when it was made."""
    admissions: tuple[Admission, ...] = ()
    """The verdicts on saved models, that of the converted one first."""


def hexdigits(digest: str) -> str:
    """A digest without the name of its algorithm."""
    return digest.removeprefix(DIGEST_PREFIX)


def package_url(name: str, version: str) -> str:
    """The name of a Python package for machines: `pkg:pypi/scikit-learn@1.7.2`."""
    plain = re.sub(r"[-_.]+", "-", name).lower()
    return f"pkg:pypi/{plain}@{version.replace('+', '%2B')}"


def number(value: float) -> str:
    """A figure as it is said: four significant digits."""
    return f"{value:.4g}"
