"""What `check` says about every folder in CAUSEWAY_POCS, how long it takes, what it misses, and the totals.

    CAUSEWAY_POCS=/folder/of/pocs [CAUSEWAY_TRUTHS=/folder/of/truths] python benchmarks/intake.py

A truth is NAME.json with `target`, `kind`, `frameworks` (the main one first), `findings` (each "CODE: words")
and `absent`. Right is the kind before the first comma, the target before a bracket, the main framework.
Wording is free, so codes are matched through the table below; a truth's code that is not there is missed.
"""

import json
import os
import re
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from causeway.actions.check import check
from causeway.core.poc import Guess, Poc
from causeway.intake import read_poc

RIGHT = ("kind", "target", "framework")

# how a truth may call what we call by another name
SAME = {
    "LEAK-RESAMPLE": {"LEAK-SPLIT"},
    "LEAK-SCALER": {"LEAK-SPLIT"},
    "LEAK-OUTLIER": {"LEAK-ROWS"},
    "RANDOM-SPLIT-ON-TIME": {"SPLIT-TIME"},
    "NO-SKILL-ACCURACY": {"NO-SKILL"},
    "NO-SKILL-RISK": {"ACCURACY-ONLY", "NO-SKILL"},
    "TRAIN-SERVE-SKEW": {"SKEW"},
    "PREPROCESS-SKEW": {"SKEW"},
    "TYPO-CATEGORY": {"SKEW-OPTION"},
    "MODEL-CARD-MISMATCH": {"MODEL-MISMATCH"},
    "PICKLE-UNSAFE": {"UNSAFE-LOAD"},
    "PICKLE-UNSAFE x3, reloaded on every request": {"UNSAFE-LOAD"},
    "RDATA-UNSAFE": {"UNSAFE-LOAD"},
    "HIDDEN-PICKLE": {"UNSAFE-LOAD"},
    "IMPORT-SIDE-EFFECT": {"IMPORT-WORK"},
    "PII": {"PERSONAL-DATA"},
    "PROTECTED": {"PERSONAL-DATA"},
    "FAIRNESS": {"PERSONAL-DATA"},
    "NO-DEPS": {"REQ-MISSING"},
    "REQ-INCOMPLETE": {"REQ-MISSING"},
    "NO-VERSIONS": {"REQ-MISSING"},
    "NO-PINS": {"REQ-UNPINNED"},
    "PIN-ANCIENT": {"REQ-OLD"},
    "NO-HEADER": {"DATA-HEADER"},
    "OFF-BY-ONE": {"DATA-GAP"},
    "CLONE-FILE": {"COPY"},
    "NOTEBOOK-UNRUN": {"NOTEBOOK-ORDER"},
    "COLAB": {"NOTEBOOK-SHELL"},
    "RIVAL-NOTEBOOKS": {"RIVAL-TRAINING"},
    "MODEL-NOT-COMMITTED": {"MODEL-ABSENT"},
    "MODEL-MISSING": {"MODEL-ABSENT"},
    "DEBUG-TRUE": {"DEBUG"},
    "NO-INPUT-VALIDATION": {"NO-VALIDATION"},
    "DOCKER-BROKEN": {"DEPLOY-BROKEN"},
    "COMPOSE-INCOMPLETE": {"DEPLOY-ENV"},
    "JSON-LINES with extension .json": {"DATA-FORMAT"},
    "PROCFILE-NAME": {"DEPLOY-FILE"},
    "UNSEEDED-SPLIT": {"UNSEEDED"},
    "NO-SEED": {"UNSEEDED"},
    "DEPRECATED": {"API-DEPRECATED"},
    "RIVAL-ARTIFACT": {"ARTIFACT-UNUSED"},
    "ARTIFACT-DANGLING": {"ARTIFACT-MISSING"},
    "DB-IN-GIT": {"REPO-JUNK"},
    "BIG-JUNK": {"REPO-JUNK"},
    "LANG-NOT-PYTHON": {"LANGUAGE"},
    "SCORED-DATA-PRESENT": {"SCORED-DATA"},
    "PRINT-ONLY": {"NO-LOGGING"},
    "GLOBAL-STATE": {"GENAI-SHARED-STORE", "GLOBAL-STATE"},
    "DATA-MIXING": {"GENAI-SHARED-STORE"},
    "UNBOUNDED-TOKENS": {"GENAI-UNBOUNDED"},
    "PROMPT-INJECTION": {"GENAI-INJECTION"},
    "NO-EVAL": {"GENAI-NO-EVAL"},
    "SWALLOWED-EXCEPTION in stream loop": {"SWALLOWED"},
    "NO-AUTH on /upload and /chat": {"NO-AUTH"},
}
FALSE_ALARMS = {
    "secrets": {"SECRET"},
    "committed secrets": {"SECRET"},
    "absolute paths": {"ABS-PATH"},
    "pii": {"PERSONAL-DATA"},
    "pii beyond age": {"PERSONAL-DATA"},
    "training": {"LEAK-SPLIT", "NO-HOLDOUT", "RIVAL-TRAINING"},
    "dataset": {"RIVAL-DATA", "DATA-HEADER"},
}


