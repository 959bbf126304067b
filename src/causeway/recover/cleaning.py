"""Candidates that clean a text: lower case, signs taken out, stopwords left out, words cut to their stems."""

import itertools
from collections.abc import Iterator, Sequence

from causeway.core.features import Words
from causeway.core.features_cleaning import cleaned_by, replaced

PROBES = 24
ALIKE_LETTERS = 2
FEWEST_SEEN = 0.5
"""Of the words that change or go, at least this share must stand more than once."""

_FIRST = ((), ("lower",))
_MARKUP = ((), ("tags",), ("tags to blanks",), ("addresses",), ("tags", "addresses"), ("addresses", "tags"))
_SIGNS = (
    (),
    ("letters",),
    ("letters to blanks",),
    ("letters, digits",),
    ("letters, digits to blanks",),
    ("word characters",),
    ("word characters to blanks",),
    ("marks",),
    ("marks to blanks",),
    ("runs of other than word characters",),
    ("runs of other than letters",),
    ("runs of other than letters, digits",),
)
_DIGITS = ((), ("digits",), ("digit words",))
_LAST = ((), ("strip",), ("blanks",))


def cleaning_candidates(
    name: str, held: Sequence[str | None], words: Sequence[str | None], *, keeps: bool
) -> Iterator[tuple[float, Words]]:
    """The shortest steps that clean every text as the training did; else steps and a word for each word."""
    pairs = [
        (raw, made) for raw, made in zip(held, words, strict=True) if raw is not None and made is not None
    ]
    same_gaps = all((raw is None) == (made is None) for raw, made in zip(held, words, strict=True))
    if not pairs or not same_gaps:
        return
    probes = pairs[:: max(1, len(pairs) // PROBES)]
    for steps in _ways():
        if _makes(steps, probes) and _makes(steps, pairs):
            yield 3 + 0.2 * len(steps), Words(name, steps=steps, keeps_missing=keeps)
            return
    rule = _word_by_word(name, pairs, probes, keeps=keeps)
    if rule is not None:
        yield 5 + 0.2 * len(rule.steps), rule


def _word_by_word(
    name: str, pairs: Sequence[tuple[str, str]], probes: Sequence[tuple[str, str]], *, keeps: bool
) -> Words | None:
    """The steps after which the fewest words change."""
    found: list[tuple[int, tuple[str, ...], dict[str, str]]] = []
    ways = [steps for steps in _ways() if steps[-1:] not in {("strip",), ("blanks",)}]
    # words that are only left out first: one of them may begin like the word that follows it
    for stems in (False, True):
        for steps in ways:
            if _table(steps, probes, stems=stems) is not None:
                table = _table(steps, pairs, stems=stems)
                if table:
                    found.append((sum(word != new for word, new in table.items()), steps, table))
        if found:
            break
    if not found:
        return None
    _, steps, table = min(found, key=lambda each: (each[0], len(each[1])))
    return Words(name, steps=steps, words=table, keeps_missing=keeps)


def _ways() -> list[tuple[str, ...]]:
    found = [
        tuple(itertools.chain(*parts)) for parts in itertools.product(_FIRST, _MARKUP, _SIGNS, _DIGITS, _LAST)
    ]
    return sorted(found, key=len)


def _makes(steps: tuple[str, ...], pairs: Sequence[tuple[str, str]]) -> bool:
    return all(cleaned_by(steps, raw) == made for raw, made in pairs)


def _table(steps: tuple[str, ...], pairs: Sequence[tuple[str, str]], *, stems: bool) -> dict[str, str] | None:
    """What stands for each word, where that is one word or none in every text; None where it is not."""
    texts = [(cleaned_by(steps, raw), made) for raw, made in pairs]
    kept = {word for _, made in texts for word in made.split()}
    table: dict[str, str] = {}
    counts: dict[str, int] = {}
    for text, made in texts:
        if not _aligned(text.split(), made.split(), kept, table, stems=stems):
            return None
        for word in text.split():
            counts[word] = counts.get(word, 0) + 1
    changed = [word for word, new in table.items() if word != new]
    seen = sum(counts[word] > 1 for word in changed)
    proven = all(replaced(table, text) == made for text, made in texts)
    # few texts prove nothing of each word, which all of them do
    return table if proven and (seen >= FEWEST_SEEN * len(changed) or len(pairs) <= 2 * PROBES) else None


def _aligned(
    words: list[str], made: list[str], kept: set[str], table: dict[str, str], *, stems: bool
) -> bool:
    """Notes what became of each word; whether that is what became of it before."""
    at = 0
    for word in words:
        new = ""
        if at < len(made) and (word == made[at] or (stems and _may_become(word, made[at], kept))):
            new, at = made[at], at + 1
        if table.setdefault(word, new) != new:
            return False
    return at == len(made)


def _may_become(word: str, new: str, kept: set[str]) -> bool:
    if word == new or word in kept:
        return word == new
    return word[:ALIKE_LETTERS] == new[:ALIKE_LETTERS]
