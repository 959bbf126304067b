"""A model card in Markdown with the front matter of Hugging Face: facts, and which of them are unknown."""

import json
from collections.abc import Iterator

from causeway.core.metrics import spoken
from causeway.core.papers.facts import PaperFacts, number
from causeway.core.release import Field, Release

UNKNOWN = "Not stated."
TASKS = {
    "binary": "tabular-classification",
    "multiclass": "tabular-classification",
    "regression": "tabular-regression",
}


def model_card(facts: PaperFacts) -> str:
    """The card; it says nothing that was not declared or measured."""
    parts = (
        _front_matter(facts),
        f"# {_plain(facts.product.name)}\n",
        _about(facts),
        _use(facts),
        _data(facts),
        _evaluated(facts.release),
        _parity(facts.release),
        _limits(facts),
        _saved(facts),
        _inputs(facts.release),
    )
    return "\n".join(parts)


def _front_matter(facts: PaperFacts) -> str:
    release = facts.release
    seen = release.evaluation
    task = TASKS[release.task]
    metric = [
        f"          - type: {_yaml(seen.metric)}",
        f"            value: {seen.value!r}",
        f"            name: {_yaml(spoken(seen.metric))}",
    ]
    lines = [
        "---",
        "license: unknown",
        f"library_name: {'onnx' if release.model.file.endswith('.onnx') else _yaml(release.model.framework)}",
        f"pipeline_tag: {task}",
        "tags:",
        "  - causeway",
        "model-index:",
        f"  - name: {_yaml(facts.product.name)}",
        "    results:",
        "      - task:",
        f"          type: {task}",
        "        dataset:",
        "          type: file",
        f"          name: {_yaml(facts.source)}",
        "        metrics:",
        *metric,
        "---",
        "",
    ]
    return "\n".join(lines)


def _about(facts: PaperFacts) -> str:
    model = facts.release.model
    rows = {
        "Owner": facts.product.owner,
        "Sponsor": facts.product.sponsor,
        "Risk tier": facts.product.risk_tier,
        "Model": f"{model.estimator} ({model.framework}), file {model.file}",
        "Answers": f"{facts.release.target} ({facts.release.task})",
        "Trained by": facts.script,
        "Python": facts.python,
        "Packages": f"{len(facts.pins)}, with their versions in environment.txt and bom.cdx.json",
        "Licence": "",
    }
    return _table(("", ""), [(name, said or UNKNOWN) for name, said in rows.items()])


def _use(facts: PaperFacts) -> str:
    purpose, success = facts.product.purpose or UNKNOWN, facts.product.success or UNKNOWN
    return (
        f"## Intended use\n\n{_plain(purpose)}\n\nWhat counts as success: {_plain(success)}\n\n"
        "Who may use it, and for what it must not be used: not stated.\n"
    )


def _data(facts: PaperFacts) -> str:
    digest = facts.release.inputs.get("data", "")
    agreed = "agreed" if facts.contract_agreed else "inferred, agreed by nobody"
    rows = (
        ("File", facts.source),
        ("SHA-256", digest.rpartition(":")[2] or "Not known: it does not lie in the folder."),
        ("Rows", f"{facts.rows_in_source:,}, of which {facts.rows_kept:,} reached the model"),
        ("Columns", ", ".join(facts.columns)),
        ("Target", facts.release.target),
        ("Contract", f"contract.odcs.yaml, {agreed}"),
    )
    return (
        "## Data\n\n"
        + _table(("", ""), rows)
        + "\nHow, when and from whom it was collected, and who is in it: not stated.\n"
    )


def _evaluated(release: Release) -> str:
    seen = release.evaluation
    rows = [(spoken(seen.metric), "all", number(seen.value), f"{number(seen.low)} to {number(seen.high)}")]
    rows += [
        (
            spoken(seen.metric),
            each.name,
            number(each.value) if each.value is not None else "too few rows",
            f"{number(each.low)} to {number(each.high)}"
            if each.low is not None and each.high is not None
            else "",
        )
        for each in seen.slices
    ]
    rows += [
        (spoken(name), "all", number(value), "")
        for name, value in sorted(seen.others.items())
        if name != seen.metric
    ]
    claimed = (
        f"The proof of concept claimed {number(seen.claimed)} ({_plain(seen.claimed_how)}).\n"
        if seen.claimed is not None
        else ""
    )
    return (
        "## Evaluation\n\n"
        + _table(("metric", "rows", "value", "95 % interval"), rows)
        + f"\nMeasured on {seen.rows:,} rows. Method: {_plain(seen.method)}. "
        f"Intervals: bootstrap over rows.\n\nThe trivial answer ({_plain(seen.baseline_name)}) reaches "
        f"{number(seen.baseline)}; the gain over it lies between {number(seen.gain_low)} and "
        f"{number(seen.gain_high)} (95 %, paired).\n{claimed}"
    )


def _parity(release: Release) -> str:
    parity = release.parity
    text = (
        f"## Parity with the proof of concept\n\n{parity.rows_equal:,} of {parity.rows:,} rows get its own "
        f"answer within {number(parity.tolerance)}; largest difference {number(parity.largest_difference)}; "
        f"labels that differ: {parity.label_flips:,}.\n"
    )
    if parity.edge_rows:
        text += f"Of {parity.edge_rows:,} made-up rows at the edges, {parity.edge_rows_equal:,} get it.\n"
    return text


def _limits(facts: PaperFacts) -> str:
    known = [f"- {_plain(each)}\n" for each in facts.open_findings] or ["- none was found when it was made\n"]
    release = facts.release
    return (
        f"## Limits\n\n{''.join(known)}"
        f"- a row with a missing value: {release.missing}; with a value never seen: {release.unseen}\n"
        "- how it fares on people or cases that the data does not hold: not known\n"
    )


def _saved(facts: PaperFacts) -> str:
    rows = [(each.path, each.container, each.why or "on the list") for each in facts.admissions]
    note = "" if rows else "None was judged.\n"
    table = _table(("saved model", "kind", "verdict"), rows) if rows else ""
    return f"## Saved models, judged before they were opened\n\n{table}{note}"


def _inputs(release: Release) -> str:
    rows = [(field.name, field.kind, _proven_on(field)) for field in release.signature.inputs]
    return "## What callers send\n\n" + _table(("column", "kind", "proven on"), rows)


def _proven_on(field: Field) -> str:
    if field.categories:
        return f"{len(field.categories)} categories"
    if field.minimum is None or field.maximum is None:
        return ""
    return f"{number(field.minimum)} to {number(field.maximum)}"


def _table(head: tuple[str, ...], rows: "list[tuple[str, ...]] | tuple[tuple[str, ...], ...]") -> str:
    return "".join(_lines(head, rows))


def _lines(
    head: tuple[str, ...], rows: "list[tuple[str, ...]] | tuple[tuple[str, ...], ...]"
) -> Iterator[str]:
    yield f"| {' | '.join(head)} |\n"
    yield f"|{'---|' * len(head)}\n"
    for row in rows:
        yield f"| {' | '.join(_plain(cell) for cell in row)} |\n"


def _plain(text: str) -> str:
    """A text that can neither end a cell nor start markup of its own."""
    flat = " ".join(text.split())
    for mark in "\\`*_[]<>|#":
        flat = flat.replace(mark, f"\\{mark}")
    return flat


def _yaml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
