"""Where secrets are looked for: code, what notebooks printed, small texts, the address of git's remote."""
# ruff: noqa: SIM905 - lists of words read best as words

from collections.abc import Iterator

from causeway.core.poc import Sighting
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry
from causeway.intake.private.confidential import secrets_in, secrets_of_git, session_keys
from causeway.intake.reading import Reading

MAX_BYTES = 400_000
MAX_ALL_BYTES = 8_000_000
MAX_FILES = 400
TEXTS = frozenset(
    ".yml .yaml .toml .ini .cfg .conf .json .sh .bash .ps1 .bat .properties .r .rmd .js .ts .jsx .tsx .html "
    ".md .rst .txt .tf .tfvars .pem .key .sql .java .scala .go .cs .php .rb .xml .gradle .http .ipynb".split()
)
NAMED = tuple(
    "dockerfile containerfile procfile makefile jenkinsfile id_rsa id_ed25519 .netrc .pypirc .npmrc .pgpass "
    "credentials".split()
)


def secrets(reading: Reading) -> list[Sighting]:
    """Every secret in the folder, the code's first."""
    found: list[Sighting] = []
    for code in reading.codes:
        for block in code.blocks:
            found += secrets_in(code.path, block.text, cell=block.cell)
            found += session_keys(code.path, block.text)
            found += secrets_in(code.path, block.printed, cell=block.cell, detail="in its output")
    read = {code.path for code in reading.codes if code.blocks}
    for entry in _texts(reading.entries):
        if entry.path not in read:
            found += secrets_in(entry.path, read_text(entry.full, MAX_BYTES).text)
    return found + secrets_of_git(reading.root)


def _texts(entries: tuple[Entry, ...]) -> Iterator[Entry]:
    taken = amount = 0
    for entry in entries:
        name = entry.name.lower()
        plain = entry.suffix in TEXTS or name.startswith((".env", *NAMED)) or name.endswith(".env")
        if not plain or entry.size > MAX_BYTES:
            continue
        taken, amount = taken + 1, amount + entry.size
        if taken > MAX_FILES or amount > MAX_ALL_BYTES:
            return
        yield entry
