"""Which licence a file grants, by its words, where the terms matter to whoever serves a product."""

import re

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.files.text import read_searchable
from causeway.intake.files.walk import Entry

MAX_BYTES = 60_000
_FILE = re.compile(r"^(licen[cs]e|copying)([-.]\w+)*$", re.IGNORECASE)
_TERMS = (
    ("AGPL", r"GNU AFFERO GENERAL PUBLIC", "who offers it over a network must offer its source"),
    (
        "SSPL",
        r"Server Side Public License",
        "who offers it as a service must publish what the service is made of",
    ),
    ("GPL", r"GNU GENERAL PUBLIC LICENSE", "who hands it on must hand on its source under the same terms"),
    (
        "non-commercial",
        r"NonCommercial|Non-Commercial|CC BY-NC|non-commercial (?:use|purposes) only",
        "it may not be used commercially",
    ),
)
_PERMISSIVE = re.compile(
    r"(?i)\bMIT License|Apache License|Redistribution and use in source and binary|LESSER GENERAL PUBLIC"
)


def licence_terms(entries: tuple[Entry, ...]) -> list[Sighting]:
    """The terms of the folder's own licence, when they bind whoever serves it."""
    for entry in entries:
        if "/" not in entry.path and _FILE.match(entry.name):
            text = read_searchable(entry.full, MAX_BYTES)
            head = text[:4000]
            if _PERMISSIVE.search(head[:1500]):
                return []
            for name, pattern, terms in _TERMS:
                if re.search(pattern, head):
                    return [Sighting("licence_terms", name, Evidence(entry.path), terms)]
    return []
