"""What `check` says about every folder in CAUSEWAY_POCS, how long it takes, and what it misses.

    CAUSEWAY_POCS=/folder/of/pocs [CAUSEWAY_TRUTHS=/folder/of/truths] python benchmarks/intake.py

A truth is NAME.json with `target`, `kind`, `findings` (each "CODE: words") and `absent`. Wording is free
there, so codes are matched through the table below; a truth's code that it does not list counts as missed.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

from causeway.actions.check import check

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
    "PROCFILE-NAME": {"DEPLOY-FILE"},
    "UNSEEDED-SPLIT": {"UNSEEDED"},
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


def main() -> None:
    root = os.environ.get("CAUSEWAY_POCS", "")
    if not Path(root).is_dir():
        sys.exit("set CAUSEWAY_POCS to a folder of proofs of concept")
    truths = Path(os.environ.get("CAUSEWAY_TRUTHS", root))
    for folder in sorted(path for path in Path(root).iterdir() if path.is_dir()):
        started = time.perf_counter()
        report = check(folder)
        seconds = time.perf_counter() - started
        codes = {finding.code for finding in report.findings}
        counts = report.verdict
        print(f"\n{folder.name}: {seconds:.2f} s; {counts.blockers}/{counts.fixes}/{counts.notes}", end="; ")
        print(f"top {report.findings[0].code}\n  {report.sentence}")
        truth = truths / f"{folder.name}.json"
        if truth.is_file():
            compare(json.loads(truth.read_text(encoding="utf-8")), codes)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def compare(truth: dict[str, list[str]], codes: set[str]) -> None:
    named = [line.split(":")[0].strip() for line in truth.get("findings", [])]
    missed = [name for name in named if not SAME.get(name, {name}) & codes]
    absent = [words.split("(")[0].strip().lower() for words in truth.get("absent", [])]
    false = [words for words in absent if FALSE_ALARMS.get(words, set()) & codes]
    recall = 1 - len(missed) / max(len(named), 1)
    print(f"  recall {recall:.2f} of {len(named)}; missed: {', '.join(missed) or '-'}")
    print(f"  false alarms: {', '.join(false) or 'none'}")


if __name__ == "__main__":
    main()
