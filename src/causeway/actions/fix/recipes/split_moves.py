"""Whether a fit can be moved behind the split without changing anything else, and the edits that do it."""

import ast
from collections.abc import Iterator, Sequence

from msgspec import Struct

from causeway.actions.fix.code_file import CodeFile, Edit, Piece
from causeway.actions.fix.recipes.split_columns import is_table, names_in, passes, receiver
from causeway.core.poc import Leak
from causeway.intake.python.trees import nodes_in

NOUNS = ("scaler", "imputer", "encoder", "vectorizer")
TABLES = frozenset({"DataFrame", "Series"})
STATISTICS = frozenset({"mean", "median", "max", "min"})


class Stays(Exception):
    """The fit cannot be moved, and why."""


class Step(Struct, frozen=True):
    """One statement of a body, in the order of running."""

    piece: Piece
    node: ast.stmt


class Divided(Struct, frozen=True):
    """The split: where it stands, and for each of its inputs the names of its two parts."""

    index: int
    call: ast.Call
    parts: dict[str, tuple[str, str]]


class Fitted(Struct, frozen=True):
    """The statement that fits, its place in the body, and the split that follows."""

    file: CodeFile
    body: list[Step]
    at: int
    split: Divided
    call: str = "fit_transform"
    """What the statement calls; `transform` where a fit of its own stands before it."""

    @property
    def step(self) -> Step:
        """The statement itself."""
        return self.body[self.at]

    @property
    def value(self) -> ast.expr:
        """What it assigns."""
        if not isinstance(self.step.node, ast.Assign):
            raise Stays("only what is assigned is moved")
        return self.step.node.value


def outline(file: CodeFile) -> list[list[Step]]:
    """The bodies that can hold a fit and a split: the file's own, cells together, and each function's."""
    whole = [Step(piece, node) for piece in file.pieces for node in piece.tree.body]
    functions = [
        [Step(piece, inner) for inner in node.body]
        for piece in file.pieces
        for node in nodes_in(piece.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    guards = [[Step(s.piece, inner) for inner in s.node.body] for s in whole if isinstance(s.node, ast.If)]
    return [whole, *functions, *guards]


def moved(file: CodeFile, bodies: Sequence[list[Step]], leak: Leak) -> list[Edit]:
    """The edits that move this fit; raises Stays with the reason where that cannot be proven."""
    body, at = _found(bodies, leak)
    taken, call = [body[at]], "fit_transform"
    if isinstance(body[at].node, ast.Expr):
        at, call = _applied(body, at), "transform"
        taken.append(body[at])
    fit = Fitted(file, body, at, _split(body, at), call)
    if any(_shares_a_line(body, step.node) for step in taken):
        raise Stays("it shares a line with another statement")
    lines = _moved_lines(fit)
    return [*map(_taken_out, taken), *_renamed(fit), _inserted(body[fit.split.index], lines)]


def _applied(body: list[Step], at: int) -> int:
    """Where the very table that `scaler.fit(X)` learned from is transformed, and nothing in between."""
    match body[at].node:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id=owner), attr="fit"), args=[given], keywords=[]
            )
        ):
            wanted = f"{owner}.transform({ast.unparse(given)})"
        case _:
            raise Stays("it stands in a loop, a condition or a call, which is not taken apart")
    names = {owner, *names_in(given)}
    later = next((n for n, s in enumerate(body[at + 1 :], at + 1) if names_in(s.node) & names), -1)
    if (
        later < 0
        or not isinstance(body[later].node, ast.Assign)
        or wanted not in ast.unparse(body[later].node)
    ):
        raise Stays(f"what follows it is not {wanted}")
    return later


def _taken_out(step: Step) -> Edit:
    """The statement's lines gone; the last line of a cell takes the break before it along."""
    start, end = step.piece.line_span(step.node)
    text = step.piece.text
    if end == len(text) and not text.endswith("\n") and text[:start].endswith("\n"):
        start -= 1
    return step.piece.edit((start, end), "")


def _found(bodies: Sequence[list[Step]], leak: Leak) -> tuple[list[Step], int]:
    for body in bodies:
        for index, step in enumerate(body):
            inside = step.node.lineno <= (leak.at.line or 0) <= (step.node.end_lineno or 0)
            if step.piece.cell == leak.at.cell and inside and isinstance(step.node, ast.Assign | ast.Expr):
                return body, index
    raise Stays("it stands in a loop, a condition or a call, which is not taken apart")


