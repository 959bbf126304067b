"""Which columns a person stands behind, by the words in the header and the shape of the values."""
# ruff: noqa: SIM905 - lists of words read best as words

import re
import unicodedata
from collections.abc import Sequence

from msgspec import Struct

from causeway.core.poc import ColumnProfile
from causeway.intake.private.personal_text import people_in_cells
from causeway.intake.private.personal_values import form_of

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")

PEOPLE = frozenset(
    "customer client patient employee user person member applicant student passenger borrower subscriber "
    "candidate worker driver owner agent cust emp kunde kunden patienten "
    "mitarbeiter benutzer cliente paciente "
    "empleado usuario utilisateur salarie klant medewerker dipendente funcionario".split()
)
_DIRECT = frozenset(
    "email mail phone mobile telephone cellphone surname firstname lastname fullname "
    "forename ssn passport iban "
    "address street postcode zipcode licence username mrn cpf nhs aadhaar "
    "vorname nachname strasse anschrift adresse telefon handy postleitzahl plz geburtsname "
    "prenom telephone courriel apellido apellidos direccion correo telefono "
    "cognome indirizzo codicefiscale sobrenome endereco voornaam achternaam adres woonplaats".split()
)
MAX_MEAN_LENGTH = 90
"""Longer values on average are texts, whatever the column is called: the bodies of mails."""
MIN_DIGITS = 6
_CALLED = {"phone", "mobile", "handy", "cellphone", "telephone"}
_NUMBERED = {"phone", "mobile", "telephone", "cellphone", "telefon", "handy", "telefono", "ssn", "mrn",
             "aadhaar", "nhs", "cpf", "iban"}  # fmt: skip
"""Those whose values may be plain digits."""
_PROTECTED = frozenset(
    "gender sex race ethnicity ethnic religion nationality marital marriage "
    "disability disabled pregnant birthdate "
    "dob birthday citizenship caste "
    "geschlecht geburtsdatum familienstand staatsangehoerigkeit staatsangehorigkeit konfession nationalitat "
    "behinderung sexe naissance nationalite sexo genero nacimiento nacionalidad sesso nascita nascimento "
    "geslacht geboortedatum nationaliteit religiao religione".split()
)
_PROTECTED_PAIRS = (
    ["senior", "citizen"], ["foreign", "worker"], ["estado", "civil"], ["stato", "civile"], ["etat", "civil"],
    ["burgerlijke", "staat"], ["skin", "color"], ["country", "birth"], ["native", "country"],
    ["trade", "union"], ["sexual", "orientation"],
)  # fmt: skip
_AGES = {"age", "alter", "edad", "idade", "leeftijd", "lebensalter"}
_AGE_BESIDE = {
    "years", "year", "group", "band", "range", "at", "entry", "jahre", "anos", "categoria", "cat", "bin",
    "bucket",
} | PEOPLE  # fmt: skip
_NAMES = {"name", "nombre", "naam", "nom", "nome"}
_NAME_BESIDE = {"first", "last", "full", "middle", "given", "family", "maiden", "contact", "holder"} | PEOPLE
_NUMBERING = {"id", "number", "no", "code", "key", "nr", "nummer", "num", "numero", "uuid"}


class Personal(Struct, frozen=True):
    """What of a person a column holds: `direct`, `protected` or `pseudonym`; its values' form and number."""

    sort: str
    form: str = ""
    count: int = 0


def words(name: str) -> list[str]:
    """The words in a column's name, in lower case and without accents: `SeniorCitizen` is senior, citizen."""
    plain = unicodedata.normalize("NFKD", name.replace("\u00df", "ss"))
    return [
        word.lower() for word in _WORDS.findall("".join(c for c in plain if not unicodedata.combining(c)))
    ]


def personal(name: str, profile: ColumnProfile, values: Sequence[str]) -> Personal | None:
    """Who stands behind this column; None for nobody."""
    found = words(name)
    texts = profile.kind not in {"float", "boolean", "date", "empty"}
    form, count = form_of(values) if texts and profile.distinct >= 5 else ("", 0)
    if form:
        return Personal("direct", form, count)
    if _direct(found, profile, values):
        return Personal("direct")
    if _protected(found):
        return Personal("protected")
    if len(found) > 1 and PEOPLE & set(found) and found[-1] in _NUMBERING:
        return Personal("pseudonym")
    inside, cells = people_in_cells(values) if profile.kind == "text" else ("", 0)
    return Personal("direct", inside, cells) if inside else None


def _direct(found: list[str], profile: ColumnProfile, values: Sequence[str]) -> bool:
    if profile.distinct <= 10 or profile.mean_length > MAX_MEAN_LENGTH:
        return False
    if profile.kind == "integer":
        # a telephone number or an identity number is long, a count or a flag is not
        return bool(_NUMBERED & set(found)) and (profile.minimum or 0) > 999_999
    if profile.kind != "text":
        return False
    named = _DIRECT & set(found)
    if named and named <= _CALLED:
        # what is called phone or mobile may be the name of one
        return sum(sum(map(str.isdigit, value)) >= MIN_DIGITS for value in values) * 2 >= len(values)
    return bool(named) or bool(_NAMES & set(found) and _NAME_BESIDE & set(found))


def _protected(found: list[str]) -> bool:
    if _PROTECTED & set(found) or any(set(pair) <= set(found) for pair in _PROTECTED_PAIRS):
        return True
    ages = _AGES & set(found)
    return bool(ages) and all(word in _AGE_BESIDE for word in found if word not in ages)
