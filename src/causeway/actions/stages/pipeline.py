"""The stages of a run in their order: each is keyed by the digests of what it depends on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from causeway.actions.stages.admit import admissions
from causeway.actions.stages.agreed import agreed_contracts, hold_agreed
from causeway.actions.stages.claimed import claims_of
from causeway.actions.stages.compile import Compiled, compile_model, weighed
from causeway.actions.stages.contract import Contracted, contract_text, hold
from causeway.actions.stages.data import Brought, as_left, bring
from causeway.actions.stages.describe import Parts, describe, describe_try
from causeway.actions.stages.entry import training_entry
from causeway.actions.stages.environment import EnvironmentMade, build, stands, wanted
from causeway.actions.stages.evaluate import Evaluated, evaluate
from causeway.actions.stages.function import by_function
from causeway.actions.stages.package import Packaged, package, unpacked
from causeway.actions.stages.recover import Recovered, recover_features
from causeway.actions.stages.replay import Replayed, app_of, replay_app
from causeway.actions.stages.site import Site
from causeway.actions.stages.step import Made, Steps
from causeway.actions.stages.train import TRACE, Trained, train
from causeway.actions.stages.trying import NOT_MEASURED, put_together
from causeway.core.admission import Admission
from causeway.core.errors import Refused
from causeway.core.ids import counted, digest_of
from causeway.core.poc import Claim, Poc
from causeway.core.table import Table
from causeway.intake import read_poc
from causeway.recover import LoadedTrace


def make_release(site: Site, steps: Steps) -> Packaged:
    """The release that the proof of concept in the site's folder makes."""
    road = _Road(site, steps)
    brought = road.data()
    road.agreed(brought)
    environment = road.environment()
    watched = _Watched(site, road.training(environment, brought))
    contracted = road.contract(watched, brought)
    found = road.recovery(watched)
    recovered = road.preparation(environment, watched, found)
    evaluated = road.evaluation(environment, watched, found)
    verdicts = _Verdicts(road, watched, recovered)
    try:
        compiled = road.compilation(environment, watched, recovered, verdicts)
    except Refused as refused:
        raise weighed(refused, evaluated.evaluation) from refused
    replayed = road.replay(environment, watched, recovered)
    return steps.take(
        "package",
        {
            "manifest": site.manifest_digest,
            "source": site.source,
            "pins": environment.pinned,
            "parts": [contracted, recovered, evaluated, compiled, replayed],
        },
        result=Packaged,
        do=lambda: package(
            site,
            describe(
                site,
                Parts(
                    environment,
                    contracted,
                    recovered,
                    evaluated,
                    compiled,
                    watched.source(recovered),
                    road.poc,
                    watched.loaded.trace.errors,
                    verdicts.all,
                    replayed.replay if replayed else None,
                ),
            ),
        ),
        stands=lambda packaged: unpacked(site.work, packaged),
    )


def make_try(site: Site, steps: Steps) -> Packaged:
    """What the same training makes, put together as far as it can be asked: to judge, not to ship."""
    road = _Road(site, steps)
    brought = road.data()
    road.agreed(brought)
    environment = road.environment()
    watched = _Watched(site, road.training(environment, brought))
    contracted = road.contract(watched, brought)
    recovered = road.preparation(environment, watched, road.recovery(watched))
    verdicts = _Verdicts(road, watched, recovered)
    compiled = steps.take(
        "compile",
        {"trace": watched.trained.files, "recovered": recovered, "tried": "yes"},
        result=Compiled,
        do=lambda: verdicts.before(lambda: put_together(site, environment, watched.folder, recovered)),
    )
    source = watched.source(recovered)
    parts = Parts(
        environment, contracted, recovered, NOT_MEASURED, compiled, source, road.poc, (), verdicts.all
    )
    return steps.take(
        "package",
        {
            "manifest": site.manifest_digest,
            "source": site.source,
            "pins": environment.pinned,
            "parts": [contracted, recovered, compiled],
            "tried": "yes",
        },
        result=Packaged,
        do=lambda: package(site, describe_try(site, parts)),
        stands=lambda packaged: unpacked(site.work, packaged),
    )


@dataclass(frozen=True)
class _Watched:
    """A watched training, brought back from the store when a stage wants to look at it."""

    site: Site
    trained: Trained

    @cached_property
    def folder(self) -> Path:
        """The folder of the trace."""
        return self.site.bring(self.trained.files, TRACE)

    @cached_property
    def loaded(self) -> LoadedTrace:
        """The trace with its arrays in memory."""
        return self.site.workshop.load_trace(self.folder)

    def source(self, recovered: Recovered) -> Table:
        """The raw table that the kept rows come from."""
        return self.loaded.tables[recovered.source]


