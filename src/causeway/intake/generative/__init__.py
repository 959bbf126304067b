"""What a generative application is made of, and how it asks: read from its code and files, never run."""

import re
from collections.abc import Sequence

from causeway.core.finding import Evidence
from causeway.core.poc import EvaluationSet, GenAi, Guess, Sighting
from causeway.intake.files.walk import Entry
from causeway.intake.generative import habits, histories, purpose, shared
from causeway.intake.generative.agents import Acting
from causeway.intake.generative.catalog import ENDPOINT, FRAMEWORKS, PROVIDERS
from causeway.intake.generative.files import PROMPT_SUFFIXES, Written, environment_of, written
from causeway.intake.generative.flow import follow
from causeway.intake.generative.loops import endless, generous
from causeway.intake.generative.messages import how_mixed
from causeway.intake.generative.prompts import in_code, personal_in
from causeway.intake.generative.sites import Sites
from causeway.intake.generative.stores import Kept, overwritten
from causeway.intake.generative.threads import threads
from causeway.intake.generative.values import Constants, Node, nodes
from causeway.intake.private.confidential import secrets_in
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of

MAX_PROMPTS = 40
OTHERS_IN_ORDER = ("document", "file", "web", "user", "operator", "retriever", "talk")
_ASIDE = re.compile(
    r"(^|/)(tests?|testing|evals?|benchmarks?)/|(^|/)(test_[^/]*|[^/]*_test|conftest|eval\w*|bench\w*|load_\w*|smoke\w*)\.py$"
)

_LIBRARIES = {name.split(".")[0] for name in (*PROVIDERS, *FRAMEWORKS)} | {
    "transformers", "peft", "trl", "unsloth", "huggingface_hub", "boto3", "aioboto3", "google", "torchtune",
}  # fmt: skip
_SIGNS = re.compile(
    rf"(?m)^[ \t]*(?:from|import)[ \t]+(?:{'|'.join(sorted(_LIBRARIES))}|langchain\w*|llama_index\w*)\b|"
    r"[\"']messages[\"']\s*[:\]]"
)


def generative(codes: Sequence[Code], entries: Sequence[Entry] = ()) -> tuple[GenAi, list[Sighting]]:
    """The parts of a generative application, and what stands out about how it uses them."""
    own = [code for code in codes if not _ASIDE.search(code.path)]
    found = written(entries) if entries else written(())
    if not _concerned(own) and not (found.providers or found.agents):
        return GenAi(), []
    aside = [code for code in codes if _ASIDE.search(code.path)]
    try:
        evaluated = habits.evaluates((code.path, aliases_of(code)) for code in aside)
        parts = _Parts(list(nodes(own)), found, entries, evaluated)
        if not (parts.providers or parts.models or parts.frameworks or parts.sites.tuning):
            return GenAi(), []
        return parts.made(), parts.sightings()
    except RecursionError:
        # an expression nested deeper than anybody writes by hand
        return GenAi(), []


def _concerned(codes: list[Code]) -> bool:
    """Whether any file imports a library for language models, or writes a request to one by hand."""
    return any(_SIGNS.search(block.text) for code in codes for block in code.blocks)


