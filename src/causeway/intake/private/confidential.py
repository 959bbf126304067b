"""Secrets written into code or configuration: known forms, and literals assigned to telling names."""
# ruff: noqa: SIM905 - lists of words read best as words

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.files.text import read_text, searchable
from causeway.intake.private.secret_forms import DATABASE, FORMS, IN_ADDRESS, LOCAL_HOSTS, PARTS

MAX_FOUND = 20
MAX_LINE = 4_000
MAX_GIT_BYTES = 50_000
_TELLING = re.compile(r"(?i)key|secret|token|passw|pwd")
_ASSIGNED = re.compile(
    r"(?i)\b(\w*(?:api_?key|secret(?:_?key)?|access_?key|auth_?token|access_?token|bearer_?token|passw(?:or)?d|"
    r"passwd|db_?pass|_pwd|account_?key|client_?secret|encryption_?key|subscription_?key))\b"
    r"[\"']?\]?\s*(?::\s*str\s*)?[:=,]\s*[\"']([^\"'\s]{8,})[\"']"
)
_SESSION = re.compile(
    r"^[ \t]*(\w*app\.secret_key|\w*app\.config\[[\"']SECRET_KEY[\"']\]|SECRET_KEY)\s*=\s*b?"
    r"[\"'][^\"'\n]+[\"']",
    re.MULTILINE,
)
_UNQUOTED = re.compile(
    r"(?i)^\s*(?:export\s+|ENV\s+|ARG\s+|-\s*|set\s+)?[\"']?(\w*(?:api_?key|secret(?:_?key)?|token|passw(?:or)?d|"
    r"access_?key))[\"']?\s*[=:]\s*[\"']?([^\"'\s#,]{8,})"
)
_PLACEHOLDER = re.compile(
    r"(?i)your|xxx|example|change|placeholder|dummy|<|\{|\$|env|\*\*|\.\.\.|insert|replace|todo|sample|fake|none|"
    r"null|123456|abcdef|passw|secret|api_?key|token|default|redacted|hidden|my[-_]|put[-_]|here|test|demo|user"
)
_SURE_PLACEHOLDER = re.compile(
    r"(?i)example|your|xxxx|<|placeholder|\.\.\.|\*\*\*|redacted|0{8}|1234567890|dummy|fake"
)
_WEAK = frozenset(
    "password postgres root admin user pass secret changeme guest mysql test example pwd passwd".split()
)
_UNQUOTED_IN = tuple(".env .sh .bash .ps1 .bat .properties .ini .cfg .yml .yaml .conf .tfvars".split())
_PROSE = (".md", ".rst", ".html")
_TESTS = re.compile(r"(^|/)tests?/|(^|/)test_[^/]*$|_test\.\w+$")


def secrets_in(path: str, text: str, *, cell: int | None = None, detail: str = "") -> list[Sighting]:
    """The secrets in this text; only their sort and first characters are kept, never the value."""
    found: dict[int, Sighting] = {}
    for position, sort, value in _all(path, text):
        line = text.count("\n", 0, position) + 1
        shown = f"{value[:4]}... ({len(value)} characters)"
        at = Evidence(path, line=line, cell=cell)
        found.setdefault(line, Sighting("secret", sort, at, f"{shown}{', ' if detail else ''}{detail}"))
        if len(found) >= MAX_FOUND:
            break
    return [found[line] for line in sorted(found)]


def secrets_of_git(root: Path) -> list[Sighting]:
    """A token in the address of a remote, as `git clone` with a token leaves it."""
    path = root / ".git" / "config"
    if path.is_symlink() or not path.is_file():
        return []
    text = read_text(path, MAX_GIT_BYTES).text
    return [
        Sighting("secret", "token in the address of a git remote", Evidence(".git/config", line=line))
        for line, written in enumerate(text.split("\n"), start=1)
        if (matched := IN_ADDRESS.search(written))
        and not _SURE_PLACEHOLDER.search(matched[2])
        and _keyed(matched)
    ]


