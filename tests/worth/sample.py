"""Invented products for the tests of the page: one that is known well, one of which nothing is known."""

from datetime import date, timedelta
from decimal import Decimal

from causeway.assess.worth.case import business_case
from causeway.assess.worth.page import Gathered
from causeway.assess.worth.parts import Band, Month, Number, PaybackLine, Ranked
from causeway.core.figure import Figure
from causeway.core.manifest import BudgetPart, KpiPart, Manifest, ProductPart
from causeway.core.worth import Assumption, Benefit, Guardrail, Spent, SpentLine

SINCE, UNTIL = date(2026, 7, 1), date(2026, 9, 30)
MANIFEST = Manifest(
    product=ProductPart("churn", owner="Ada Okoye", sponsor="Head of retention", stage="production"),
    kpi=KpiPart(
        name="subscribers who cancel in a month",
        family="conversion",
        unit="subscriber kept",
        unit_value=Decimal(420),
        currency="EUR",
        baseline=0.042,
        target=0.038,
        design="randomised",
    ),
    budget=BudgetPart(
        build=Decimal(40000),
        run_per_month=Decimal(9000),
        currency="EUR",
        until=date(2028, 12, 31),
        predictions_per_month=20000,
    ),
)
UNIT_VALUE = Assumption(
    "value of one subscriber kept",
    Figure(420.0, "EUR", "subscriber kept", 360.0, 480.0, "margin of twelve months"),
    "Petra Wolf, finance",
    "margin report 12",
    7,
)
ADOPTION = Assumption(
    "calls that are made", Figure(0.9, "share of answers", how="declared"), "", "call centre"
)
SPENT = Spent(
    "churn",
    "EUR",
    SINCE,
    UNTIL,
    lines=(
        SpentLine("compute", "direct", Decimal("4210.10"), Decimal("4318.44"), "2 servers"),
        SpentLine("ai services", "metered", Decimal("1120.00"), Decimal("1098.12")),
        SpentLine("storage", "metered", Decimal("96.20"), Decimal("101.07")),
        SpentLine("people", "direct", Decimal("18400.00"), None, "review and upkeep"),
        SpentLine("build", "direct", Decimal("6100.00"), None),
        SpentLine("idle", "direct", None, Decimal("980.50")),
    ),
    total=Decimal("30998.13"),
    billed=Decimal("6498.13"),
    metered=Decimal("29926.30"),
    variance=Decimal("91.33"),
    unallocated=Decimal("212.40"),
    not_counted=("licences", "peaks"),
    completeness=7 / 9,
    once=Decimal("6100.00"),
    facts=(12, 40),
    shared=(3, 5),
)
BENEFIT = Benefit(
    "churn",
    SINCE,
    UNTIL,
    "subscribers who cancel in a month",
    "conversion",
    "randomised",
    "A",
    "caused",
    "It kept 212 to 318 subscribers who would have left (95 %).",
    effect=Figure(0.0044, "subscriber kept", "exposed subscriber", 0.0035, 0.0053, "means, CUPED"),
    units=Figure(265.0, "subscribers kept", "", 212.0, 318.0, "effect times exposed, confidence sequence"),
    exposed=60200,
    arms={"treated": 54180, "control": 6020},
    money=Figure(111300.0, "EUR", "", 89040.0, 133560.0, "units at their approved value"),
    booked=Decimal("84588.00"),
    overlap=Decimal("4452.00"),
    currency="EUR",
    pending=0.04,
    baseline=Figure(0.0421, "share who cancel", "month", 0.0409, 0.0433, "12 months before launch"),
    lapses=(),
    falsifies=("An interval of the whole period that holds zero.", "A sample ratio that is not 90 to 10."),
    guardrails=(
        Guardrail("complaints", "held", Figure(0.0002, "share of calls", "", -0.0008, 0.0012, "95 %")),
        Guardrail("handling time", "unknown"),
    ),
    assumptions=(UNIT_VALUE, ADOPTION),
    changes=("2026-08-03: the value of one subscriber was approved anew.",),
    weeks=tuple(
        (SINCE + timedelta(weeks=at), 0.0044 + 0.0008 * (-1) ** at, 0.0014, 0.0074 + 0.0001 * at)
        for at in range(12)
    ),
    facts=(18, 55, 61),
)  # fmt: skip
MONTHS = (
    Month(date(2026, 7, 31), Decimal(8100), Decimal(17000)),
    Month(date(2026, 8, 31), Decimal(41900), Decimal(24100)),
    Month(date(2026, 9, 30), Decimal(84588), Decimal("30998.13")),
)
FAN = tuple(
    Band(
        date(2026 + (9 + at) // 12, (9 + at) % 12 + 1, 28),
        53590 + at * 9000.0,
        53590 + at * 16000.0,
        53590 + at * 23000.0,
    )
    for at in range(1, 10)
)


def known(**changes) -> Gathered:
    """A product in its third month, with everything known."""
    case = business_case(MANIFEST, declared=date(2026, 6, 2), fact="2", months=13)
    numbers = (
        Number(
            "net present value at 8 % a year", Figure(181000.0, "EUR", "", 92000.0, 270000.0, "10,000 paths")
        ),
        Number("chance that it pays within 36 months", Figure(0.97, "", how="10,000 paths")),
    )
    line = PaybackLine(
        "EUR",
        MONTHS,
        FAN,
        case,
        date(2026, 8, 31),
        "Paid back in August 2026, month 2; the business case said month 3.",
        "Fan: 10,000 paths of the effect, drawn once each, and of the forecast cost; P10 to P90.",
        numbers,
        ("18", "55"),
    )
    held = {
        "product": "churn",
        "since": SINCE,
        "until": UNTIL,
        "manifest": MANIFEST,
        "stage": "production",
        "made": True,
        "live": True,
        "benefit": BENEFIT,
        "spent": SPENT,
        "predictions": 61400,
        "case": case,
        "line": line,
        "year_end": Figure(
            58200.0, "EUR", "", 54900.0, 61900.0, "what was spent and 92 days of forecast, 80 %"
        ),
        "peak": Figure(196.0, "EUR", "day", 171.0, 240.0, "the highest day itself is forecast, 95 %"),
        "ranked": (
            Ranked(UNIT_VALUE, 1, Decimal(26500), "One at a time, from its low end to its high end."),
            Ranked(ADOPTION, 2, Decimal(9100)),
        ),
        "ledger": "sha256:" + "a1" * 32,
        "seq": 64,
    }
    return Gathered(**{**held, **changes})


def unknown() -> Gathered:
    """A proof of concept of which nothing is known but its name."""
    return Gathered("churn", SINCE, UNTIL, Manifest(ProductPart("churn")), "sandbox")
