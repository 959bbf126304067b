"""What a README says about models and columns, for comparison with what is there."""

import re
from collections.abc import Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting

FAMILIES = {
    "random forest": r"random[ -]?forest",
    "decision tree": r"decision[ -]?tree",
    "logistic regression": r"logistic[ -]?regression",
    "linear regression": r"linear[ -]?regression",
    "XGBoost": r"xg-?boost",
    "LightGBM": r"light-?gbm",
    "CatBoost": r"cat-?boost",
    "gradient boosting": r"gradient[ -]?boosting",
    "support vector machine": r"support[ -]vector|\bsv[mcr]\b",
    "k nearest neighbours": r"k-?nearest|\bknn\b",
    "naive Bayes": r"na[iï]ve[ -]?bayes",
    "neural network": r"neural[ -]?net|\bann\b|\bcnn\b|\blstm\b|\bkeras\b",
}
_FAMILIES = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in FAMILIES.items()}
_NUMBERED = re.compile(r"^\s*(\d{1,3})\s*[-.):]\s*\**`?([A-Za-z][\w.]*)`?\**\s*[-:(]")
_WARNING = re.compile(
    r"(?i)not (?:be )?known (?:before|until|at the time)|"
    r"should (?:be|thus be) (?:discarded|excluded|removed|dropped)|"
    r"only be included for benchmark|leaks? the (?:target|label|outcome)"
)


def said_in_readme(path: str, text: str, model_files: tuple[str, ...]) -> Iterator[Sighting]:
    """Models that it names, columns that it numbers, and columns that it warns of."""
    numbered = 0
    for number, line in enumerate(text.split("\n"), start=1):
        at = Evidence(path, line=number)
        column = _NUMBERED.match(line)
        if column:
            numbered += 1
            warning = _WARNING.search(line)
            if warning:
                yield Sighting("warned_column", column[2], at, str(int(column[1]) - 1))
        families = [name for name, pattern in _FAMILIES.items() if pattern.search(line)]
        file = next((name for name in model_files if name.rsplit("/", 1)[-1] in line), "")
        for family in families:
            yield Sighting("readme_model", family, at, file)
    if numbered >= 5:
        yield Sighting("readme_columns", str(numbered), Evidence(path))
