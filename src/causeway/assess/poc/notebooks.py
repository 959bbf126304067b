"""Can a notebook be run from top to bottom, and does what it shows come from such a run."""

from collections.abc import Iterator

from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.poc import Notebook, Poc

TIDY = Remedy("Restart, run all, save; then move the training into a script.")

MANY_GONE = 0.5
"""Share of runs that left no trace above which the rest does not tell the story."""
FEW = 5


def judge(poc: Poc) -> Iterator[Finding]:
    """Order, cells that never ran, saved errors, and lines that only work on the author's machine."""
    yield from _disagreement(poc)
    untidy = [notebook for notebook in poc.notebooks if _untidy(notebook)]
    if untidy:
        ranked = sorted(untidy, key=lambda n: (n.path != poc.train.value, -(n.code_cells - n.run_cells)))
        places = [place for n in ranked for place in (*n.errors[:1], *n.disorder[:1])]
        yield Finding(
            "NOTEBOOK-ORDER",
            Severity.FIX if ranked[0].path == poc.train.value else Severity.NOTE,
            "; ".join(_state(notebook) for notebook in ranked[:3]) + ".",
            TIDY,
            tuple(places[:4]),
            damage=0.5 if ranked[0].path == poc.train.value else 0.25,
        )
    shell = [(notebook, place) for notebook in poc.notebooks for place in notebook.shell]
    if shell:
        yield Finding(
            "NOTEBOOK-SHELL",
            Severity.NOTE,
            f"Notebook cells call the shell or Colab ({shell[0][1].text[:40]}), so they only run by hand.",
            Remedy("Declare the packages in requirements.txt and drop those lines."),
            tuple(place for _, place in shell[:4]),
            damage=0.3,
        )


def _disagreement(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("order_matters")
    if found:
        own = found[0].at.path == poc.train.value
        yield Finding(
            "NOTEBOOK-ORDER",
            Severity.FIX if own else Severity.NOTE,
            f"In {found[0].at.path} the order of the cells decides what the model learned: {found[0].value}.",
            Remedy("Restart, run all, and see whether the figures are still the same."),
            tuple(s.at for s in found[:3]),
            certainty=0.8,
            damage=0.65 if own else 0.4,
        )


def _untidy(notebook: Notebook) -> bool:
    unrun = notebook.code_cells - notebook.run_cells
    return (
        bool(notebook.disorder or notebook.errors)
        or _gap(notebook) > MANY_GONE
        or unrun > max(1, notebook.code_cells // 20)
    )


def _gap(notebook: Notebook) -> float:
    """Runs that no cell keeps, as a share of those that are kept."""
    runs = notebook.last_run - notebook.first_run + 1 - notebook.run_cells
    return runs / notebook.run_cells if notebook.run_cells > FEW else 0.0


def _state(notebook: Notebook) -> str:
    parts: list[str] = []
    unrun = notebook.code_cells - notebook.run_cells
    if unrun > 1:
        parts.append(f"{unrun} of {notebook.code_cells} code cells keep no run")
    if notebook.disorder:
        parts.append("its cells ran out of order")
    elif _gap(notebook) > MANY_GONE:
        parts.append(
            f"the {notebook.run_cells} runs it keeps are numbered {notebook.first_run} to "
            f"{notebook.last_run}, so cells were changed or deleted after they ran"
        )
    if notebook.errors:
        parts.append(f"cell {notebook.errors[0].cell} keeps a {notebook.errors[0].text}")
    return f"{notebook.path}: {', '.join(parts)}"
