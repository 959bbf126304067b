"""One drift report by somebody else's tool, in that tool's own environment: run by speed.py.

    PYTHON peer_reports.py evidently|nannyml REFERENCE.parquet CURRENT.parquet

Prints the CPU-seconds since the imports and the peak of memory, as JSON. NannyML would send usage: it is told
not to.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
os.environ["DO_NOT_TRACK"] = "1"
CHUNKS = 4


def main() -> None:
    tool, before, now = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    report = {"evidently": by_evidently, "nannyml": by_nannyml}[tool]
    used = report(before, now)
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps({"cpu_s": used, "peak_mb": peak}))


def by_evidently(before: Path, now: Path) -> float:
    import pandas as pd  # noqa: PLC0415 - what this environment has
    from evidently import DataDefinition, Dataset, Report  # noqa: PLC0415 - the same
    from evidently.presets import DataDriftPreset  # noqa: PLC0415 - the same

    started = time.process_time()
    frames = [pd.read_parquet(path) for path in (before, now)]
    texts = [name for name in frames[0] if name.startswith("c")]
    numbers = [name for name in frames[0] if name not in texts]
    known = DataDefinition(numerical_columns=numbers, categorical_columns=texts)
    sides = [Dataset.from_pandas(frame, data_definition=known) for frame in frames]
    Report([DataDriftPreset()]).run(sides[1], sides[0]).dict()
    return time.process_time() - started


def by_nannyml(before: Path, now: Path) -> float:
    import nannyml  # noqa: PLC0415 - what this environment has
    import pandas as pd  # noqa: PLC0415 - the same

    started = time.process_time()
    frames = [pd.read_parquet(path) for path in (before, now)]
    known = nannyml.UnivariateDriftCalculator(
        column_names=list(frames[0]),
        continuous_methods=["jensen_shannon", "wasserstein", "kolmogorov_smirnov"],
        categorical_methods=["jensen_shannon", "chi2", "l_infinity"],
        chunk_number=CHUNKS,
    )
    known.fit(frames[0])
    known.calculate(frames[1])
    return time.process_time() - started


if __name__ == "__main__":
    main()
