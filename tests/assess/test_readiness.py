"""How ready a product is: what each check answers, and how the answers become one score."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from causeway.assess import readiness as module
from causeway.assess.catalogue import STAGES, asked, catalogue
from causeway.assess.evidence import (
    SIGNATURES,
    Agreement,
    Attestation,
    Chain,
    Facts,
    Rehearsal,
    SourceChecked,
    facts_from,
)
from causeway.assess.readiness import JUDGES, answer, readiness
from causeway.assess.verdict import How, refuted, unknown, verified
from causeway.core.contract import ContractReport, Violation
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.manifest import (
    BudgetPart,
    DataPart,
    EvaluationPart,
    KpiPart,
    Manifest,
    ModelPart,
    ProductPart,
)
from causeway.core.release import Evaluation, Model, Parity, Release, Signature
from causeway.views.product import Made, Outcomes, ProductState, Routing, Waiver

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=400)
THIS = "sha256:" + "a" * 64
CONTRACT = "sha256:" + "c" * 64

PROMISE = Manifest(
    product=ProductPart(
        name="churn", owner="dana", sponsor="care", success="fewer leave", risk_tier="limited", kind="binary"
    ),
    kpi=KpiPart(name="churn rate", unit="customer", baseline=0.04, target=0.03, source="report 12"),
    budget=BudgetPart(run_per_month=Decimal(900), currency="EUR", until=AT.date() + timedelta(days=90)),
    data=(DataPart(name="customers", path="a.csv", contract="a.odcs.yaml"),),
    model=ModelPart(train="train.py"),
)
RELEASE = Release(
    product="churn",
    task="binary",
    target="left",
    signature=Signature((), ()),
    model=Model("model.onnx", "matrix", "scikit-learn", "LogisticRegression"),
    evaluation=Evaluation(
        "auc", 0.8, 0.7, 0.9, 0.5, "always no", 400, "five folds", gain_low=0.2, gain_high=0.4
    ),
    parity=Parity(100, 100, 1e-7, 0, 1e-5),
    files={},
    inputs={"code": THIS, "data": THIS, "environment": THIS, "contract": CONTRACT},
)
KEPT = SourceChecked("customers", CONTRACT, ContractReport("customers", 4000, 12))
BROKEN = SourceChecked(
    "customers", CONTRACT, ContractReport("customers", 4000, 12, (Violation("enum", "plan", 7),))
)
NOTHING = Facts()
SIGNED = tuple(Agreement(role, f"the {role}", THIS) for role in SIGNATURES)
ALONE = tuple(Agreement(role, "Dana ", THIS) for role in SIGNATURES)


def finding(code: str, *places: str) -> Finding:
    return Finding(code, Severity.BLOCKER, code, Remedy("mend"), tuple(Evidence(path) for path in places))


def promised(**parts: object) -> Manifest:
    return structs.replace(PROMISE, **parts)


def product(**fields: object) -> Manifest:
    return promised(product=structs.replace(PROMISE.product, **fields))


def released(**fields: object) -> Facts:
    return Facts(at=AT, release=structs.replace(RELEASE, **fields))


def model(**fields: object) -> Facts:
    return Facts(
        signature_holds=True, release=structs.replace(RELEASE, model=structs.replace(RELEASE.model, **fields))
    )


def evaluated(**fields: object) -> Facts:
    return released(evaluation=structs.replace(RELEASE.evaluation, **fields))


def assessed(because: str, paper: str = "") -> Facts:
    return Facts(at=AT, manifest=THIS, agreements=(Agreement("risk", "kim", THIS, because, paper),))


YES, WORD, NO, BLANK = (1.0, How.VERIFIED), (0.5, How.ATTESTED), (0.0, How.VERIFIED), (0.0, How.NONE)

LATER = promised(evaluation=EvaluationPart(outcome_days=30))
LIVE = structs.replace(LATER, product=structs.replace(PROMISE.product, stage="production"))
REHEARSED = Rehearsal("rehearsal.csv", 100, 100, AT)
ANSWERS = [
    ("OWN-1", PROMISE, Facts(at=AT, owner_seen=AT - timedelta(days=5)), YES),
    ("OWN-1", PROMISE, Facts(at=AT, owner_seen=LONG_AGO), NO),
    ("OWN-1", PROMISE, NOTHING, WORD),
    ("OWN-1", product(owner=""), NOTHING, BLANK),
    ("OWN-1", None, NOTHING, BLANK),
    ("OWN-2", PROMISE, Facts(at=AT), WORD),
    ("OWN-2", PROMISE, Facts(at=AT, manifest=THIS, agreements=(Agreement("sponsor", "care", THIS),)), YES),
    ("OWN-2", PROMISE, Facts(at=AT, manifest=THIS, agreements=(Agreement("sponsor", "Dana", THIS),)), WORD),
    (
        "OWN-2",
        product(sponsor="dana"),
        Facts(at=AT, manifest=THIS, agreements=(Agreement("sponsor", "dana", THIS),)),
        YES,
    ),
    ("OWN-2", PROMISE, Facts(at=AT + timedelta(days=91)), NO),
    ("OWN-2", product(sponsor=""), NOTHING, BLANK),
    ("OWN-2", promised(budget=BudgetPart()), NOTHING, BLANK),
    ("OWN-2", None, NOTHING, BLANK),
    ("OWN-3", PROMISE, Facts(at=AT, manifest=THIS, agreements=SIGNED), YES),
    ("OWN-3", PROMISE, Facts(at=AT, manifest=THIS, agreements=SIGNED[:2]), WORD),
    ("OWN-3", PROMISE, Facts(at=AT, manifest=THIS, agreements=ALONE), WORD),
    ("OWN-3", PROMISE, Facts(at=AT, manifest="another", agreements=SIGNED), WORD),
    ("OWN-3", PROMISE, Facts(at=AT, declared_at=LONG_AGO), BLANK),
    ("OWN-3", product(success=""), NOTHING, BLANK),
    ("OWN-3", product(owner=""), NOTHING, BLANK),
    ("VAL-1", PROMISE, Facts(at=AT, baseline_measured=0.041), YES),
    ("VAL-1", PROMISE, Facts(at=AT, baseline_measured=0.05), NO),
    ("VAL-1", PROMISE, Facts(at=AT), WORD),
    ("VAL-1", promised(kpi=structs.replace(PROMISE.kpi, target=0.04)), NOTHING, NO),
    ("VAL-1", promised(kpi=structs.replace(PROMISE.kpi, source="")), NOTHING, BLANK),
    ("VAL-1", promised(kpi=structs.replace(PROMISE.kpi, baseline=0.0)), NOTHING, WORD),
    ("VAL-1", None, NOTHING, BLANK),
    ("DAT-1", PROMISE, Facts(sources=(KEPT,)), YES),
    ("DAT-1", PROMISE, Facts(sources=(BROKEN,)), NO),
    ("DAT-1", PROMISE, NOTHING, BLANK),
    ("DAT-1", promised(data=(DataPart(name="customers"),)), Facts(sources=(KEPT,)), BLANK),
    ("DAT-1", promised(data=()), Facts(sources=(KEPT,)), BLANK),
    ("DAT-2", PROMISE, structs.replace(released(), sources=(KEPT,)), YES),
    ("DAT-2", PROMISE, structs.replace(released(inputs={"contract": THIS}), sources=(KEPT,)), NO),
    ("DAT-2", PROMISE, structs.replace(released(inputs={}), sources=(KEPT,)), NO),
    ("DAT-2", PROMISE, released(), BLANK),
    (
        "DAT-2",
        promised(data=(DataPart(name="customers"),)),
        structs.replace(released(), sources=(KEPT,)),
        BLANK,
    ),
    ("DAT-2", PROMISE, NOTHING, BLANK),
    ("DAT-4", PROMISE, Facts(lineage_connected=True), YES),
    ("DAT-4", PROMISE, Facts(lineage_connected=False), NO),
    ("DAT-4", PROMISE, released(), BLANK),
    ("DAT-5", PROMISE, structs.replace(released(), data_resolves=True), YES),
    ("DAT-5", PROMISE, structs.replace(released(), data_resolves=False), NO),
    ("DAT-5", PROMISE, released(inputs={}), NO),
    ("DAT-5", PROMISE, released(), BLANK),
    ("DAT-6", PROMISE, released(), YES),
    ("DAT-6", PROMISE, structs.replace(released(), findings=(finding("TARGET-LEAK"),)), NO),
    ("DAT-6", PROMISE, structs.replace(released(), findings=(finding("LEAK-SPLIT"),)), YES),
    ("DAT-6", None, Facts(findings=(finding("LEAK-SPLIT"),)), NO),
    ("DAT-6", None, Facts(findings=(finding("NO-HOLDOUT"),)), NO),
    ("DAT-6", None, structs.replace(released(), findings=(finding("NO-HOLDOUT"),)), YES),
    ("DAT-6", None, structs.replace(released(), findings=(finding("SPLIT-TIME"),)), NO),
    ("DAT-6", None, structs.replace(released(), findings=(finding("LEAK-ROWS"),)), NO),
    ("DAT-6", None, Facts(findings=()), BLANK),
    ("DAT-6", None, NOTHING, BLANK),
    ("DAT-6", PROMISE, evaluated(method=""), BLANK),
    ("MOD-1", PROMISE, structs.replace(released(), reproduced=True), YES),
    ("MOD-1", PROMISE, structs.replace(released(), reproduced=False), NO),
    ("MOD-1", PROMISE, released(), BLANK),
    ("MOD-1", PROMISE, released(inputs={"code": THIS}), NO),
    ("MOD-3", PROMISE, released(), YES),
    ("MOD-3", PROMISE, evaluated(gain_low=-0.01), NO),
    ("MOD-3", None, Facts(findings=(finding("NO-SKILL"),)), NO),
    ("MOD-3", None, NOTHING, BLANK),
    ("MOD-9", PROMISE, model(), YES),
    ("MOD-9", PROMISE, model(file="model.pkl"), NO),
    ("MOD-9", PROMISE, structs.replace(released(), signature_holds=False), NO),
    ("MOD-9", PROMISE, released(), BLANK),
    ("PIP-1", PROMISE, released(), YES),
    ("PIP-1", promised(model=ModelPart(train="a.ipynb")), released(), NO),
    ("PIP-1", PROMISE, released(inputs={}), NO),
    ("PIP-1", PROMISE, NOTHING, BLANK),
    ("PIP-3", PROMISE, Facts(judged_before_live=True), YES),
    ("PIP-3", PROMISE, Facts(judged_before_live=False), NO),
    ("PIP-3", PROMISE, NOTHING, BLANK),
    ("DEP-1", PROMISE, Facts(protocol_holds=True), YES),
    ("DEP-1", PROMISE, Facts(protocol_holds=False), NO),
    ("DEP-1", PROMISE, NOTHING, BLANK),
    ("DEP-2", PROMISE, released(), YES),
    ("DEP-2", PROMISE, released(parity=structs.replace(RELEASE.parity, rows_equal=99)), NO),
    ("DEP-2", PROMISE, released(parity=structs.replace(RELEASE.parity, label_flips=1)), NO),
    ("DEP-2", PROMISE, released(parity=Parity(0, 0, 0.0, 0, 1e-5)), NO),
    ("DEP-2", PROMISE, NOTHING, BLANK),
    ("MON-4", PROMISE, Facts(predictions=10, joined=8), YES),
    ("MON-4", PROMISE, Facts(predictions=10, joined=7), NO),
    ("MON-4", PROMISE, Facts(predictions=10), BLANK),
    ("MON-4", PROMISE, Facts(predictions=0), BLANK),
    ("MON-4", LATER, Facts(at=AT, predictions=9, due=0), BLANK),
    ("MON-4", LATER, Facts(at=AT, predictions=9, due=5, joined=4), YES),
    ("MON-4", LATER, Facts(at=AT, predictions=9, due=0, rehearsal=REHEARSED), YES),
    ("MON-4", LATER, Facts(at=AT, predictions=9, due=9, rehearsal=REHEARSED), BLANK),
    ("MON-4", LATER, Facts(at=AT, rehearsal=structs.replace(REHEARSED, known=70)), NO),
    ("MON-4", LATER, Facts(at=AT + timedelta(days=31), rehearsal=REHEARSED), BLANK),
    ("MON-4", LIVE, Facts(at=AT, rehearsal=REHEARSED), BLANK),
    ("MON-4", PROMISE, Facts(at=AT, rehearsal=REHEARSED), BLANK),
    ("GOV-1", PROMISE, Facts(anonymous_status=401), YES),
    ("GOV-1", PROMISE, Facts(anonymous_status=200), NO),
    ("GOV-1", PROMISE, NOTHING, BLANK),
    ("GOV-2", None, Facts(findings=()), YES),
    ("GOV-2", None, Facts(findings=(finding("secret", "app.py"),)), NO),
    ("GOV-2", None, NOTHING, BLANK),
    ("GOV-4", PROMISE, Facts(at=AT), WORD),
    ("GOV-4", product(risk_tier=""), NOTHING, BLANK),
    ("GOV-4", PROMISE, assessed("nobody is judged"), YES),
    ("GOV-4", PROMISE, assessed(""), WORD),
    ("GOV-4", product(risk_tier="high"), assessed("people are judged"), WORD),
    ("GOV-4", product(risk_tier="high"), assessed("people are judged", paper=THIS), YES),
    ("GOV-6", PROMISE, Facts(chain=Chain(whole=True, events=9, anchored=True)), YES),
    ("GOV-6", PROMISE, Facts(chain=Chain(whole=False, events=9, first_bad="event 4")), NO),
    ("GOV-6", PROMISE, Facts(chain=Chain(whole=True, events=9)), BLANK),
    ("GOV-6", PROMISE, NOTHING, BLANK),
]
TRIED_ELSEWHERE = {
    "VAL-2", "CST-1", "CST-2", "CST-3", "DAT-3", "DAT-9", "MOD-2", "MOD-10", "PIP-2", "MON-2", "GOV-3",
    "CST-6", "DEP-5", "MON-3", "MON-5", "VAL-3", "VAL-4", "VAL-6", "VAL-7", "CST-4", "CST-5",
}  # fmt: skip
"""In test_verdicts_proof.py, test_verdicts_value.py, test_capacity.py and test_verdicts_watch.py."""
CHECKS = {check.id: check for check in catalogue()}


@pytest.mark.parametrize(("check", "promise", "facts", "expected"), ANSWERS)
def test_a_check_is_answered_from_promise_and_facts(check, promise, facts, expected):
    found = answer(CHECKS[check], promise, facts)
    assert (found.grade, found.how) == expected
    assert found.evidence if found.grade else found.why
    assert bool(found.remedy.words) == (found.grade < 1)


def test_every_judge_is_tried_with_each_of_its_answers():
    tried = {(check, expected) for check, _, _, expected in ANSWERS}
    for check in set(JUDGES) - TRIED_ELSEWHERE:
        assert {answered for name, answered in tried if name == check} & {YES, WORD}, check
        assert (check, BLANK) in tried, check


def test_without_manifest_and_facts_everything_asked_is_open_and_says_what_to_do():
    result = readiness(None, NOTHING)
    assert [check.id for check in result.checks] == [
        "OWN-1",
        "OWN-3",
        "VAL-1",
        "DAT-1",
        "DAT-6",
        "MOD-3",
        "GOV-2",
    ]
    assert (result.stage, result.score) == ("sandbox", 0.0)
    assert all(check.remedy.words for check in result.next)


def test_a_sandbox_with_everything_in_order_is_ready():
    facts = Facts(
        at=AT,
        manifest=THIS,
        agreements=SIGNED,
        owner_seen=AT,
        baseline_measured=0.04,
        sources=(KEPT,),
        findings=(),
        release=RELEASE,
    )
    result = readiness(PROMISE, facts)
    assert (result.score, result.next) == (1.0, ())


def test_the_stage_of_the_manifest_decides_unless_another_is_asked_for():
    assert readiness(product(stage="pilot"), NOTHING).stage == "pilot"
    assert readiness(product(stage="pilot"), NOTHING, stage="production").stage == "production"
    assert readiness(product(stage="retired"), NOTHING).stage == "sandbox"


def test_questions_about_generative_products_are_asked_of_those_alone():
    def themes(kind: str) -> set[str]:
        return {theme.theme for theme in readiness(product(kind=kind), NOTHING, stage="pilot").themes}

    assert themes("llm") - themes("binary") == {"GenAI/agents"}


def test_a_check_nobody_can_judge_yet_says_so_with_its_remedy():
    found = answer(CHECKS["VAL-5"], PROMISE, NOTHING)
    assert (found.grade, found.how, found.why) == (0.0, How.NONE, "no evidence yet")
    assert found.remedy.words == "Collect."


def test_a_persons_word_counts_half_until_it_expires():
    word = Attestation("CST-2", "lee", AT - timedelta(days=1), AT + timedelta(days=1))
    assert answer(CHECKS["CST-2"], PROMISE, Facts(at=AT, attestations=(word,))).grade == 0.5
    later = Facts(at=AT + timedelta(days=1), attestations=(word,))
    assert answer(CHECKS["CST-2"], PROMISE, later).grade == 0


def test_nobodys_word_outweighs_what_was_seen():
    word = Attestation("GOV-2", "lee", AT, AT + timedelta(days=1))
    facts = Facts(at=AT, attestations=(word,), findings=(finding("secret", "app.py"),))
    assert answer(CHECKS["GOV-2"], PROMISE, facts).grade == 0


@pytest.mark.parametrize("code", ["GOV-2", "gov-2", "secret"])
def test_a_waiver_is_a_mark_of_its_own_and_no_grade(code: str):
    waiver = Waiver(code, "a test key", "dana", AT, 3)
    facts = Facts(at=AT, waivers=(waiver,), findings=(finding("secret", "app.py"),))
    result = readiness(PROMISE, facts)
    marked = next(check for check in result.checks if check.id == "GOV-2")
    assert (marked.grade, marked.waived) == (0.0, "dana: a test key")
    assert marked not in result.next
    assert result.score == 0.0


def test_next_begins_with_the_weakest_theme():
    facts = Facts(at=AT, findings=(), owner_seen=AT)
    result = readiness(PROMISE, facts)
    scores = {theme.theme: theme.score for theme in result.themes}
    order = [scores[check.theme] for check in result.next]
    assert order == sorted(order)


def test_the_ledger_alone_tells_gate_and_outcomes():
    made = Made("r1", "run", "key", AT, seq=2, metric="auc", value=0.8)
    routing = Routing(4, AT, "dana", {"r1": 100}, "ship", "sandbox")
    state = ProductState(
        manifest=THIS, releases={"r1": made}, routings=[routing], outcomes=Outcomes(joined=3)
    )
    facts = facts_from(state, at=AT)
    assert (facts.judged_before_live, facts.joined, facts.predictions, facts.manifest) == (
        True,
        3,
        None,
        THIS,
    )
    early = structs.replace(state, routings=[structs.replace(routing, seq=1)])
    assert facts_from(early, at=AT).judged_before_live is False
    assert facts_from(ProductState(), at=AT).judged_before_live is None


grades = st.dictionaries(st.sampled_from(sorted(CHECKS)), st.sampled_from(["yes", "no", "blank"]))
stages = st.sampled_from(STAGES)
kinds = st.sampled_from(["binary", "llm"])


def judged(given_answers: dict[str, str], stage: str, kind: str, monkeypatch: pytest.MonkeyPatch):
    replies = {"yes": verified("seen"), "no": refuted("seen not", "mend"), "blank": unknown("?", "look")}
    judges = {check: (lambda _p, _f, r=replies[reply]: r) for check, reply in given_answers.items()}
    monkeypatch.setattr(module, "JUDGES", judges)
    return readiness(None, Facts(kind=kind), stage=stage)


@given(grades, stages, kinds)
def test_the_score_is_that_of_the_weakest_theme_asked(answers, stage, kind):
    with pytest.MonkeyPatch.context() as monkeypatch:
        result = judged(answers, stage, kind, monkeypatch)
    assert result.score == min(theme.score for theme in result.themes)
    assert {theme.theme for theme in result.themes} == {check.theme for check in asked(stage, kind=kind)}
    for theme in result.themes:
        mine = [check.grade for check in result.checks if check.theme == theme.theme]
        assert (theme.asked, theme.points, theme.score) == (len(mine), sum(mine), sum(mine) / len(mine))


@given(grades, stages, st.sampled_from(sorted(CHECKS)))
def test_a_check_that_fails_never_raises_a_score(answers, stage, failing):
    with pytest.MonkeyPatch.context() as monkeypatch:
        before = judged(answers, stage, "llm", monkeypatch)
        after = judged({**answers, failing: "no"}, stage, "llm", monkeypatch)
    assert after.score <= before.score
    for old, new in zip(before.themes, after.themes, strict=True):
        assert new.score <= old.score


def test_a_rehearsal_is_never_taken_for_what_callers_saw():
    rehearsed = answer(CHECKS["MON-4"], LATER, Facts(at=AT, rehearsal=REHEARSED))
    assert rehearsed.evidence == (
        "a rehearsal, no caller's rows: 100 of 100 answers to rehearsal.csv have an outcome, on 2026-06-01; "
        "a caller's is declared to be known after 30 days"
    )
    called = answer(CHECKS["MON-4"], LATER, Facts(at=AT, predictions=9, due=4, rehearsal=REHEARSED))
    assert called.why == "0 of 4 predictions that are 30 days old have an outcome"
