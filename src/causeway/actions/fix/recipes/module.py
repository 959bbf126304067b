"""A notebook as a module beside it: its cells in the order of the document, its imports on top."""

import ast
import re
from collections.abc import Iterator, Sequence

from causeway.actions.fix.change import Change, Left, Mend
from causeway.actions.fix.code_file import CodeFile
from causeway.actions.fix.notebook_text import source_of
from causeway.actions.fix.recipes.module_cells import Part, parts_of
from causeway.actions.fix.site import Site
from causeway.core.finding import Evidence
from causeway.intake.python.code import parse, strip_magics

GUARD = 'if __name__ == "__main__":'
PLOTTERS = frozenset({"matplotlib", "seaborn", "plotly", "pylab", "bokeh", "altair"})
DISPLAY = "from IPython.display import display"


def mend(site: Site) -> Mend:
    """The module of the notebook that trains, or of every notebook where nothing is known to train."""
    if site.poc.train.value.endswith(".py"):
        return Mend("module")
    notebooks = [file for file in site.codes(".ipynb") if file.path == site.poc.train.value]
    changes: list[Change] = []
    told: list[str] = []
    left: list[Left] = []
    for file in notebooks or list(site.codes(".ipynb")):
        path = f"{re.sub(r'[^A-Za-z0-9_/]', '_', file.path.removesuffix('.ipynb'))}.py"
        if site.has(path):
            continue
        text, kept = module_of(file, plots=site.wish.plots)
        left += kept
        if parse(text)[0] is None:
            left.append(Left("what comes out does not parse", Evidence(file.path)))
        elif change := site.change(path, text.encode("utf-8", "replace")):
            changes.append(change)
            told.append(f"{file.path} stays. What only showed a value is left out of {path}.")
            told.append(f'Say which is final in causeway.toml: [model] train = "{path}"')
    left += [Left(f"{n.path} cannot be read as a notebook") for n in site.poc.notebooks if n.problem]
    return Mend("module", tuple(changes), tuple(told), tuple(left))


def module_of(file: CodeFile, *, plots: bool) -> tuple[str, list[Left]]:
    """The text of the module, and what of the notebook could not be carried over."""
    parts, left = _all_parts(file)
    parts = [part for part in parts if not part.only_shows]
    if not plots:
        parts = _without_plots(parts)
    names = _assigned_once(parts)
    imports, definitions, rest = _sorted(parts, names)
    if any("display" in part.called for part in parts) and not any(
        "display" in part.text for part in imports
    ):
        imports.append(Part(DISPLAY, None))
    blocks = [_title(file), "\n".join(dict.fromkeys(part.text.strip("\n") for part in imports))]
    blocks += [f"\n{part.text.strip(chr(10))}" for part in definitions]
    body = "\n".join(_indented(part) for part in rest)
    body = re.sub(r"\n{3,}", "\n\n", body).strip("\n")
    if not any(part.node is not None for part in rest):
        body = f"{body}\n    pass".lstrip("\n")
    blocks.append(f"\n{GUARD}\n{body}")
    return "\n\n".join(block for block in blocks if block.strip()).rstrip() + "\n", left


def _all_parts(file: CodeFile) -> tuple[list[Part], list[Left]]:
    """Every statement, magic line and heading, in the order of the document."""
    parts: list[Part] = []
    left: list[Left] = []
    trees = {piece.cell: piece for piece in file.pieces}
    for number, cell in enumerate(file.notebook.cells if file.notebook else [], start=1):
        text = source_of(cell)
        if cell.get("cell_type") == "markdown":
            parts += _headings(text)
        elif cell.get("cell_type") == "code" and text.strip():
            if number not in trees:
                at = Evidence(file.path, cell=number)
                left.append(Left("this cell does not parse; it is there as a comment", at))
            if number not in trees or not strip_magics(text):
                parts.append(Part("\n".join(f"# {line}".rstrip() for line in text.splitlines()), None))
            else:
                parts += parts_of(text, trees[number].tree)
            parts.append(Part("", None))
    return parts, left


def _headings(text: str) -> list[Part]:
    """The headings of a text cell as comments."""
    found = [line.lstrip("#").strip() for line in text.splitlines() if re.match(r"#{1,6}\s", line)]
    return [Part(f"# {line}", None) for line in found if line]


def _title(file: CodeFile) -> str:
    name = file.path.rsplit("/", 1)[-1]
    return f'"""What {name} does, as a module."""'


def _assigned_once(parts: Sequence[Part]) -> set[str]:
    """Names that only one statement binds, so that moving it up changes nothing."""
    bound = [name for part in parts for name in part.binds]
    return {name for name in bound if bound.count(name) == 1}


def _sorted(parts: Sequence[Part], once: set[str]) -> tuple[list[Part], list[Part], list[Part]]:
    """Imports, definitions that may stand above everything that runs, and what runs."""
    imports: list[Part] = []
    definitions: list[Part] = []
    rest: list[Part] = []
    known: set[str] = set()
    late = False
    for part in parts:
        if isinstance(part.node, ast.Import | ast.ImportFrom) and not late:
            above, alone = part.apart()
            rest += [above] if above.text.strip() else []
            imports.append(alone)
            known |= part.binds
        elif part.is_definition and part.binds <= once and part.needs <= known:
            definitions.append(part)
            known |= part.binds
        else:
            rest.append(part)
            # what comes after may depend on the path or on a package that this installs
            late = late or "sys.path" in part.text or "os.environ" in part.text or "os.chdir" in part.text
    return imports, definitions, rest


def _without_plots(parts: Sequence[Part]) -> list[Part]:
    """The parts without those that only draw; what brings a plotter in stays where it is still used."""
    drawn = {name for part in parts if part.modules & PLOTTERS for name in part.binds}
    kept: list[Part] = []
    for part in parts:
        if part.node is not None and not part.modules and part.root in drawn:
            drawn |= part.binds
        else:
            kept.append(part)
    used = {name for part in kept for name in part.reads}
    return [part for part in kept if not part.modules & PLOTTERS or part.binds & used]


def _indented(part: Part) -> str:
    return "\n".join(_lines(part))


def _lines(part: Part) -> Iterator[str]:
    """The part's lines four to the right, but for those inside a text over several lines."""
    for number, line in enumerate(part.text.split("\n"), start=1):
        yield line if number in part.inside or not line.strip() else f"    {line}"
