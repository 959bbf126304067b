"""Whether a table is about people at all, where a column's name alone could mean the age of a house."""
# ruff: noqa: SIM905 - lists of words read best as words

from collections.abc import Sequence

from msgspec import structs

from causeway.core.poc import ColumnProfile
from causeway.intake.private.personal import PEOPLE, words

_HUMAN = PEOPLE | frozenset(
    "gender sex sexe sexo geschlecht genero income salary wage wages earnings job occupation profession "
    "employment employed unemployed education schooling educ degree marital married marriage children "
    "child dependents dependants family siblings sibsp parch parents spouse household smoker smoking "
    "smoke alcohol drinking bmi glucose insulin cholesterol chol bp heart pulse thalach diabetes diabetic "
    "hypertension stroke cancer tumor tumour diagnosis disease symptom symptoms fever cough pregnancies "
    "pregnancy hemoglobin creatinine blood medication treatment hospital admission doctor survived "
    "survival death died mortality race ethnicity religion nationality citizenship workclass loan credit "
    "debt spending shopping loyalty churn attrition exited tenure policy claim claims premium insurance "
    "student school exam grade gpa study sleep stress anxiety depression exercise hiring hired applicant "
    "resume skills promotion club voter vote arrest arrested crime offender recidivism purchased bought "
    "subscribed marketing phq visitor reviewer surname firstname lastname email phone therapy dosage "
    "bilirubin albumin ejection cp trestbps thal slope oldpeak graduation placement salaries".split()
)
"""Words that stand beside somebody's age; not those of houses, machines, cars or concrete."""
_OTHERS = frozenset(
    "species breed rings shell flipper bill beak island animal dog cat horse fish crab abalone penguin "
    "cattle jockey circuit lap laps constructor".split()
)
"""Words that stand beside an animal's sex, or a race that is run."""
_AGED = {"age", "alter", "edad", "idade", "leeftijd", "lebensalter"}
_YEARS = {"years", "year", "at", "jahre", "anos"}
_SEXED = {"sex", "gender", "race"}


def without_things(columns: Sequence[ColumnProfile]) -> tuple[ColumnProfile, ...]:
    """The columns, those no longer personal whose name alone speaks of a person, in a table of things."""
    named = [set(words(column.name)) for column in columns]
    marked = [
        bool(column.personal) and not said & (_AGED | _SEXED)
        for column, said in zip(columns, named, strict=True)
    ]
    everything = set().union(*named) if named else set()
    animals = bool(everything & _OTHERS)
    human = any(marked) or (bool(everything & _HUMAN) and not animals)
    made = [
        structs.replace(column, personal="")
        if column.personal == "protected"
        and ((said <= _AGED | _YEARS and not human) or (said & _SEXED and animals and not any(marked)))
        else column
        for column, said in zip(columns, named, strict=True)
    ]
    return tuple(made)
