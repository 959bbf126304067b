"""Puts what the stages found together into the description of a release."""

from dataclasses import dataclass

import msgspec

from causeway.actions.lineage import model_of_release, opening
from causeway.actions.source import digest_file, digest_source
from causeway.actions.stages.admit import ADMISSIONS
from causeway.actions.stages.compile import WORKER_SPEC, Compiled
from causeway.actions.stages.contract import CONTRACT, Contracted, contract_text
from causeway.actions.stages.data import FOLDER
from causeway.actions.stages.doubts import answer_scale, telling_columns
from causeway.actions.stages.environment import EnvironmentMade
from causeway.actions.stages.evaluate import Evaluated
from causeway.actions.stages.example import example_row
from causeway.actions.stages.function import example_of, features_at
from causeway.actions.stages.package import Contents
from causeway.actions.stages.recover import FEATURES, Recovered, kept_rows
from causeway.actions.stages.reference import REFERENCE, reference
from causeway.actions.stages.site import Site
from causeway.actions.stages.trying import ONLY_TRIED
from causeway.actions.workspace import MANIFEST
from causeway.assess import app_replay
from causeway.assess.app_replay import AppReplay
from causeway.assess.poc.leakage import chosen_by_target
from causeway.assess.release import Drop, Leak, Proofs, Unexplained, blockers, judge
from causeway.core.admission import Admission
from causeway.core.bundle import COLUMNS, FUNCTION, WHOLE
from causeway.core.contract import ContractReport
from causeway.core.contract_limits import limited
from causeway.core.contract_text import read_contract
from causeway.core.errors import Defect
from causeway.core.evaluation import DecisionSeen
from causeway.core.features import ColumnMade, Features, columns_read, read_features
from causeway.core.features_rules import Derived as DerivedRule
from causeway.core.features_rules import Map, Numeric, Rule
from causeway.core.finding import Finding
from causeway.core.ids import canonical_json, counted, digest_of
from causeway.core.lineage import Derived, Source, Story, type_names
from causeway.core.lineage_facets import Assertion, LineageColumn
from causeway.core.lineage_metrics import metrics_of
from causeway.core.papers import BOM, CARD, PaperFacts, bill_of_materials, model_card
from causeway.core.papers.bom_schema import faults_of
from causeway.core.poc import Poc
from causeway.core.release import Field, Model, Output, Release, Signature
from causeway.core.table import Column, Table, Text
from causeway.core.trace import TraceError

ENVIRONMENT = "environment.txt"
FINDINGS = "findings.json"
EXAMPLE = "example.json"
LEAKS = {"target-encoded": "its values are the target's mean in each category"}


@dataclass(frozen=True, slots=True)
class Parts:
    """What each stage made, the raw table that the kept rows come from, and what reading the folder told."""

    environment: EnvironmentMade
    contracted: Contracted
    recovered: Recovered
    evaluated: Evaluated
    compiled: Compiled
    source: Table
    poc: Poc
    failed: tuple[TraceError, ...]
    admitted: tuple[Admission, ...] = ()
    """The verdicts on saved models."""
    replayed: AppReplay | None = None
    """The app's own answers beside the release's, where there is an app."""


def describe(site: Site, parts: Parts) -> Contents:
    """Everything that goes into the bundle; nothing in it depends on the time or the machine."""
    recovered, compiled = parts.recovered, parts.compiled
    findings = (*chosen_by_target(parts.poc), *judge(_proofs(site, parts)), *app_replay.judge(parts.replayed))
    features = _features(site, recovered)
    files = _files(site, parts, features, findings)
    outputs = with_act(
        outputs_of(recovered, compiled, positive=site.data.positive), parts.evaluated.evaluation.decision
    )
    files[REFERENCE] = site.work.artifacts.put(
        reference(
            site,
            recovered,
            contracted=parts.contracted,
            evaluated=parts.evaluated,
            compiled=compiled,
            features=features,
            outputs=outputs,
        )
    )
    release = _release(site, parts, files, outputs, findings)
    papers = _papers(site, parts, release, findings)
    files |= _written(site, papers)
    release = msgspec.structs.replace(release, files=files)
    story = _story(site, parts, features, release=release)
    return Contents(release, files, findings, story, columns_of(recovered), papers)