@dataclass
class Totals:
    """What all folders with a truth come to."""

    folders: int = 0
    right: Counter[str] = field(default_factory=Counter)
    found: int = 0
    wanted: int = 0
    alarms: int = 0


def main() -> None:
    root = os.environ.get("CAUSEWAY_POCS", "")
    if not Path(root).is_dir():
        sys.exit("set CAUSEWAY_POCS to a folder of proofs of concept")
    truths = Path(os.environ.get("CAUSEWAY_TRUTHS", root))
    totals = Totals()
    for folder in sorted(path for path in Path(root).iterdir() if path.is_dir()):
        started = time.perf_counter()
        report = check(folder)
        seconds = time.perf_counter() - started
        counts = report.verdict
        print(f"\n{folder.name}: {seconds:.2f} s; {counts.blockers}/{counts.fixes}/{counts.notes}", end="; ")
        print(f"top {report.findings[0].code}\n  {report.sentence}")
        truth = truths / f"{folder.name}.json"
        if truth.is_file():
            told = json.loads(truth.read_text(encoding="utf-8"))
            named(told, read_poc(folder), totals)
            compare(told, {finding.code for finding in report.findings}, totals)
    summary(totals)


def named(truth: dict[str, Any], poc: Poc, totals: Totals) -> None:
    frameworks = [*poc.frameworks, *(Guess(name) for name in poc.genai.frameworks)]
    have = {plain(word) for guess in frameworks for word in guess.value.split()}
    right = {
        "kind": plain(re.split(r"[,(]", truth["kind"])[0]) == plain(poc.kind.value),
        "target": plain(first_words(truth.get("target"))) == plain(poc.target.value),
        "framework": bool({plain(word) for word in re.split(r"[ /]", truth["frameworks"][0])} & have),
    }
    totals.folders += 1
    totals.right.update(name for name, is_right in right.items() if is_right)
    print("  " + ", ".join(f"{name} {'right' if is_right else 'WRONG'}" for name, is_right in right.items()))


def first_words(target: str | None) -> str:
    return re.split(r"\s*[,(;]", target or "")[0]


def plain(text: str) -> str:
    return re.sub(r"[\s_-]", "", text.lower())


def compare(truth: dict[str, list[str]], codes: set[str], totals: Totals) -> None:
    listed = [line.split(":")[0].strip() for line in truth.get("findings", [])]
    missed = [name for name in listed if not SAME.get(name, {name}) & codes]
    absent = [words.split("(")[0].strip().lower() for words in truth.get("absent", [])]
    false = [words for words in absent if FALSE_ALARMS.get(words, set()) & codes]
    totals.found += len(listed) - len(missed)
    totals.wanted += len(listed)
    totals.alarms += len(false)
    recall = 1 - len(missed) / max(len(listed), 1)
    print(f"  recall {recall:.2f} of {len(listed)}; missed: {', '.join(missed) or '-'}")
    print(f"  false alarms: {', '.join(false) or 'none'}")


def summary(totals: Totals) -> None:
    if totals.folders:
        shares = ", ".join(f"{name} {totals.right[name]}/{totals.folders}" for name in RIGHT)
        recall = totals.found / max(totals.wanted, 1)
        print(
            f"\n{shares}; recall {totals.found}/{totals.wanted} = {recall:.2f}; false alarms {totals.alarms}"
        )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
