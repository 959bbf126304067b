"""Values that are a person's by their form: addresses, numbers with check digits, identity numbers."""

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

MAX_LOOKED_AT = 400
MIN_FILLED = 5
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,24}$")
_PHONE = re.compile(
    r"\+\d{1,3}[\s.(-]{0,2}\d{1,4}(?:[\s.)(-]{0,2}\d{2,4}){1,4}$|\(\d{2,5}\)[\s.-]?\d{3,4}[\s.-]?\d{3,6}$"
    r"|\d{2,4}[\s.-]\d{3,4}[\s.-]\d{3,6}$|\+\d{10,14}$|00\d{10,13}$|\d{3}-\d{3}-\d{4}(?:x\d{1,5})?$"
)
_DATED = re.compile(r"\d{4}[-./ ]\d{1,2}[-./ ]\d{1,4}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}$|[+-]?\d*\.\d+$")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}$")
_CARD = re.compile(r"(?:3[47]|[2456]\d)\d{11,17}$")
_SSN = re.compile(r"(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}$")
_ADDRESS = re.compile(
    r"\d{1,5}[A-Za-z]?,? (?:[A-Z][\w.'-]* ){1,4}(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Lane|Ln|Dr|Drive|Court|"
    r"Ct|Way|Place|Pl|Square|Terrace|Close)\b|\S*(?:stra\u00dfe|strasse|str\.|weg|gasse|platz|"
    r"laan|straat) \d{1,4}\b"
    r"|(?:Rue|Avenue|Calle|Via|Rua|Plaza|Boulevard) (?:\w+ ?){1,5},? ?\d{0,4}\b",
    re.IGNORECASE,
)
_TITLED = re.compile(r"(?:^|, ?|\s)(?:Mr|Mrs|Miss|Ms|Dr|Prof|Herr|Frau|Mme|Sr|Sra)\.? [A-Z]")
_NINO = re.compile(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]$")
_CODICE = re.compile(r"[A-Z]{6}\d\d[A-EHLMPR-T]\d\d[A-Z]\d{3}[A-Z]$")
_PAN = re.compile(r"[A-Z]{3}[PCHABGJLFT][A-Z]\d{4}[A-Z]$")
_IPV4 = re.compile(r"(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}$")


class Form(Struct, frozen=True):
    """A sort of personal value: its name, its test, and the share of a column from which it is believed."""

    called: str
    fits: Callable[[str], bool]
    share: float = 0.5
    distinct: int = 5
    """Check digits agree by chance once in ten; many different values do not."""


def email(value: str) -> bool:
    """Whether this is an e-mail address."""
    return bool(_EMAIL.match(value))


def phone(value: str) -> bool:
    """Whether this is written like a telephone number, and like no date or decimal."""
    return bool(_PHONE.match(value)) and not _DATED.match(value)


def iban(value: str) -> bool:
    """Whether this is an account number whose check digits agree."""
    plain = value.replace(" ", "").upper()
    if not _IBAN.match(plain):
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % 97 == 1


def card(value: str) -> bool:
    """Whether this is a card number whose check digit agrees."""
    plain = re.sub(r"[ -]", "", value)
    return bool(_CARD.match(plain)) and len(plain) <= 19 and _luhn(plain)


def _luhn(digits: str) -> bool:
    doubled = [int(char) * (2 if place % 2 else 1) for place, char in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def spanish_id(value: str) -> bool:
    """Whether this is a DNI or NIE whose letter agrees."""
    plain = value.upper().replace("-", "")
    if not re.match(r"[XYZ\d]\d{7}[A-Z]$", plain):
        return False
    number = int(plain[:-1].translate(str.maketrans("XYZ", "012")))
    return plain[-1] == "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23]


def brazilian_id(value: str) -> bool:
    """Whether this is a CPF, written with its signs, whose check digits agree."""
    if not re.match(r"\d{3}\.\d{3}\.\d{3}-\d{2}$", value):
        return False
    digits = [int(char) for char in value if char.isdigit()]
    for length in (9, 10):
        rest = (
            sum(digit * weight for digit, weight in zip(digits, range(length + 1, 1, -1), strict=False))
            * 10
            % 11
        )
        if rest % 10 != digits[length]:
            return False
    return True


def french_id(value: str) -> bool:
    """Whether this is a French social security number whose key agrees."""
    plain = value.replace(" ", "")
    return bool(re.match(r"[12]\d{14}$", plain)) and 97 - int(plain[:13]) % 97 == int(plain[13:])


def indian_id(value: str) -> bool:
    """Whether this is an Aadhaar number, written in groups, whose check digit agrees."""
    if not re.match(r"[2-9]\d{3} \d{4} \d{4}$", value):
        return False
    check = 0
    for place, char in enumerate(reversed(value.replace(" ", ""))):
        check = _DIHEDRAL[check][_permuted(place, int(char))]
    return check == 0


_DIHEDRAL = [
    [
        (a + b) % 5
        if a < 5 and b < 5
        else 5 + (a + b) % 5
        if a < 5
        else 5 + (a - b) % 5
        if b < 5
        else (a - b) % 5
        for b in range(10)
    ]
    for a in range(10)
]
_TURN = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]


def _permuted(place: int, digit: int) -> int:
    for _ in range(place % 8):
        digit = _TURN[digit]
    return digit


FORMS = (
    Form("e-mail addresses", email),
    Form("account numbers (IBAN)", iban),
    Form("card numbers", card, 0.9, 12),
    Form("US social security numbers", lambda value: bool(_SSN.match(value)), 0.8),
    Form("Spanish identity numbers", spanish_id, 0.8),
    Form("Brazilian tax numbers", brazilian_id, 0.8),
    Form("French social security numbers", french_id, 0.8),
    Form("Indian identity numbers", indian_id, 0.8),
    Form("UK national insurance numbers", lambda value: bool(_NINO.match(value)), 0.8),
    Form("Italian tax codes", lambda value: bool(_CODICE.match(value)), 0.8),
    Form("Indian tax numbers (PAN)", lambda value: bool(_PAN.match(value)), 0.8),
    Form("IP addresses", lambda value: bool(_IPV4.match(value)), 0.9, 8),
    Form("hardware addresses", lambda value: bool(_MAC.match(value)), 0.9),
    Form("telephone numbers", phone, 0.6),
    Form("postal addresses", lambda value: bool(_ADDRESS.search(value)) and len(value) < 120, 0.6),
    Form("names with a title", lambda value: bool(_TITLED.search(value)) and len(value) < 90, 0.6),
)  # fmt: skip


def form_of(values: Sequence[str]) -> tuple[str, int]:
    """What most of these values are, and how many of those looked at; empty where they are nobody's."""
    step = max(1, len(values) // MAX_LOOKED_AT)
    filled = [value for item in values[::step] if 5 < len(value := item.strip()) <= 160]
    whole = sum(bool(item.strip()) for item in values[::step])
    if len(filled) < MIN_FILLED or len(filled) * 2 < whole:
        return "", 0
    for form in FORMS:
        matching = {value for value in filled if form.fits(value)}
        count = sum(value in matching for value in filled)
        if count >= form.share * whole and len(matching) >= form.distinct:
            return form.called, count
    return "", 0