def describe_try(site: Site, parts: Parts) -> Contents:
    """The same of what is only tried: no profile, no papers, and a finding that keeps it from callers."""
    recovered, compiled, findings = parts.recovered, parts.compiled, (ONLY_TRIED,)
    features = _features(site, recovered)
    files = _files(site, parts, features, findings)
    outputs = outputs_of(recovered, compiled, positive=site.data.positive)
    release = _release(site, parts, files, outputs, findings)
    return Contents(release, files, findings, _story(site, parts, features, release=release))


def _release(
    site: Site,
    parts: Parts,
    files: dict[str, str],
    outputs: tuple[Output, ...],
    findings: tuple[Finding, ...],
) -> Release:
    recovered, compiled = parts.recovered, parts.compiled
    return Release(
        product=site.product,
        task=recovered.task,
        target=recovered.target.column,
        signature=Signature(_limited(site, recovered.fields), outputs),
        model=_model(recovered, compiled),
        evaluation=parts.evaluated.evaluation,
        parity=compiled.parity,
        files=files,
        inputs=_inputs(site, parts),
        # a function declares no answer for what it was not proven on
        missing="refuse" if recovered.function else site.manifest.serving.missing,
        unseen="refuse" if recovered.function else site.manifest.serving.unseen,
        encoded_input=recovered.encoded_input,
        findings=blockers(findings),
        format=WHOLE,
    )


