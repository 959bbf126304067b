"""On what scale a regression answers: that of the target's column, or of something computed from it."""

from msgspec import Struct

from causeway.core.features_rules import Numeric, Rule
from causeway.core.finding import Finding, Remedy, Severity

# function -> what it is called, and what undoes it; nothing undoes a rounding
FUNCTIONS = {
    "id": ("{}", "{}"),
    "log": ("log({})", "exp({})"),
    "log1p": ("log(1 + {})", "exp({}) - 1"),
    "sqrt": ("sqrt({})", "({}) ** 2"),
    "square": ("{} ** 2", "sqrt({})"),
    "cube": ("{} ** 3", "cbrt({})"),
    "cbrt": ("cbrt({})", "({}) ** 3"),
    "reciprocal": ("1 / {}", "1 / ({})"),
    "exp": ("exp({})", "log({})"),
    "round": ("round({})", ""),
    "floor": ("floor({})", ""),
}


class Scale(Struct, frozen=True):
    """What is answered in place of the target's column, and how a caller gets back; empty if unknown."""

    column: str
    answers: str = ""
    undone: str = ""


def scale_of(column: str, rule: Rule | None) -> Scale | None:
    """The scale of the answers, None where they are values of the column itself."""
    if not isinstance(rule, Numeric):
        return Scale(column)
    if (rule.base, rule.fn, rule.a, rule.b) == ("number", "id", 1.0, 0.0):
        return None
    read = column if rule.base == "number" else f"{rule.base.replace('_', ' ')} of {column}"
    made, undone = FUNCTIONS[rule.fn]
    back = undone.format(_unscaled("answer", rule)) if rule.base == "number" else ""
    return Scale(column, _scaled(made.format(read), rule), back)


def judge(scale: Scale | None) -> tuple[Finding, ...]:
    """Whether callers must do something to an answer before it means what the target's column means."""
    if scale is None:
        return ()
    return (
        Finding(
            code="ANSWER-SCALE",
            severity=Severity.FIX,
            title=_title(scale),
            remedy=Remedy(_remedy(scale)),
            damage=0.6,
        ),
    )


def _title(scale: Scale) -> str:
    if scale.answers:
        return f"The release answers {scale.answers}, not {scale.column}."
    if scale.column:
        return f"The model was not fitted to {scale.column} as it is; the release answers on another scale."
    return "The model was fitted to values that no column holds; the release answers on their scale."


def _remedy(scale: Scale) -> str:
    if scale.undone:
        name = scale.column
        return f"Have callers undo it: {name} = {scale.undone}. Or fit the model to {name} itself."
    named = scale.column or "a column of the data"
    return f"Tell callers what the answers mean, or fit the model to {named} itself."


def _scaled(text: str, rule: Numeric) -> str:
    text = text if rule.a == 1.0 else f"{rule.a:g} * {text}"
    return text if rule.b == 0.0 else f"{text} {'-' if rule.b < 0 else '+'} {abs(rule.b):g}"


def _unscaled(text: str, rule: Numeric) -> str:
    if rule.b != 0.0:
        text = f"{text} {'+' if rule.b < 0 else '-'} {abs(rule.b):g}"
    if rule.a == 1.0:
        return text
    return f"({text}) / {rule.a:g}" if rule.b != 0.0 else f"{text} / {rule.a:g}"
