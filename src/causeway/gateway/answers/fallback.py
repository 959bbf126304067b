"""The answer that the manifest declares for when the model gives none."""

from collections.abc import Mapping, Sequence

from causeway.core.records import Value
from causeway.core.release import Output, Release


def fallback_answers(
    release: Release, declared: Mapping[str, Value], outputs: Sequence[Output]
) -> dict[str, object]:
    """One row's answer in these outputs; what is declared for the target is the label, or the value.

    A probability is that of the positive class, or the last; None where nothing is declared.
    """
    return {output.name: _of(output, _declared(release, declared, output)) for output in outputs}


def _declared(release: Release, declared: Mapping[str, Value], output: Output) -> Value:
    if output.name not in declared and output.kind in ("label", "value"):
        return declared.get(release.target)
    return declared.get(output.name)


def _of(output: Output, value: Value) -> object:
    if output.kind != "probability":
        return value
    classes = output.classes
    if isinstance(value, bool) or not isinstance(value, int | float) or len(classes) != 2:
        return None
    positive = classes.index(output.positive) if output.positive else 1
    return [float(value) if place == positive else 1.0 - value for place in range(2)]
