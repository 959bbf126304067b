"""Notebooks followed in the order in which their cells were run, where that tells another story."""

from collections.abc import Iterator

from msgspec import structs

from causeway.core.poc import Sighting, Training
from causeway.intake.flow.events import Events
from causeway.intake.flow.trainings import leaks_of, trainings_of
from causeway.intake.project import Project
from causeway.intake.python.code import Code

MOSTLY_RUN = 0.6
SAYS = {
    "resample": "{name} resamples all rows before the split",
    "scale": "{name} is fitted on all rows before the split",
    "impute": "{name} is taken of all rows before the split",
    "select": "{name} chooses columns by every row's target",
    "target": "{name} encodes by every row's target",
}


def order_matters(project: Project, code: Code) -> list[Sighting]:
    """Where top to bottom another thing reaches the model than did as the cells were run."""
    notebook = code.notebook
    if notebook is None or not notebook.disorder or notebook.run_cells < MOSTLY_RUN * notebook.code_cells:
        return []
    ran = sorted(
        (block for block in code.blocks if block.count is not None), key=lambda block: block.count or 0
    )
    as_run = structs.replace(code, blocks=tuple(ran))
    return list(_differences(code, project.events(code), project.apart(as_run)))


def _differences(code: Code, read: Events, run: Events) -> Iterator[Sighting]:
    before, after = trainings_of(code, read), trainings_of(code, run)
    if not before or not after:
        return
    ours = {(leak.kind, leak.name): leak for leak in leaks_of(read)}
    theirs = {(leak.kind, leak.name): leak for leak in leaks_of(run)}
    for key in (*(ours.keys() - theirs.keys()), *(theirs.keys() - ours.keys())):
        leak = ours.get(key) or theirs[key]
        words = SAYS.get(leak.kind)
        if words:
            first = "top to bottom" if key in ours else "as the cells were run"
            then = "as they were run it does not" if key in ours else "top to bottom it does not"
            yield Sighting("order_matters", f"{first} {words.format(name=leak.name)}, {then}", leak.at)
    by_place = {str(training.at): training for training in after}
    for training in before:
        other = by_place.get(str(training.at))
        if other is not None and (said := _columns(training, other)):
            yield Sighting("order_matters", said, training.at)
            return


def _columns(read: Training, run: Training) -> str:
    if read.target and run.target and read.target != run.target:
        return f"top to bottom it learns {read.target}, as the cells were run {run.target}"
    if read.data and run.data and read.data != run.data:
        return f"top to bottom it learns from {read.data}, as the cells were run from {run.data}"
    gone, kept = set(read.dropped) - set(run.dropped), set(run.dropped) - set(read.dropped)
    if read.target in gone:
        return f"as the cells were run, its target {read.target} was among the features"
    if read.features == run.features and (gone or kept) and all("#" not in name for name in gone | kept):
        names = ", ".join(sorted(gone or kept)[:3])
        without = "top to bottom" if gone else "as the cells were run"
        return f"{without} it learns without {names}, the other way round with it"
    return ""