def _split(body: list[Step], at: int) -> Divided:
    """The next split in the same body, written plainly: names in, names out."""
    for index, step in enumerate(body[at + 1 :], start=at + 1):
        match step.node:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Call() as call) if _divides(call):
                if len(names) != 2 * len(call.args) or not all(isinstance(n, ast.Name) for n in names):
                    break
                texts = [ast.unparse(name) for name in names]
                given = [ast.unparse(arg) for arg in call.args]
                return Divided(
                    index, call, {g: (texts[2 * n], texts[2 * n + 1]) for n, g in enumerate(given)}
                )
            case _:
                continue
    raise Stays("no train_test_split of plain names follows in the same place")


def _divides(call: ast.Call) -> bool:
    return ast.unparse(call.func).rpartition(".")[2] == "train_test_split"


def _shares_a_line(body: list[Step], node: ast.stmt) -> bool:
    piece = next(step.piece for step in body if step.node is node)
    return any(
        step.piece is piece and step.node is not node
        and (step.node.lineno == node.end_lineno or step.node.end_lineno == node.lineno)
        for step in body
    )  # fmt: skip


def _moved_lines(fit: Fitted) -> list[str]:
    match fit.step.node:
        case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(), ast.Name()] as made)], value=ast.Call() as call):
            return _resampled(fit, call, [ast.unparse(name) for name in made])
        case ast.Assign(targets=[ast.Name(id=name)]):
            return _whole(fit, name)
        case ast.Assign(targets=[ast.Subscript(value=ast.Name()) as target]):
            return _columns(fit, target)
        case _:
            raise Stays("what it assigns to is not followed")


