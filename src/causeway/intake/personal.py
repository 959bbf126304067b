"""Which columns a person stands behind, by the words in the header and the shape of the values."""

import re

from causeway.core.poc import ColumnProfile

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+$")
_PHONE = re.compile(r"\+?\(?\d{2,4}\)?[\s.-]\d{3,4}[\s.-]?\d{3,6}$|\+\d{10,14}$")
_DECIMAL = re.compile(r"[+-]?\d*\.\d+$|\d{4}-\d\d-\d\d")

_PEOPLE = {"customer", "client", "patient", "employee", "user", "person", "member", "applicant", "student",
           "passenger",
           "borrower", "subscriber", "candidate", "worker", "driver", "owner", "agent"}  # fmt: skip
_DIRECT = {"email", "mail", "phone", "mobile", "surname", "firstname", "lastname", "fullname", "ssn",
           "passport", "iban",
           "address", "street", "postcode", "zipcode", "licence", "username"}  # fmt: skip
_PROTECTED = {"gender", "sex", "race", "ethnicity", "ethnic", "religion", "nationality", "marital",
              "marriage",
              "disability", "disabled", "pregnant", "birthdate", "dob", "birthday", "citizenship",
              "caste"}  # fmt: skip
_AGE_BESIDE = {
    "years",
    "year",
    "group",
    "band",
    "range",
    "customer",
    "client",
    "patient",
    "employee",
    "at",
    "entry",
} | _PEOPLE


def words(name: str) -> list[str]:
    """The words in a column's name, in lower case: `SeniorCitizen` is senior, citizen."""
    return [word.lower() for word in _WORDS.findall(name)]


def personal(name: str, profile: ColumnProfile, values: list[str]) -> str:
    """`direct`, `protected`, `pseudonym`, or empty."""
    found = words(name)
    if _by_value(values) or _direct(found, profile):
        return "direct"
    if _protected(found):
        return "protected"
    if len(found) > 1 and _PEOPLE & set(found) and found[-1] in {"id", "number", "no", "code", "key"}:
        return "pseudonym"
    return ""


def _by_value(values: list[str]) -> bool:
    filled = [value.strip() for value in values[:300] if value.strip()]
    if len(filled) < 5:
        return False
    matching = sum(
        bool(_EMAIL.match(value) or (_PHONE.match(value) and not _DECIMAL.match(value))) for value in filled
    )
    return matching * 2 > len(filled)


def _direct(found: list[str], profile: ColumnProfile) -> bool:
    if profile.kind != "text" or profile.distinct <= 10:
        return False
    names = {"first", "last", "full", "middle"} | _PEOPLE
    return bool(_DIRECT & set(found)) or ("name" in found and bool(names & set(found)))


def _protected(found: list[str]) -> bool:
    if _PROTECTED & set(found) or found[:2] in (["senior", "citizen"], ["foreign", "worker"]):
        return True
    return "age" in found and all(word in _AGE_BESIDE for word in found if word != "age")
