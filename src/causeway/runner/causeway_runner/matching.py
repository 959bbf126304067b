"""Which input of an app is which column of the data, and what to type so that it means a stored value."""

import difflib
import re

LEAST = 0.6
FILLER = {
    "a", "an", "the", "your", "of", "in", "for", "enter", "insert", "input", "select", "choose",
    "please", "is", "are", "what", "value", "number", "type", "provide", "customer", "customers",
    "client", "employee", "user", "person", "patient", "applicant", "field", "label", "option",
    "per", "total", "no",
}  # fmt: skip
YES = {"yes", "y", "true", "1", "on"}
NO = {"no", "n", "false", "0", "off"}
UNITS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


class Input:
    """One thing that an app asks for: what it is called, and what it takes."""

    def __init__(self, name, kind="text", *, options=(), low=None, high=None, whole=False, handle=None):
        self.name, self.kind, self.options = name, kind, list(options)
        self.low, self.high, self.whole, self.handle = low, high, whole, handle


class Unfit(Exception):
    """The input does not take this value."""


def words_of(name):
    """The words of a name: camel case, underscores and units taken apart."""
    text = UNITS.sub(" ", str(name))
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", text)
    return re.findall(r"[a-z]+|\d+", text.lower())


def likeness(one, other):
    """How alike two names are, from 0 to 1."""
    left, right = words_of(one), words_of(other)
    if not left or not right:
        return 0.0
    if "".join(left) == "".join(right):
        return 1.0
    if numbered(left) != numbered(right) and numbered(left) and numbered(right):
        return 0.0
    plain = [w for w in left if w not in FILLER] or left
    wanted = [w for w in right if w not in FILLER] or right
    if "".join(plain) == "".join(wanted):
        return 0.95
    shared = [w for w in plain if any(same_word(w, other_) for other_ in wanted)]
    if len(shared) == len(plain) or len(shared) == len(wanted) == sum(same_any(w, plain) for w in wanted):
        return 0.7 + 0.2 * len(shared) / max(len(plain), len(wanted))
    ratio = difflib.SequenceMatcher(None, "".join(plain), "".join(wanted)).ratio()
    return 0.8 * ratio if ratio > 0.8 else 0.5 * len(shared) / max(len(plain), len(wanted))


def numbered(words):
    """The numbers among the words: the third of several columns is not the second."""
    return [int(word) for word in words if word.isdigit()]


def same_any(word, others):
    """Whether it is one of the words."""
    return any(same_word(word, other) for other in others)


def same_word(one, other):
    """Whether they are the same but for an ending, or one is cut short."""
    if one == other or one.rstrip("s") == other.rstrip("s"):
        return True
    short, long_ = sorted((one, other), key=len)
    return len(short) >= 3 and long_.startswith(short)


def fitness(asked, name, values):
    """How well an input fits a column: by its name, and by what it offers beside what the column holds."""
    score = likeness(asked.name, name)
    offered = {plain(option) for option in asked.options}
    held = {plain(value) for value in values}
    if len(offered) < 2 or not held:
        return score
    among = len(offered & held) / min(len(offered), len(held))
    if among >= 0.5:
        return min(1.0, score + 0.4 * among)
    if (offered <= YES | NO) and (held <= YES | NO):
        return score
    return score - 0.3 if held and not numeric(values) else score - 0.1


def numeric(values):
    """Whether these are numbers."""
    return all(isinstance(value, (int, float)) for value in values)


def plain(value):
    """A value without case, space and marks; a whole number without its point."""
    if isinstance(value, float) and value == int(value):
        value = int(value)
    return re.sub(r"[\W_]+", "", str(value).lower())


def matched(inputs, columns):
    """For each input the column that fits it best, no column twice: {place of input: name of column}."""
    scores = sorted(
        (
            (fitness(asked, name, values), -i, name)
            for i, asked in enumerate(inputs)
            for name, values in columns.items()
        ),
        reverse=True,
    )
    found, taken = {}, set()
    for score, place, name in scores:
        if score >= LEAST and -place not in found and name not in taken:
            found[-place] = name
            taken.add(name)
    return found


def typed(asked, value):
    """What to give this input so that it means the value, and whether something was lost; raises Unfit."""
    if value is None or value != value:  # noqa: PLR0124 - only NaN differs from itself
        raise Unfit("a missing value")
    if asked.options:
        return chosen(asked.options, value), False
    if asked.kind == "check":
        word = plain(value)
        if word not in YES | NO:
            raise Unfit("%r for a box to tick" % (value,))
        return word in YES, False
    if asked.kind == "number":
        return counted(asked, value)
    return (value if not isinstance(value, float) or value != int(value) else int(value)), False


def chosen(options, value):
    """The option that means the value."""
    word, counts = plain(value), NUMBER.findall(str(value))
    meant = (
        lambda option: option == value,
        lambda option: plain(option) == word,
        lambda option: meaning(option) is not None and meaning(option) == meaning(value),
        lambda option: len(counts) == 1 and same_number(option, counts[0]),
    )
    for same in meant:
        for option in options:
            if same(option):
                return option
    raise Unfit("%r is not among what is offered" % (value,))


def meaning(value):
    """Whether a word means yes; None where it means neither."""
    word = plain(value)
    return True if word in YES else False if word in NO else None


def same_number(option, number):
    """Whether an option is this number."""
    try:
        return float(option) == float(number)
    except (TypeError, ValueError):
        return False


def counted(asked, value):
    """The number within the bounds of the input, whole where it takes whole ones only."""
    if isinstance(value, str):
        found = NUMBER.search(value)
        if not found:
            raise Unfit("%r is no number" % value)
        value = float(found.group())
    number = float(value)
    if (asked.low is not None and number < asked.low) or (asked.high is not None and number > asked.high):
        raise Unfit("%g is not between %g and %g" % (number, asked.low or 0, asked.high or 0))
    if asked.whole:
        return round(number), round(number) != number
    return number, False