def _resampled(fit: Fitted, call: ast.Call, made: list[str]) -> list[str]:
    """Rows are made or left out in the training part only."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "fit_resample" or len(call.args) != 2:
        raise Stays("only fit_resample(X, y) is moved")
    if any(name not in fit.split.parts for name in made):
        raise Stays("what it returns is not what is split")
    _untouched(fit, {*made, *(name for arg in call.args for name in names_in(arg))})
    _unused_later(fit, set(made))
    train = ", ".join(fit.split.parts[name][0] for name in made)
    return [f"{train} = {fit.step.piece.source(call.func)}({train})"]


def _whole(fit: Fitted, name: str) -> list[str]:
    """The whole matrix is fitted on its training part, and the test part only transformed."""
    if name not in fit.split.parts:
        raise Stays(f"{name} is not itself what is split")
    call = _fit_call(fit)
    given = call.args[0]
    _untouched(fit, {name, *names_in(given)})
    _unused_later(fit, {name})
    named, owner = _named(fit, call)
    _alone(fit, call)
    train, test = fit.split.parts[name]
    return [
        *named,
        f"{train} = {_with(fit, (call, f'{owner}.fit_transform'), given, train)}",
        f"{test} = {_with(fit, (call, f'{owner}.transform'), given, test)}",
    ]


def _columns(fit: Fitted, target: ast.Subscript) -> list[str]:
    """Some columns of a table, which pass untouched through everything up to the split."""
    frame = ast.unparse(target.value)
    columns = _literal(fit.body[: fit.at + 1], target.slice)
    if columns is None:
        raise Stays("its columns are not written out")
    frames = {frame}
    for later in fit.body[fit.at + 1 : fit.split.index]:
        frames = passes(later.node, frames, columns)
        if not frames:
            raise Stays(f"{_where(later)} uses {frame} in a way that is not followed")
    name = next((one for one in fit.split.parts if one in frames), "")
    if not name:
        raise Stays(f"what is split is not made of {frame} in a way that is followed")
    _unused_later(fit, frames)
    train, test = fit.split.parts[name]
    copied = f"{train}, {test} = {train}.copy(), {test}.copy()"
    return [copied, *_filled(fit, target, train, test)]


def _filled(fit: Fitted, target: ast.Subscript, train: str, test: str) -> list[str]:
    """The lines that learn from the training part and apply it to both."""
    frame = ast.unparse(target.value)
    key = fit.step.piece.source(target)[len(frame) :]
    match fit.value:
        case ast.Call(
            func=ast.Attribute(value=ast.Subscript() as column, attr="fillna"),
            args=[ast.Call(func=ast.Attribute(value=ast.Subscript() as of, attr=statistic), args=[])],
            keywords=[],
        ) if statistic in STATISTICS and ast.unparse(column) == ast.unparse(of) == ast.unparse(target):
            fill = _free(fit.file, "fill")
            parts = [f"{part}{key} = {part}{key}.fillna({fill})" for part in (train, test)]
            return [f"{fill} = {train}{key}.{statistic}()", *parts]
        case _:
            call = _fit_call(fit)
            named, owner = _named(fit, call)
            _alone(fit, call)
            given = ast.Name(frame)
            return [
                *named,
                f"{train}{key} = {_with(fit, (call, f'{owner}.fit_transform'), given, train)}",
                f"{test}{key} = {_with(fit, (call, f'{owner}.transform'), given, test)}",
            ]


def _fit_call(fit: Fitted) -> ast.Call:
    """The only call in the statement that makes its value, with one argument."""
    calls = [
        n for n in nodes_in(fit.value)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr == fit.call
    ]  # fmt: skip
    if len(calls) != 1 or len(calls[0].args) != 1 or calls[0].keywords:
        raise Stays("only a single fit_transform of one argument is moved")
    return calls[0]


def _named(fit: Fitted, call: ast.Call) -> tuple[list[str], str]:
    """The line that names the estimator where it has no name yet, and its name."""
    owner = receiver(call)
    text = fit.step.piece.source(owner)
    if isinstance(owner, ast.Name):
        return [], text
    if not isinstance(owner, ast.Call) or names_in(owner) - {ast.unparse(owner.func).partition(".")[0]}:
        raise Stays("what fits is put together in a way that is not followed")
    kind = ast.unparse(owner.func).rpartition(".")[2].lower()
    name = _free(fit.file, next((noun for noun in NOUNS if noun in kind), "transformer"))
    return [f"{name} = {text}"], name


def _alone(fit: Fitted, call: ast.Call) -> None:
    """Nothing beside the fit has rows of its own, and nobody uses what it fits before the split."""
    owner = receiver(call)
    if isinstance(owner, ast.Name):
        _untouched(fit, {owner.id})
    columns = [n.value for n in nodes_in(fit.value) if isinstance(n, ast.keyword) and n.arg == "columns"]
    functions = [n.func for n in nodes_in(fit.value) if isinstance(n, ast.Call)]
    apart = {id(part) for node in (*columns, *functions, owner) for part in nodes_in(node)}
    for node in nodes_in(fit.value):
        if isinstance(node, ast.Name) and id(node) not in apart and node.id not in names_in(call.args[0]):
            raise Stays(f"{node.id} beside it is not split")


def _numbered(fit: Fitted, given: ast.expr, part: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Where a table is made around the fit: its rows keep the numbers that the split gave them."""
    for node in nodes_in(fit.value):
        if not isinstance(node, ast.Call) or ast.unparse(node.func).rpartition(".")[2] not in TABLES:
            continue
        if any(word.arg == "index" for word in node.keywords):
            continue
        if not isinstance(given, ast.Name) or not _is_known_table(fit, given.id):
            raise Stays("the table made around it would number its rows anew: give it index=")
        last = max(fit.step.piece.span(one)[1] for one in (*node.args, *(w.value for w in node.keywords)))
        yield (last, last), f", index={part}.index"


def _is_known_table(fit: Fitted, name: str) -> bool:
    by_column = isinstance(fit.step.node, ast.Assign) and isinstance(fit.step.node.targets[0], ast.Subscript)
    return by_column or is_table(name, [step.node for step in fit.body[: fit.at + 1]])


def _free(file: CodeFile, noun: str) -> str:
    used = {n for piece in file.pieces for n in names_in(piece.tree)}
    return next(f"{noun}{n}" for n in ["", *map(str, range(2, 99))] if f"{noun}{n}" not in used)


