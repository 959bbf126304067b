"""People in running text: long cells, notebooks' outputs and corpora, counted and never kept."""

import re
from collections.abc import Iterable, Sequence

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.files.text import read_text, searchable
from causeway.intake.files.walk import Entry
from causeway.intake.private.personal_values import card, iban
from causeway.intake.python.code import Code

MIN_LENGTH = 40
MIN_EMAILS = 3
MIN_PHONES = 5
MAX_TEXT_BYTES = 300_000
MAX_FILES = 60
EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,60}@((?:[A-Za-z0-9-]{1,40}\.){1,4}[A-Za-z]{2,12})(?![\w@])"
)
_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+\d{1,3}[ .-]?\(?\d{1,4}\)?(?:[ .-]\d{2,4}){2,3}|\(\d{3}\) ?\d{3}-\d{4})(?![\w.-])"
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,4})?\b")
_CARD = re.compile(r"(?<![\d.-])(?:\d{4}[ -]){3}\d{4}(?![\d.-])")
NOBODY = re.compile(
    r"(?:^|\.)(?:example\.(?:com|org|net)|test\.com|domain\.com|email\.com|company\.com|noreply\.\w+|"
    r"sentry\.io|users\.noreply\.github\.com|xyz\.com|abc\.com|mail\.com|localhost\.\w+)$",
    re.IGNORECASE,
)
NOT_CORPUS = re.compile(
    r"(^|/)(readme|licen[cs]e|copying|contribut|authors|changelog|code_of_conduct|security|notice|citation|"
    r"maintainers|require|constraint|third.?party|credits)",
    re.IGNORECASE,
)


def people_in(text: str) -> dict[str, int]:
    """How many different values of each sort stand in this text."""
    text = searchable(text)
    emails = {found[0].lower() for found in EMAIL.finditer(text) if not NOBODY.search(found[1])}
    counts = {
        "e-mail addresses": len(emails),
        "telephone numbers": len(set(_PHONE.findall(text))),
        "account numbers (IBAN)": len({found for found in _IBAN.findall(text) if iban(found)}),
        "card numbers": len({found for found in _CARD.findall(text) if card(found)}),
    }
    least = {"e-mail addresses": MIN_EMAILS, "telephone numbers": MIN_PHONES}
    return {sort: count for sort, count in counts.items() if count >= least.get(sort, 1)}


def people_in_cells(values: Sequence[str]) -> tuple[str, int]:
    """What stands inside the long texts of a column most often, and in how many of those looked at."""
    step = max(1, len(values) // 400)
    long_ = [value[:4000] for value in values[::step] if len(value) >= MIN_LENGTH]
    if len(long_) * 2 < len(values[::step]):
        return "", 0
    emails = sum(any(not NOBODY.search(found[1]) for found in EMAIL.finditer(value)) for value in long_)
    phones = sum(bool(_PHONE.search(value)) for value in long_)
    if max(emails, phones) < max(MIN_EMAILS, len(long_) // 100):
        return "", 0
    return (
        ("e-mail addresses in its texts", emails)
        if emails >= phones
        else ("telephone numbers in its texts", phones)
    )


def people_in_outputs(codes: Iterable[Code]) -> list[Sighting]:
    """People that notebooks show in what they saved: `value` says what, `detail` where it was seen."""
    return [
        _sighting(counts, Evidence(code.path, cell=block.cell), "output")
        for code in codes
        for block in code.blocks
        if "@" in block.printed or any(char.isdigit() for char in block.printed[:200])
        if (counts := people_in(block.printed))
    ]


def people_in_corpora(entries: Iterable[Entry], known: Iterable[str]) -> list[Sighting]:
    """People in text files that are neither documents of the project nor tables read as such."""
    taken = set(known)
    texts = [
        entry
        for entry in entries
        if entry.suffix in {".txt", ".md", ".eml", ".html"}
        and entry.path not in taken
        and not NOT_CORPUS.search(entry.path)
    ]
    found: list[Sighting] = []
    for entry in texts[:MAX_FILES]:
        read = read_text(entry.full, MAX_TEXT_BYTES)
        if not read.binary and (counts := people_in(read.text)):
            found.append(_sighting(counts, Evidence(entry.path), "text"))
    return found


def _sighting(counts: dict[str, int], at: Evidence, where: str) -> Sighting:
    return Sighting(
        "people_in_text", ", ".join(f"{count:,} {sort}" for sort, count in counts.items()), at, where
    )
