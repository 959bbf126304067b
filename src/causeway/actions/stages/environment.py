"""Makes the interpreter and packages that the proof of concept's own training needs."""

from pathlib import Path

from msgspec import Struct

from causeway.actions.stages.entry import training_script
from causeway.actions.stages.site import Site
from causeway.actions.stages.step import Made
from causeway.assess.obstacles import before_training
from causeway.core.environment import Environment
from causeway.core.errors import Refused
from causeway.core.ids import counted
from causeway.core.poc import Poc


class Wanted(Struct, frozen=True):
    """What the environment is made from; the same wish is met by the same environment."""

    declared: tuple[str, ...]
    imports: tuple[str, ...]
    python: str
    stated: str
    machine: str
    """Where environments lie: they cannot be moved."""


class EnvironmentMade(Made, frozen=True, kw_only=True):
    """The environment of the proof of concept."""

    environment: Environment

    @property
    def pinned(self) -> str:
        """Every package with its version, a line each, as pip reads it."""
        pins = self.environment.pins
        return "".join(f"{name}=={pins[name]}\n" for name in sorted(pins))


def wanted(site: Site, poc: Poc) -> Wanted:
    """What this proof of concept declares and imports, and what the manifest says of its Python."""
    model = site.manifest.model
    if obstacle := before_training(poc, model.train_script):
        raise Refused(obstacle.what, where=obstacle.where, hint=obstacle.remedy)
    script = training_script(site)
    lines = tuple(
        f"{requirement.name}{requirement.spec}"
        for requirement in poc.requirements
        if not model.requirements or requirement.at.path == model.requirements
    )
    return Wanted(
        declared=lines,
        imports=_imports(site, script),
        python=model.python,
        stated=poc.python.value,
        machine=str(_environments(site)),
    )


def _imports(site: Site, script: str) -> tuple[str, ...]:
    """What the training imports, and the function that the manifest names."""
    module = site.manifest.model.features.partition(":")[0].replace(".", "/") + ".py"
    scripts = [script, module] if (site.folder / module).is_file() else [script]
    return tuple(
        sorted({name for each in scripts for name in site.workshop.training_imports(site.folder, each)})
    )


def build(site: Site, wish: Wanted) -> EnvironmentMade:
    """The environment that meets the wish, made or found."""
    environment = site.workshop.build_environment(
        site.folder,
        declared=wish.declared,
        imports=wish.imports,
        python=wish.python or None,
        into=_environments(site),
        say=site.watcher.said,
        stated=wish.stated or None,
    )
    return EnvironmentMade(fact=_fact(environment), environment=environment)


def for_app(site: Site, trained: Environment, app: str, *, poc: Poc) -> Environment:
    """The same packages in the same versions, and beside them what only the app imports."""
    known = set(_imports(site, training_script(site)))
    more = set(site.workshop.training_imports(site.folder, app)) - known
    if not more:
        return trained
    pins = [f"{name}=={version}" for name, version in trained.pins.items()]
    pinned = {name.lower().replace("_", "-") for name in trained.pins}
    rest = [
        f"{requirement.name}{requirement.spec}"
        for requirement in poc.requirements
        if requirement.name.lower().replace("_", "-") not in pinned
    ]
    return site.workshop.build_environment(
        site.folder,
        declared=(*pins, *rest),
        imports=tuple(sorted(known | more)),
        python=site.manifest.model.python or None,
        into=_environments(site),
        say=site.watcher.said,
        stated=poc.python.value or None,
    )


def stands(made: EnvironmentMade) -> bool:
    """Whether the environment is still on this machine."""
    return Path(made.environment.python).exists()


def _environments(site: Site) -> Path:
    return site.work.state / "environments"


def _fact(environment: Environment) -> str:
    text = f"python {environment.version}, {counted(len(environment.pins), 'package')} pinned"
    if not environment.problems:
        return text
    first = environment.problems[0]
    instead = (
        f"{first.proposal} instead of {first.requirement}" if first.proposal else f"not {first.requirement}"
    )
    more = len(environment.problems) - 1
    return f"{text}; {instead}" + (f" and {more} more" if more else "")