def _with(fit: Fitted, called: tuple[ast.Call, str], given: ast.expr, part: str) -> str:
    """The statement's value with another function called, and the part for the whole."""
    piece, value = fit.step.piece, fit.value
    call, function = called
    spans = [(piece.span(call.func), function), *_numbered(fit, given, part)]
    names = [n for n in nodes_in(value) if isinstance(n, ast.Name) and n.id in names_in(given)]
    if isinstance(given, ast.Name):
        spans += [(piece.span(name), part) for name in names]
    else:
        spans.append((piece.span(given), part))
        if any(not _within(piece.span(name), piece.span(given)) for name in names):
            raise Stays("its input stands twice in the statement")
    last, end = piece.span(value)
    text = ""
    for (begin, stop), new in sorted(spans):
        text, last = text + piece.text[last:begin] + new, stop
    return text + piece.text[last:end]


def _within(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _untouched(fit: Fitted, names: set[str]) -> None:
    for later in fit.body[fit.at + 1 : fit.split.index]:
        if touched := names_in(later.node) & names:
            raise Stays(f"{_where(later)} uses {min(touched)} before the split")


def _unused_later(fit: Fitted, names: set[str]) -> None:
    """What used to be fitted must not be read once the split no longer uses it."""
    functions = [s for s in fit.body[: fit.split.index] if isinstance(s.node, ast.FunctionDef | ast.ClassDef)]
    for later in (*functions, *fit.body[fit.split.index + 1 :]):
        parents = {id(c): n for n in nodes_in(later.node) for c in ast.iter_child_nodes(n)}
        own = {n.arg for n in nodes_in(later.node) if isinstance(n, ast.arg)}
        for node in nodes_in(later.node):
            if isinstance(node, ast.Name) and node.id in names - own and isinstance(node.ctx, ast.Load):
                above = parents.get(id(node))
                if not (isinstance(above, ast.Attribute) and above.attr == "columns"):
                    raise Stays(f"{_where(later)} uses {node.id} besides the split")


def _where(step: Step) -> str:
    cell = f"cell {step.piece.cell} " if step.piece.cell is not None else ""
    return f"{cell}line {step.node.lineno}"


def _renamed(fit: Fitted) -> Iterator[Edit]:
    """The split's inputs: what went into the fit instead of what came out of it."""
    source, piece = fit.step.piece.source, fit.body[fit.split.index].piece
    match fit.step.node:
        case ast.Assign(targets=[ast.Tuple(elts=made)], value=ast.Call(args=given)):
            pairs = {ast.unparse(m): source(g) for m, g in zip(made, given, strict=True)}
        case ast.Assign(targets=[ast.Name(id=name)]):
            pairs = {name: source(_fit_call(fit).args[0])}
        case _:
            pairs = {}
    for part in nodes_in(fit.split.call):
        if isinstance(part, ast.Name) and pairs.get(part.id, part.id) != part.id:
            yield piece.edit(piece.span(part), pairs[part.id])


def _literal(before: Sequence[Step], key: ast.expr) -> frozenset[str] | None:
    """The columns that a subscript names, written out or by a list that is assigned once."""
    match key:
        case ast.Constant(value=str(name)):
            return frozenset({name})
        case ast.List(elts=elts) if all(isinstance(e, ast.Constant) for e in elts):
            return frozenset(str(ast.literal_eval(e)) for e in elts)
        case ast.Name(id=name):
            found = [
                s.node.value for s in before
                if isinstance(s.node, ast.Assign) and ast.unparse(s.node.targets[0]) == name
            ]  # fmt: skip
            return _literal((), found[0]) if len(found) == 1 else None
        case _:
            return None


def _inserted(step: Step, lines: Sequence[str]) -> Edit:
    """The lines below the split, after a copy of its parts that stands there already."""
    piece = step.piece
    _, end = piece.line_span(step.node)
    if lines[0].endswith(".copy()") and piece.text[end:].lstrip().startswith(lines[0]):
        end = piece.text.index(lines[0], end) + len(lines[0])
        end = piece.text.index("\n", end) + 1 if "\n" in piece.text[end:] else len(piece.text)
        lines = lines[1:]
    start = piece.starts[step.node.lineno - 1]
    lead = piece.text[start : start + step.node.col_offset]
    text = "".join(f"{lead}{line}\n" for line in lines)
    if not piece.text[:end].endswith("\n"):
        text = "\n" + text.removesuffix("\n")
    return piece.edit((end, end), text)
