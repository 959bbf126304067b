"""What is not known, why it matters, and the command that brings it."""

from collections.abc import Iterator

from causeway.assess.worth.bridge import LABELS
from causeway.assess.worth.case import undeclared
from causeway.assess.worth.parts import Case, Missing, Signed
from causeway.core.costs import ENTERED
from causeway.core.manifest import Manifest
from causeway.core.worth import Benefit, Spent


def missing(
    manifest: Manifest | None,
    benefit: Benefit | None,
    spent: Spent | None,
    *,
    product: str,
    case: Case | None,
    made: bool,
    live: bool,
    signed: Signed | None,
) -> tuple[Missing, ...]:
    """Everything without which less can be said, what matters most first."""
    return (
        *_value(manifest, benefit, made=made, live=live),
        *_word_of_finance(benefit),
        *_cost(spent),
        *_words(manifest, case),
        *(_signature(product, signed) if made else ()),
    )


def _value(
    manifest: Manifest | None, benefit: Benefit | None, *, made: bool, live: bool
) -> Iterator[Missing]:
    if not made:
        yield Missing("a release", "there is nothing that could answer anybody", "causeway run")
    if not live:
        yield Missing("callers", "nothing answers yet, so nothing can have been brought", "causeway ship")
    if manifest is None or not manifest.kpi.name:
        yield Missing(
            "a business measure", "without it no value can be claimed", _key("[kpi] name, family, unit")
        )
    elif manifest.kpi.unit_value is None:
        yield Missing(
            "what one unit is worth", "without it no value becomes money", _key("[kpi] unit_value, currency")
        )
    if benefit is None or benefit.baseline is None:
        yield Missing(
            "a baseline",
            "what was so before launch, so that a change can be told",
            "causeway measure baseline",
        )
    if live and (benefit is None or not benefit.grade):
        yield Missing(
            "outcomes with the business measure",
            "what became of those who were answered, and of those held out",
            "causeway label FILE --kpi COLUMN",
        )
        if manifest is not None and not manifest.serving.holdout_percent:
            yield Missing(
                "somebody to compare with",
                "a share of the entities without the model: the only proof that nobody can argue with",
                _key("[serving] holdout_percent, entity"),
            )


def _cost(spent: Spent | None) -> Iterator[Missing]:
    if spent is None or not spent.lines:
        yield Missing("what it costs", "no invoice and nothing metered", "causeway bill import FILE")
        return
    if spent.billed is None:
        yield Missing("an invoice", "what is metered is an estimate", "causeway bill import FILE")
    for category in spent.not_counted:
        if category in ENTERED:
            why = "nobody entered any, so it is in no sum"
            yield Missing(f"the cost of {LABELS[category]}", why, f"causeway bill enter {category}")
    bare = [LABELS.get(each, each) for each in spent.not_counted if each not in ENTERED]
    if bare:
        why = "nothing is known of it, so it is in no sum"
        yield Missing(f"the cost of {', '.join(bare)}", why, "causeway bill import FILE")


def _word_of_finance(benefit: Benefit | None) -> Iterator[Missing]:
    """What only finance can say of a claim that is there."""
    if benefit is None or benefit.money is None:
        return
    if any(each.name == "unit value" and not each.approver for each in benefit.assumptions):
        yield Missing(
            "finance's word for the unit value",
            "until then nothing is booked",
            "causeway measure value AMOUNT --approver NAME --source WORDS",
        )
    if any(each.name == "hours that are cash" and not each.approver for each in benefit.assumptions):
        yield Missing(
            "what became of the hours",
            "they are capacity until finance says so",
            "causeway measure realisation --cashable SHARE --approver NAME --source WORDS",
        )


def _words(manifest: Manifest | None, case: Case | None) -> Iterator[Missing]:
    if case is None:
        keys = undeclared(manifest)
        why = "nothing that came true can be held against it"
        yield Missing(
            "a business case", why, _key(", ".join(keys) or "kpi.baseline and kpi.target as shares")
        )
    if manifest is None or not manifest.product.owner:
        yield Missing("an owner", "somebody has to answer for it", _key("[product] owner"))
    if manifest is None or not manifest.product.sponsor:
        yield Missing("a sponsor", "somebody has to pay for it", _key("[product] sponsor"))


def _signature(product: str, signed: Signed | None) -> Iterator[Missing]:
    if signed is None:
        yield Missing(
            "finance's signature", "nobody of finance has read it", f"causeway report {product} --sign"
        )
    elif not signed.same:
        why = "numbers have changed since it was signed"
        yield Missing("finance's signature on these numbers", why, f"causeway report {product} --sign")


def _key(keys: str) -> str:
    return f"causeway.toml: {keys}"
