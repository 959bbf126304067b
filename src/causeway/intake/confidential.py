"""Secrets written into code or configuration: known forms, and literals assigned to telling names."""

import math
import re
from collections import Counter

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting

_FORMS = (
    ("AWS access key", re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("private key", re.compile(r"-----BEGIN (?:RSA |EC |OPENSSH |DSA |PGP )?PRIVATE KEY")),
    ("API key (OpenAI form)", re.compile(r"\bsk-(?:proj-|ant-|or-)?[A-Za-z0-9_-]{24,}")),
    ("GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})")),
    ("Hugging Face token", re.compile(r"\bhf_[A-Za-z0-9]{30,}")),
    ("Google API key", re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    ("Slack token", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}")),
    ("GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}")),
    ("Groq API key", re.compile(r"\bgsk_[A-Za-z0-9]{40,}")),
    ("password in a database address", re.compile(r"\b(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?)://[^\s:/@]+:([^\s@/]+)@(?!localhost|127\.|db\b|postgres\b|mysql\b|mongo\b)")),
)  # fmt: skip
_ASSIGNED = re.compile(
    r"(?i)\b(\w*(?:api_?key|secret(?:_?key)?|access_?key|auth_?token|access_?token|passw(?:or)?d))\b"
    r"[\"']?\]?\s*[:=]\s*[\"']([^\"'\s]{8,})[\"']"
)
_ENVIRONMENT = re.compile(
    r"(?i)^\s*(\w*(?:api_?key|secret(?:_?key)?|token|passw(?:or)?d))\s*=\s*[\"']?([^\"'\s#]{8,})"
)
_PLACEHOLDER = re.compile(
    r"(?i)your|xxx|example|change|placeholder|dummy|<|\{|\$|env|\*\*|\.\.\.|insert|replace|todo|sample|fake|none|null|"
    r"123456|abcdef|password|secret|api_?key|token"
)


def secrets_in(path: str, text: str, *, cell: int | None = None) -> list[Sighting]:
    """The secrets in this text; only their sort and first characters are kept, never the value."""
    environment = path.rsplit("/", 1)[-1].startswith(".env") or path.endswith(".env")
    found: list[Sighting] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > 4000:
            continue
        hit = _known(line) or _assigned(line) or (_in_environment(line) if environment else None)
        if hit:
            sort, value = hit
            at = Evidence(path, line=number, cell=cell)
            found.append(Sighting("secret", sort, at, f"{value[:4]}... ({len(value)} characters)"))
    return found[:20]


def _known(line: str) -> tuple[str, str] | None:
    for sort, pattern in _FORMS:
        matched = pattern.search(line)
        if matched and not re.search(r"(?i)example|your|xxxx|<|placeholder|\.\.\.", matched[0]):
            return sort, matched[0]
    return None


def _assigned(line: str) -> tuple[str, str] | None:
    matched = _ASSIGNED.search(line)
    return (f"literal assigned to {matched[1]}", matched[2]) if matched and _random(matched[2]) else None


def _in_environment(line: str) -> tuple[str, str] | None:
    matched = _ENVIRONMENT.search(line)
    return (f"value of {matched[1]}", matched[2]) if matched and _random(matched[2]) else None


def _random(value: str) -> bool:
    if _PLACEHOLDER.search(value) or value.startswith(("http", "/", ".")):
        return False
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return mixed and _entropy(value) >= 2.8


def _entropy(value: str) -> float:
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
