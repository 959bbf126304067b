"""How a text is cleaned before a pipeline takes it apart: steps by name, and a word for each word."""

import re
import string
from collections.abc import Callable, Sequence

Step = Callable[[str], str]

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_TO_BLANKS = str.maketrans(dict.fromkeys(string.punctuation, " "))


def _replacing(pattern: str, by: str) -> Step:
    compiled = re.compile(pattern)
    return lambda text: compiled.sub(by, text)


STEPS: dict[str, tuple[Step, str]] = {
    "lower": (str.lower, "in lower case"),
    "tags": (_replacing(r"<[^>]*>", ""), "without tags"),
    "tags to blanks": (_replacing(r"<[^>]*>", " "), "tags as blanks"),
    "addresses": (_replacing(r"http\S+|www\S+", ""), "without web addresses"),
    "letters": (_replacing(r"[^a-zA-Z\s]", ""), "letters only"),
    "letters to blanks": (_replacing(r"[^a-zA-Z]", " "), "what is no letter as a blank"),
    "letters, digits": (_replacing(r"[^a-zA-Z0-9\s]", ""), "letters and digits only"),
    "letters, digits to blanks": (_replacing(r"[^a-zA-Z0-9]", " "), "what is no letter or digit as a blank"),
    "word characters": (_replacing(r"[^\w\s]", ""), "word characters only"),
    "word characters to blanks": (_replacing(r"[^\w\s]", " "), "what is no word character as a blank"),
    "runs of other than word characters": (
        _replacing(r"\W+", " "),
        "each run of other than word characters as a blank",
    ),
    "runs of other than letters": (
        _replacing(r"[^a-zA-Z]+", " "),
        "each run of other than letters as a blank",
    ),
    "runs of other than letters, digits": (
        _replacing(r"[^a-zA-Z0-9]+", " "),
        "each run of other than letters and digits as a blank",
    ),
    "marks": (lambda text: text.translate(_PUNCTUATION), "without punctuation"),
    "marks to blanks": (lambda text: text.translate(_TO_BLANKS), "punctuation as blanks"),
    "digits": (_replacing(r"\d+", ""), "without digits"),
    "digit words": (_replacing(r"\w*\d\w*", ""), "without words that have digits"),
    "blanks": (lambda text: " ".join(text.split()), "one blank between words"),
    "strip": (str.strip, "without outer blanks"),
}


def cleaned_by(steps: Sequence[str], text: str) -> str:
    """The text after these steps, one after the other."""
    for step in steps:
        text = STEPS[step][0](text)
    return text


def replaced(words: dict[str, str], text: str) -> str:
    """The text word by word, those without a word left out; a word that is not known stays."""
    found = (words.get(word, word) for word in text.split())
    return " ".join(word for word in found if word)


def in_words(steps: Sequence[str]) -> str:
    """What the steps do, for people."""
    return ", ".join(STEPS[step][1] for step in steps)
