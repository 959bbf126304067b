"""What must not leave the folder: secrets, artefacts that run code, people's data."""

from collections.abc import Iterator

from causeway.assess import poc_words as words
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.poc import Poc


def judge(poc: Poc) -> Iterator[Finding]:
    """Secrets, dangerous or opaque artefacts, personal and protected columns."""
    yield from _secrets(poc)
    yield from _artefacts(poc)
    yield from _loads(poc)
    yield from _people(poc)


def _secrets(poc: Poc) -> Iterator[Finding]:
    found = list(poc.seen("secret"))
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield Finding(
            "SECRET",
            Severity.BLOCKER,
            f"A secret stands in the files: {found[0].value}{more}.",
            Remedy("Withdraw it where it was issued, then name it in the manifest as env:NAME."),
            tuple(s.at for s in found[:5]),
            certainty=0.9,
            damage=1.0,
            blocks_ship=True,
        )


def _artefacts(poc: Poc) -> Iterator[Finding]:
    for model in poc.models:
        if model.dangerous:
            yield Finding(
                "UNSAFE-ARTIFACT",
                Severity.BLOCKER,
                f"Loading {model.path} would call {', '.join(model.dangerous[:3])}: no model needs that.",
                Remedy("Do not load it anywhere. Train again from source, and find out who wrote this file."),
                (Evidence(model.path),),
                certainty=0.95,
                damage=1.0,
                blocks_ship=True,
            )
        elif model.problem and "pointer" not in model.problem:
            yield Finding(
                "MODEL-DAMAGED",
                Severity.FIX,
                f"{model.path} {model.problem}.",
                Remedy("Save it again."),
                (Evidence(model.path),),
                certainty=0.7,
                damage=0.5,
            )


def _loads(poc: Poc) -> Iterator[Finding]:
    loads = [s for s in poc.seen("unsafe_load") if not poc.serve or s.at.path == poc.serve.value] or list(
        poc.seen("unsafe_load")
    )
    if loads and any(model.format not in {"ONNX", "safetensors"} for model in poc.models):
        files = list(dict.fromkeys(s.detail or s.value for s in loads))
        yield Finding(
            "UNSAFE-LOAD",
            Severity.FIX,
            f"Loading {words.listed(files[:3])} runs whatever code the file names; who can replace it owns "
            "the app.",
            _convert(poc),
            tuple(s.at for s in loads[:4]),
            damage=0.4,
        )


def _convert(poc: Poc) -> Remedy:
    if poc.languages[:1] == ("R",):
        return Remedy("Keep it in a place that only the build may write to, and check its digest on loading.")
    return Remedy("`causeway run` makes an ONNX release of it, with a proof of parity.", "causeway run")


def _people(poc: Poc) -> Iterator[Finding]:
    direct: dict[str, Evidence] = {}
    protected: dict[str, Evidence] = {}
    for file in sorted(poc.data, key=lambda item: item.path != poc.training_data.value):
        for column in file.columns:
            if file.header and column.personal in {"direct", "protected"}:
                (direct if column.personal == "direct" else protected).setdefault(
                    column.name, Evidence(file.path)
                )
    used = [name for name in protected if name in poc.features]
    if not direct and not protected:
        return
    parts = [f"{', '.join(direct)} name{'s' if len(direct) == 1 else ''} people"] if direct else []
    if used:
        parts.append(f"protected attributes are features: {', '.join(used)}")
    elif protected:
        parts.append(f"protected attributes: {', '.join(protected)}")
    yield Finding(
        "PERSONAL-DATA",
        Severity.FIX if direct or used else Severity.NOTE,
        f"Personal data lies in the folder: {'; '.join(parts)}.",
        Remedy(
            "Write down purpose and legal basis; mask what the model does not need; compare quality by group."
        ),
        tuple(dict.fromkeys((*direct.values(), *protected.values())))[:3],
        certainty=0.9,
        damage=0.55 if direct or used else 0.3,
    )