@dataclass(frozen=True)
class _Road:
    """What each stage depends on."""

    site: Site
    steps: Steps

    @cached_property
    def poc(self) -> Poc:
        """What reading the folder tells."""
        return read_poc(self.site.folder)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What is claimed of the model: by the run that it was attached from, then by the folder."""
        return (*claims_of(self.site.folder, self.site.manifest.model.artifact), *self.poc.claims)

    def data(self) -> Brought:
        """The sources that the manifest names; what needs a grant is read anew in every run."""
        return self.steps.take(
            "data",
            {
                "source": self.site.source,
                "data": self.site.manifest.data,
                **({"given": self.site.given.digest} if self.site.given else {}),
            },
            result=Brought,
            do=partial(bring, self.site),
            stands=lambda _: (
                not any(part.governed for part in self.site.manifest.data) and not self.site.given
            ),
        )

    def agreed(self, brought: Brought) -> None:
        """What came from outside, held against its contract before any code sees it."""
        contracts = agreed_contracts(self.site, brought)
        if contracts:
            self.steps.take(
                "contract",
                {"brought": brought.digests, "contracts": contracts},
                result=Made,
                do=lambda: hold_agreed(self.site, brought, contracts),
                # how old data may be is a question of now
                stands=lambda _: False,
            )

    def environment(self) -> EnvironmentMade:
        """The interpreter and packages of the proof of concept."""
        wish = wanted(self.site, self.poc)
        return self.steps.take(
            "environment",
            {"wish": wish},
            result=EnvironmentMade,
            do=partial(build, self.site, wish),
            stands=stands,
        )

    def training(self, environment: EnvironmentMade, brought: Brought) -> Trained:
        """The watched training."""
        return self.steps.take(
            "train",
            {
                "environment": environment.environment.key,
                "pins": environment.pinned,
                "source": self.site.source,
                "script": training_entry(self.site),
                "brought": brought.digests,
                **({"texts": self.site.given.texts} if self.site.given else {}),
            },
            result=Trained,
            do=partial(train, self.site, environment, brought),
        )

    def contract(self, watched: _Watched, brought: Brought) -> Contracted:
        """The data held against its contract."""
        declared = contract_text(self.site)
        text = declared and as_left(declared, brought.of(self.site.data.name), where=self.site.data.contract)
        return self.steps.take(
            "contract",
            {
                "trace": watched.trained.files,
                "data": self.site.data,
                "contract": digest_of(text.encode()) if text is not None else "",
            },
            result=Contracted,
            do=lambda: hold(self.site, watched.loaded, text),
        )

    def recovery(self, watched: _Watched) -> Recovered:
        """The way from raw rows to the model's matrix."""
        return self.steps.take(
            "recover",
            {"trace": watched.trained.files, "target": self.site.data.target},
            result=Recovered,
            do=lambda: recover_features(self.site, watched.loaded),
        )

    def preparation(self, environment: EnvironmentMade, watched: _Watched, recovered: Recovered) -> Recovered:
        """The same way by the function that the manifest names, where the rules do not reach."""
        function = self.site.manifest.model.features
        if not (function and recovered.unexplained):
            if function:
                self.site.watcher.said(f"rules make every column, so {function} is not needed")
            return recovered
        texts = self.site.workshop.function_texts(self.site.folder, function)
        return self.steps.take(
            "features",
            {
                "trace": watched.trained.files,
                "recovered": recovered,
                "environment": environment.environment.key,
                "pins": environment.pinned,
                "function": function,
                "texts": texts,
            },
            result=Recovered,
            do=lambda: by_function(
                self.site, environment, recovered, texts=texts, source=watched.source(recovered)
            ),
        )

    def evaluation(self, environment: EnvironmentMade, watched: _Watched, recovered: Recovered) -> Evaluated:
        """How well the model does on rows it was not fitted on."""
        return self.steps.take(
            "evaluate",
            {
                "trace": watched.trained.files,
                "recovered": recovered,
                "time": self.site.data.time_column,
                "positive": self.site.data.positive,
                "claims": self.claims,
            },
            result=Evaluated,
            do=lambda: evaluate(
                self.site,
                environment,
                watched.folder,
                recovered,
                source=watched.source(recovered),
                claims=self.claims,
            ),
        )

    def compilation(
        self, environment: EnvironmentMade, watched: _Watched, recovered: Recovered, verdicts: "_Verdicts"
    ) -> Compiled:
        """The converted model and its proof; it is judged before it is opened."""
        return self.steps.take(
            "compile",
            {
                "trace": watched.trained.files,
                "recovered": recovered,
                "tolerance": self.site.manifest.serving.reference_tolerance,
            },
            result=Compiled,
            do=lambda: verdicts.before(
                lambda: compile_model(
                    self.site, environment, watched.folder, recovered, source=watched.source(recovered)
                )
            ),
        )

    def replay(
        self, environment: EnvironmentMade, watched: _Watched, recovered: Recovered
    ) -> Replayed | None:
        """The app's own answers beside the release's; None where there is no app."""
        app = app_of(self.site, self.poc)
        if not app:
            return None
        return self.steps.take(
            "replay",
            {
                "trace": watched.trained.files,
                "recovered": recovered,
                "app": app,
                "framework": self.poc.served_by.value,
                "source": self.site.source,
            },
            result=Replayed,
            do=lambda: replay_app(
                self.site,
                environment,
                watched.folder,
                recovered,
                poc=self.poc,
                source=watched.source(recovered),
            ),
        )


@dataclass(frozen=True)
class _Verdicts:
    """The verdicts on saved models, found once and only where a stage does something."""

    road: _Road
    watched: _Watched
    recovered: Recovered

    @cached_property
    def all(self) -> tuple[Admission, ...]:
        """The verdict on each of them."""
        watched, road = self.watched, self.road
        return admissions(road.site, road.poc, watched.folder, watched.loaded, self.recovered)

    def before(self, work: Callable[[], Compiled]) -> Compiled:
        """What the work gives, once everything that it opens was judged."""
        known = self.all
        self.road.site.watcher.said(f"{counted(len(known), 'saved model')} judged")
        return work()