def session_keys(path: str, text: str) -> list[Sighting]:
    """Keys of Flask or Django that stand in the code, however they look; the value is not kept."""
    if _TESTS.search(path) or "secret" not in text.lower():
        return []
    return [
        Sighting("session_key", matched[1], Evidence(path, line=text.count("\n", 0, matched.start(1)) + 1))
        for matched in _SESSION.finditer(text)
    ]


def _keyed(matched: re.Match[str]) -> bool:
    # a user's name alone is no secret, a token in its place is
    return bool(matched[1]) or (any(char.isdigit() for char in matched[2]) and len(matched[2]) >= 20)


def _all(path: str, text: str) -> Iterator[tuple[int, str, str]]:
    yield from _known(text)
    yield from _addresses(text)
    if path.lower().endswith(_PROSE) or _TESTS.search(path) or not _TELLING.search(text):
        return
    environment = path.rsplit("/", 1)[-1].startswith(".env") or path.lower().endswith(_UNQUOTED_IN)
    environment = environment or "dockerfile" in path.lower()
    position = 0
    for line in text.split("\n"):
        if len(line) <= MAX_LINE and _TELLING.search(line):
            yield from ((position, sort, value) for sort, value in _assigned(line, unquoted=environment))
        position += len(line) + 1


def _known(text: str) -> Iterator[tuple[int, str, str]]:
    for form in FORMS:
        if form.hint not in text:
            continue
        for matched in form.pattern.finditer(text):
            value = matched[matched.lastindex or 0]
            if not _SURE_PLACEHOLDER.search(value) and _believable(form.called, value, text):
                yield matched.start(), form.called, value


def _believable(called: str, value: str, text: str) -> bool:
    if called == "JSON web token":
        return not _public(value)
    if called == "Google API key":
        # in the web configuration of Firebase it is an identifier, public by design
        return "authDomain" not in text
    if called in {"private key", "mail password"}:
        return True
    return _entropy(value) >= 2.8 and len(set(value)) >= 8


def _public(token: str) -> bool:
    """Whether a token says of itself that anybody may have it."""
    body = token.split(".")[1]
    try:
        said = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return False
    return b'"anon"' in said or b"John Doe" in said


def _addresses(text: str) -> Iterator[tuple[int, str, str]]:
    if "://" in text:
        for matched in DATABASE.finditer(text):
            if (
                matched[2].lower() not in LOCAL_HOSTS
                and not matched[2].startswith("127.")
                and _chosen(matched[1])
            ):
                yield matched.start(), "password in a database address", matched[1]
    if _TELLING.search(text):
        yield from _parts(text)


def _parts(text: str) -> Iterator[tuple[int, str, str]]:
    position = 0
    for line, cut in zip(text.split("\n"), searchable(text).split("\n"), strict=True):
        for matched in PARTS.finditer(cut):
            value = matched[1] or matched[2]
            if _chosen(value):
                yield position + matched.start(), "password in a connection string", value
        position += len(line) + 1


def _chosen(password: str) -> bool:
    """Whether this is a password that somebody chose, and neither a placeholder nor a default."""
    return password.lower() not in _WEAK and not re.search(
        r"(?i)your|<|\{|\$|%s|\*\*|xxx|example|\.\.\.|\[|^password|^pass$", password
    )


def _assigned(line: str, *, unquoted: bool) -> Iterator[tuple[str, str]]:
    matched = _ASSIGNED.search(line)
    if matched and _random(matched[2]):
        yield f"literal assigned to {matched[1]}", matched[2]
        return
    plain = _UNQUOTED.search(line) if unquoted else None
    if plain and _random(plain[2]):
        yield f"value of {plain[1]}", plain[2]


def _random(value: str) -> bool:
    if _PLACEHOLDER.search(value) or value.startswith(("http", "/", ".", "os.", "st.", "self.", "config")):
        return False
    if "(" in value or value.count(".") > 3:
        return False
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return mixed and _entropy(value) >= 2.8


def _entropy(value: str) -> float:
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
