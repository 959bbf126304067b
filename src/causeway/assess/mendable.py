"""Which findings a tool can mend, and the fix that does it."""

from collections.abc import Collection

from msgspec import structs

from causeway.core.finding import Finding, Remedy

FIXES = {
    "NO-TESTS": "tests",
    "NO-CI": "ci",
    "NO-LICENCE": "licence",
    "NO-LOGGING": "logging",
    "REPO-JUNK": "gitignore",
    "REQ-MISSING": "requirements",
    "REQ-UNPINNED": "requirements",
    "REQ-ENCODING": "requirements",
    "MODEL-STALE": "requirements",
    "API-REMOVED": "requirements",
    "ABS-PATH": "paths",
    "LEAK-SPLIT": "split",
    "DEBUG": "debug",
    "UNSEEDED": "seed",
    "PYTHON-UNSTATED": "python",
}
"""Code of a finding to the name of its fix."""

WORDS = {
    "REQ-MISSING": "`causeway fix requirements` declares and pins them.",
    "REQ-UNPINNED": "`causeway fix requirements` pins them.",
    "REQ-ENCODING": "`causeway fix requirements` saves it as UTF-8.",
    "MODEL-STALE": "`causeway fix requirements` pins the version that wrote it.",
    "API-REMOVED": "Move on, or let `causeway fix requirements` pin a version that still has it.",
    "ABS-PATH": "Use paths relative to the file: `causeway fix paths`.",
    "LEAK-SPLIT": "Split first, then fit on the training rows only: `causeway fix split`.",
    "DEBUG": "Serve with a production server; `causeway fix debug` switches it off.",
    "UNSEEDED": "Give train_test_split a random_state: `causeway fix seed`.",
    "PYTHON-UNSTATED": "`causeway fix python` writes it down.",
    "REPO-JUNK": "Remove it from version control; `causeway fix gitignore` keeps it out.",
}


def with_fix(finding: Finding, mended: Collection[str]) -> Finding:
    """The finding with the command that mends it, where that fix has something to do in this folder."""
    name = FIXES.get(finding.code, "")
    if name not in mended:
        return finding
    words = WORDS.get(finding.code, finding.remedy.words)
    return structs.replace(finding, remedy=Remedy(words, f"causeway fix {name}"))
