"""A run in a process of its own, with stages that leave a mark; what test_run_durable.py starts.

usage: durable.py FOLDER MARKS [STAGE-TO-HANG-IN]
"""

import signal
import sys
from pathlib import Path

import msgspec

from causeway.actions.run import run
from causeway.actions.stages.package import Contents, Packaged, package, unpacked
from causeway.actions.stages.step import Made
from causeway.actions.workspace import open_workspace
from causeway.core.errors import Refused
from causeway.core.lineage import Story
from causeway.core.release import Evaluation, Model, Parity, Release, Signature

STAGES = ("environment", "train", "compile")


def pipeline_that(marks: Path, *, hang_in: str = "", fail_in: str = ""):
    """A pipeline whose stages write their names to the file of marks."""

    def work(site, stage):
        with marks.open("a") as file:
            file.write(f"{stage}\n")
        if stage == hang_in:
            marks.with_suffix(".hanging").touch()
            signal.pause()
        if stage == fail_in:
            (site.scratch / "half").mkdir(parents=True)
            raise Refused("the stage refused", hint="mend it")
        return Made(fact=f"{stage} done", files={"mark": site.work.artifacts.put(stage.encode())})

    def pipeline(site, steps):
        before = site.source
        for stage in STAGES:
            made = steps.take(
                stage, {"before": before}, result=Made, do=lambda stage=stage: work(site, stage)
            )
            before = made.files["mark"]
        return steps.take(
            "package",
            {"before": before, "source": site.source},
            result=Packaged,
            do=lambda: package(site, contents(site, before)),
            stands=lambda packaged: unpacked(site.work, packaged),
        )

    return pipeline


def contents(site, mark):
    release = Release(
        product=site.product,
        task="binary",
        target="left",
        signature=Signature((), ()),
        model=Model("model.onnx", "matrix", "sklearn", "LogisticRegression"),
        evaluation=Evaluation("AUC", 0.8, 0.7, 0.9, 0.5, "guessing", 100, "five parts", 0.2, 0.4),
        parity=Parity(100, 100, 0.0, 0, 1e-5),
        files={"model.onnx": mark},
        inputs={"source": site.source},
    )
    return Contents(release, {"model.onnx": mark}, (), Story(site.product, site.run))


def main():
    folder, marks = Path(sys.argv[1]), Path(sys.argv[2])
    hang_in = sys.argv[3] if len(sys.argv) > 3 else ""
    report = run(open_workspace(folder), folder, pipeline=pipeline_that(marks, hang_in=hang_in))
    sys.stdout.write(msgspec.json.encode(report).decode())


if __name__ == "__main__":
    main()