class _Parts:
    """Everything found in one folder, each with its evidence."""

    def __init__(
        self, files: list[list[Node]], found: Written, entries: Sequence[Entry], evaluated: list[Evidence]
    ) -> None:
        self.evaluated = evaluated
        self.files = files
        self.found = found
        self.entries = entries
        self.local = {
            part.removesuffix(".py")
            for nodes_ in files
            if nodes_
            for part in nodes_[0][1].code.path.split("/")
        }
        constants = Constants(files, environment_of(entries))
        self.sites = Sites(files, constants)
        self.acting = Acting(files, self.sites)
        self.kept = Kept(files, constants)
        self.flow = follow(files, self.sites, self.acting.names())
        self.acting.executed(self.flow)
        self.prompts = in_code(files)
        self.models = self._models()
        self.frameworks = self._frameworks()
        self.providers = self._providers()

    def _models(self) -> dict[str, tuple[str, Evidence]]:
        made: dict[str, tuple[str, Evidence]] = {}
        for site in self.sites.found:
            for model in site.models:
                if not site.hub.startswith((".", "/")):
                    made.setdefault(model, (site.maker.provider, site.at))
        for model, at in self.found.models.items():
            made.setdefault(model.rsplit("/", 1)[-1], ("", at))
        return made

    def _frameworks(self) -> dict[str, None]:
        made: dict[str, None] = {}
        for found in self.files:
            for name in self._libraries(found):
                if (top := name.split(".", maxsplit=1)[0]) in FRAMEWORKS:
                    made.setdefault(FRAMEWORKS[top])
        return made | self.found.frameworks

    def _providers(self) -> dict[str, Evidence]:
        made: dict[str, Evidence] = {}
        for site in self.sites.found:
            if site.maker.provider and not (site.hub and not self._generates(site.hub)):
                made.setdefault(site.maker.provider, site.at)
        if not set(made) - {ENDPOINT}:
            made |= {name: at for name, at in self._imported().items() if name not in made and not made}
        if len(made) > 1:
            made.pop(ENDPOINT, None)
        return {name: at for name, at in [*made.items(), *self.found.providers.items()] if name}

    def _libraries(self, found: list[Node]) -> list[str]:
        """What one file imports from outside the folder."""
        return (
            [name for name in found[0][1].scope.known.values() if name.split(".")[0] not in self.local]
            if found
            else []
        )

    def _generates(self, hub: str) -> bool:
        return bool(hub) and not self.sites.tuning

    def _imported(self) -> dict[str, Evidence]:
        made: dict[str, Evidence] = {}
        for found in self.files:
            for name in self._libraries(found):
                pieces = name.split(".")
                for length in (3, 2, 1):
                    provider = PROVIDERS.get(".".join(pieces[:length]))
                    if provider:
                        made.setdefault(provider, Evidence(found[0][1].code.path))
        return made

    def made(self) -> GenAi:
        """The parts together."""
        prompts = [*(at for at, _ in self.prompts), *self.found.prompts]
        tools = {tool.name: tool for tool in [*self.acting.tools.values(), *self.found.tools]}
        agents = self.found.agents | self.acting.agents
        tops = [found[0][1] for found in self.files if found]
        evaluated = habits.evaluates((place.code.path, place.scope.known) for place in tops)
        evaluations = [EvaluationSet(at.path) for at in [*self.evaluated, *evaluated]]
        evaluations = [*self.found.evaluations, *evaluations]
        return GenAi(
            _guesses(self.providers),
            tuple(Guess(model, 0.9, (at,)) for model, (_, at) in self.models.items()),
            _guesses(self.kept.embeddings),
            _guesses(self.found.stores | self.kept.stores),
            tuple(prompts[:MAX_PROMPTS]),
            tuple(self.frameworks),
            tuple(tools.values()),
            _guesses(agents),
            tuple(evaluations),
            purpose.does(self.files, self.flow, self.kept, self.acting, tuning=bool(self.sites.tuning)),
        )

    def sightings(self) -> list[Sighting]:
        """What stands out, for the judges."""
        bound = any(".bind(max_tokens" in place.block.text for found in self.files for _, place in found[:1])
        seen = [
            *self.kept.sightings,
            *overwritten(self.files),
            *shared.queried(self.files),
            *shared.remembered(self.files),
            *threads(self.files, self.flow),
            *self.acting.sightings,
            *habits.limits(self.sites, bound=bound),
            *habits.waits(self.sites, self.flow, self.files),
            *habits.names((model, provider, at) for model, (provider, at) in self.models.items()),
            *habits.hubs(self.sites, self.files),
            *habits.parsed(self.flow, self.sites),
            *habits.unheard(self.flow, self.files),
            *histories.growing(self.files, self.flow),
            *histories.chats(self.files),
            *habits.unfilled(self.flow, self.sites),
            *endless(self.acting, self.flow),
            *generous(self.acting),
            *self._followed(),
            *personal_in([*self.prompts, *self.found.texts], self.entries, corpus=bool(self.kept.stores)),
        ]
        seen += [Sighting("genai_tuning", "", at) for at in self.sites.tuning[:1]]
        for at, text in self.found.texts:
            seen += secrets_in(at.path, text) if at.path.endswith(PROMPT_SUFFIXES) else []
        if self.acting.agents or self.found.agents:
            seen.append(Sighting("agent", next(iter(self.acting.agents | self.found.agents)), Evidence()))
        if self.acting.approved:
            seen.append(Sighting("approval", "", Evidence(min(self.acting.approved))))
        if habits.counted(self.files, self.providers):
            seen.append(Sighting("genai_usage", "", Evidence()))
        if habits.guarded(self.files, self.providers):
            seen.append(Sighting("genai_guard", "", Evidence()))
        return seen

    def _followed(self) -> list[Sighting]:
        seen = [
            Sighting("asked", " ".join(sorted(asked.labels)), asked.at) for asked in self.flow.asked.values()
        ]
        for asked in self.flow.asked.values():
            whose = " ".join(word for word in OTHERS_IN_ORDER if word in asked.labels)
            how = how_mixed(asked)
            seen += [Sighting("mixed_prompt", how, asked.at, whose)] if how else []
        for sunk in self.flow.sunk.values():
            whose = " ".join(sorted(sunk.labels & {"user", "file"}))
            seen += [Sighting("model_output_run", sunk.how, sunk.at, whose)] if sunk.how != "parse" else []
        return seen


def _guesses(found: dict[str, Evidence]) -> tuple[Guess, ...]:
    return tuple(Guess(name, 0.9, (at,)) for name, at in found.items())
