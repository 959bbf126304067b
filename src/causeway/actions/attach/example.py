"""What a saved model answers on the example that lies beside it, converted and as it is."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from causeway.actions.attach.script import ON_EXAMPLE
from causeway.actions.stages.compile import DTYPES, matrix_of
from causeway.actions.stages.site import Workshop
from causeway.actions.workspace import Workspace
from causeway.adapters.ports import Say
from causeway.assess.parity import compare
from causeway.core.answers import Converted
from causeway.core.environment import Environment
from causeway.core.errors import OutsideError, Refused
from causeway.core.release import Parity
from causeway.core.table import Column, Number, Numbers, Table

TOLERANCE = 1e-5


def prove_example(
    work: Workspace, folder: Path, *, requirements: tuple[str, ...], workshop: Workshop, say: Say
) -> Parity:
    """How the converted model's answers agree with the model's own; refused where it does not convert."""
    environment = workshop.build_environment(
        folder,
        declared=requirements,
        imports=workshop.training_imports(folder, ON_EXAMPLE),
        python=None,
        into=work.state / "environments",
        say=say,
    )
    with tempfile.TemporaryDirectory(prefix="attach-", dir=work.state) as scratch:
        return _proven(environment, folder, Path(scratch), workshop=workshop, say=say)


def _proven(environment: Environment, folder: Path, scratch: Path, *, workshop: Workshop, say: Say) -> Parity:
    trace = workshop.watch_training(environment, folder, ON_EXAMPLE, scratch)
    fits = [fit for fit in trace.fits if fit.call == "fit"]
    if not fits:
        why = trace.errors[0] if trace.errors else None
        raise Refused(
            f"the model does not answer its own example: {why.error if why else 'it cannot be scored'}",
            where=why.where if why else ON_EXAMPLE,
            hint="check the versions in its requirements, or attach rows it was made for",
        )
    model = fits[-1].object
    matrix = workshop.load_trace(scratch).matrices[fits[-1].matrix]
    reference = workshop.reference_predictions(environment, scratch, model, matrix)
    tried: list[str] = []
    for dtype in DTYPES:
        into = scratch / dtype
        converted = workshop.convert_model(environment, scratch, model, into, dtype=dtype, say=say)
        if converted.reason:
            tried.append(converted.reason)
            continue
        try:
            ours = workshop.onnx_answers(
                into / converted.file, _fed(matrix, converted), classes=reference.classes
            )
        except OutsideError as error:
            tried.append(error.message)
            continue
        parity = compare(reference, ours, tolerance=TOLERANCE)
        if parity.proven:
            return parity
        tried.append(f"{parity.rows - parity.rows_equal} of {parity.rows} rows get another answer")
    raise Refused(
        f"the model was not compiled: {tried[-1]}",
        hint="name rows with a target: a run can then keep it as it is, in a process of its own",
    )


def _fed(table: Table, converted: Converted) -> Numbers | Mapping[str, Column]:
    if converted.form == "matrix" and all(isinstance(c, Number) for c in table.columns.values()):
        return matrix_of(table)
    return dict(zip(converted.input_names, table.columns.values(), strict=True))