def _limited(site: Site, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    text = contract_text(site)
    if text is None:
        return fields
    return limited(fields, read_contract(text, where=site.data.contract), table=site.data.name)


def _papers(site: Site, parts: Parts, release: Release, findings: tuple[Finding, ...]) -> PaperFacts:
    recovered, environment = parts.recovered, parts.environment.environment
    return PaperFacts(
        release=release,
        product=site.manifest.product,
        python=environment.version,
        pins=environment.pins,
        source=recovered.source_path,
        columns=tuple(parts.source.columns),
        rows_in_source=recovered.rows_in_source,
        rows_kept=recovered.rows_kept,
        script=site.manifest.model.train,
        contract_agreed=bool(parts.contracted.declared),
        admissions=parts.admitted,
        open_findings=tuple(f"{finding.code}: {finding.title}" for finding in findings),
    )


def _written(site: Site, papers: PaperFacts) -> dict[str, str]:
    put = site.work.artifacts.put
    bom = bill_of_materials(papers)
    if faults := faults_of(bom):
        raise Defect(f"the bill of materials is not valid: {faults[0]}", hint="please report this")
    return {
        BOM: put(msgspec.json.format(canonical_json(bom), indent=1)),
        CARD: put(model_card(papers).encode()),
    }


def _files(
    site: Site, parts: Parts, features: Features | None, findings: tuple[Finding, ...]
) -> dict[str, str]:
    put = site.work.artifacts.put
    files = {
        **parts.compiled.files,
        CONTRACT: parts.contracted.files[CONTRACT],
        ENVIRONMENT: put(parts.environment.pinned.encode()),
        ADMISSIONS: put(msgspec.json.format(msgspec.json.encode(parts.admitted), indent=1)),
        COLUMNS: put(msgspec.json.format(msgspec.json.encode(columns_of(parts.recovered)), indent=1)),
        FINDINGS: put(msgspec.json.format(msgspec.json.encode(findings), indent=1)),
    }
    if features:
        files[FEATURES] = parts.recovered.files[FEATURES]
        rows = parts.source.take(kept_rows(site, parts.recovered).positions)
        if example := example_row(features, parts.recovered.fields, rows):
            files[EXAMPLE] = put(canonical_json(example))
    if parts.recovered.function:
        files |= {path: digest for path, digest in parts.recovered.files.items() if path.startswith(FUNCTION)}
        if example := example_of(site, parts.recovered):
            files[EXAMPLE] = put(canonical_json(example))
    return files


def columns_of(recovered: Recovered) -> tuple[ColumnMade, ...]:
    """How each column of the model is made: by its rule, or by the function that makes them all."""
    if not recovered.function:
        return recovered.made
    read, rows = tuple(field.name for field in recovered.fields), recovered.rows_kept
    return tuple(
        ColumnMade(name, f"made by {recovered.function}", read, rows=rows) for name in recovered.columns
    )


def _proofs(site: Site, parts: Parts) -> Proofs:
    contracted, recovered = parts.contracted, parts.recovered
    return Proofs(
        evaluation=parts.evaluated.evaluation,
        parity=parts.compiled.parity,
        not_compiled=parts.compiled.converted.reason,
        encoded_input=recovered.encoded_input,
        unexplained=tuple(_unexplained(recovered, name) for name in recovered.unexplained),
        leaks=tuple(Leak(leak.detail, LEAKS[leak.kind]) for leak in recovered.leaks if leak.kind in LEAKS),
        before_split=tuple(leak.kind for leak in recovered.leaks),
        telltales=telling_columns(site, recovered, parts.source),
        scale=answer_scale(recovered),
        violations=contracted.report.violations,
        contract=contracted.declared,
        contract_inferred=not contracted.declared,
        features_at=features_at(site) if recovered.encoded_input else "",
        data_named=site.data.path,
        data_read=recovered.source_path,
        rows_in_source=recovered.rows_in_source,
        rows_kept=recovered.rows_kept,
        problems=parts.environment.environment.problems,
        failed=parts.failed,
        drops=tuple(Drop(drop.where, drop.source, drop.rows) for drop in recovered.drops),
    )


def _unexplained(recovered: Recovered, name: str) -> Unexplained:
    why = "no rule over the raw columns makes it"
    made = recovered.made_at.get(name)
    return Unexplained(name, f"{why}: {made.source}", made.where) if made else Unexplained(name, why)


def outputs_of(recovered: Recovered, compiled: Compiled, *, positive: str) -> tuple[Output, ...]:
    """What the release answers, its classes in the words of the raw data where that is certain."""
    if recovered.task == "regression":
        return (Output(_value_name(recovered), "value"),)
    classes = named_classes(compiled.classes, recovered.target.labels)
    wanted = positive if positive in classes else (classes[-1] if recovered.task == "binary" else "")
    label = Output("label", "label", classes, wanted)
    if len(compiled.converted.output_names) < 2:
        return (label,)
    return (label, Output("probability", "probability", classes, wanted))


def with_act(outputs: tuple[Output, ...], decision: DecisionSeen | None) -> tuple[Output, ...]:
    """The outputs, and whether to act, where it is known from which probability on that pays."""
    chance = next((each for each in outputs if each.kind == "probability" and each.positive), None)
    if decision is None or chance is None:
        return outputs
    return (*outputs, Output("act", "act", chance.classes, chance.positive, decision.at))


def _value_name(recovered: Recovered) -> str:
    """What a regression answers by name where it is a plain function of the target: `log_price`."""
    column, rule = recovered.target.column, recovered.target.rule
    if not isinstance(rule, Numeric) or rule.fn == "id" or not column.isidentifier():
        return "value"
    plain = (rule.base, rule.a, rule.b) == ("number", 1.0, 0.0)
    return f"{rule.fn}_{column}" if plain else "value"


def named_classes(classes: tuple[str, ...], labels: dict[str, str]) -> tuple[str, ...]:
    """The raw data's word for each class; the model's own where two words share one or could be mistaken."""
    words: dict[str, list[str]] = {}
    for word, name in labels.items():
        words.setdefault(name, []).append(word)
    counted = classes == tuple(str(number) for number in range(len(classes)))
    if not counted or sorted(words) != sorted(classes) or any(len(each) > 1 for each in words.values()):
        return classes
    named = tuple(words[name][0] for name in classes)
    return classes if set(named) & set(classes) else named


def _model(recovered: Recovered, compiled: Compiled) -> Model:
    converted = compiled.converted
    return Model(
        file=converted.file,
        form=converted.form,
        framework=converted.framework,
        estimator=recovered.estimator,
        input_names=converted.input_names,
        output_names=converted.output_names,
        dtype=converted.dtype,
        features=recovered.function,
        columns=recovered.columns if recovered.function else (),
        missing=recovered.missing,
        spec=WORKER_SPEC if WORKER_SPEC in compiled.files else "",
        reason=converted.reason,
    )


def _inputs(site: Site, parts: Parts) -> dict[str, str]:
    data = parts.recovered.source_path
    ours = {MANIFEST, *(part.contract for part in site.manifest.data)}
    places = [place / data for place in (site.scratch / FOLDER, site.folder) if (place / data).is_file()]
    named = {"data": digest_file(places[0])} if places else {}
    return {
        **named,
        "manifest": site.manifest_digest,
        "source": site.source,
        "code": digest_source(site.folder, without={data, *ours}),
        "environment": digest_of(parts.environment.pinned.encode()),
        "contract": parts.contracted.files[CONTRACT],
    }


def _features(site: Site, recovered: Recovered) -> Features | None:
    if FEATURES not in recovered.files:
        return None
    return read_features(site.work.artifacts.get(recovered.files[FEATURES]))


def _story(site: Site, parts: Parts, features: Features | None, *, release: Release) -> Story:
    path, columns = parts.recovered.source_path, parts.source.columns
    known = opening(site.manifest, site.folder, site.run)
    part = next((part for part in site.manifest.data if part.path == path), site.data)
    read = Source(
        path,
        tuple(LineageColumn(name, _type_of(column)) for name, column in columns.items()),
        parts.recovered.rows_in_source,
        release.inputs.get("data", ""),
        _assertions(parts.contracted.report),
        metrics_of(parts.source),
        part.owner,
        part.name,
    )
    return msgspec.structs.replace(
        known,
        sources=(read, *(source for source in known.sources if source.name != path)),
        features=_derived(parts, features),
        outputs=tuple(LineageColumn(each.name, _answer_type(each)) for each in release.signature.outputs),
        model=model_of_release(release),
    )


def _derived(parts: Parts, features: Features | None) -> tuple[Derived, ...]:
    """The model's columns, and the raw ones that each is made of."""
    path, recovered = parts.recovered.source_path, parts.recovered
    if recovered.function:
        read_by = tuple(field.name for field in recovered.fields)
        return tuple(Derived(name, "double", path, read_by, recovered.function) for name in recovered.columns)
    if features is None:
        return ()
    rules = zip(features.columns, features.rules, strict=True)
    return tuple(
        Derived(name, "double", path, _read_by(features, rule), _rule_name(rule)) for name, rule in rules
    )


def _assertions(report: ContractReport) -> tuple[Assertion, ...]:
    """What was held against the data; one line stands for all rules when it keeps them."""
    broken = tuple(
        Assertion(
            each.rule,
            success=False,
            column=each.column,
            description=each.expected,
            actual=f"{counted(each.rows, 'row')} broke it" if each.rows else "",
            severity="warn" if each.is_warning else "error",
        )
        for each in report.violations
    )
    return broken or (Assertion("contract", success=True, description=f"{report.rules} rules kept"),)


def _read_by(features: Features, rule: Rule) -> tuple[str, ...]:
    """The raw columns behind a rule, through other columns where it is made of them."""
    if not isinstance(rule, DerivedRule):
        return columns_read(rule)
    behind = [_read_by(features, features.rules[position]) for position in rule.of]
    return tuple(dict.fromkeys(name for names in behind for name in names))


def _rule_name(rule: Rule) -> str:
    if isinstance(rule, Map):
        return rule.what
    if isinstance(rule, Numeric) and (rule.base, rule.fn, rule.a, rule.b) == ("number", "id", 1.0, 0.0):
        return "pass"
    return str(rule.__struct_config__.tag)


def _type_of(column: Column) -> str:
    if isinstance(column, Text):
        return "string"
    return {"integer": "bigint", "boolean": "boolean"}.get(column.kind, "double")


def _answer_type(output: Output) -> str:
    return {"label": "string", "act": type_names["boolean"]}.get(output.kind, type_names["number"])
