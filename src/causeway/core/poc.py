"""What is in a proof of concept's folder: facts with evidence, read without running anything.

`causeway.intake.read_poc` makes a `Poc`; the judges in `causeway.assess` turn it into findings.
"""

from msgspec import Struct

from causeway.core.finding import Evidence


class Guess(Struct, frozen=True, omit_defaults=True):
    """What intake believes: a value (empty when not known), how surely, from where, and the alternatives."""

    value: str = ""
    certainty: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    candidates: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.value)

    @property
    def at(self) -> Evidence | None:
        """The first place where one can see it."""
        return self.evidence[0] if self.evidence else None


_RESULTS = {
    "output", "outputs", "result", "results", "report", "reports", "figures", "tables", "predictions",
    "evaluation", "metrics", "logs", "submissions",
}  # fmt: skip
_RESULT_WORDS = {"prediction", "predictions", "predicted", "submission", "results", "metrics", "leaderboard"}


class ColumnProfile(Struct, frozen=True, omit_defaults=True):
    """One column as seen in the sampled records.

    `kind` is `integer`, `float`, `boolean`, `date`, `text` or `empty`; `categories` holds every value
    with its count when there are few; `personal` says why a person could be behind the values.
    """

    name: str
    kind: str
    nulls: int = 0
    distinct: int = 0
    minimum: float | None = None
    maximum: float | None = None
    categories: dict[str, int] = {}
    unique: bool = False
    in_time: bool = False
    """Whether every value is a date that can be put in order."""
    mean_length: float = 0.0
    personal: str = ""
    """`direct`, `protected`, `pseudonym`, or empty."""
    personal_as: str = ""
    """What the values are, where they themselves tell: `e-mail addresses`, `card numbers`."""
    personal_values: int = 0
    """How many of the sampled values look like it."""
    target_score: float | None = None
    """How well this column alone orders the target (area under the curve, or |correlation|); 1 is perfect."""


class Telling(Struct, frozen=True, omit_defaults=True):
    """Columns, any of which being `value` nearly always goes with the rarer class, as counted."""

    columns: tuple[str, ...]
    value: str
    outcome: str
    rows: int
    """Rows where any of the columns has the value."""
    hits: int
    """Those of them that have the outcome."""
    positives: int
    records: int
    same: int
    """Rows where having the value and having the outcome agree."""


class Repeated(Struct, frozen=True, omit_defaults=True):
    """How many of so many records are copies of another, and how many chance would have made."""

    copies: int
    records: int
    by_chance: int = 0


class DataFile(Struct, frozen=True, omit_defaults=True):
    """A file with records. Counts cover the whole file when `exact`; profiles cover `sampled` records."""

    path: str
    format: str
    bytes: int
    records: int | None = None
    exact: bool = False
    sampled: int = 0
    lines: int | None = None
    columns: tuple[ColumnProfile, ...] = ()
    header: bool = True
    header_lines: int = 1
    encoding: str = ""
    bom: bool = False
    delimiter: str = ""
    digest: str = ""
    scored: str = ""
    """Name of the column that holds predictions, where outcomes stand beside them."""
    problem: str = ""
    parts: tuple[str, ...] = ()
    """Sheets, tables or arrays inside, or the classes that folders of files stand for."""
    telling: tuple[Telling, ...] = ()
    """Features that give the target away, where the file is learned from."""
    repeated: Repeated | None = None
    """Records that are copies of another in what is learned, where the file is learned from."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def result(self) -> bool:
        """Whether it lies where results are written, or is called like one: nothing is learned from it."""
        *folders, name = self.path.lower().split("/")
        said = name.rpartition(".")[0].replace("-", "_").split("_")
        return bool(_RESULTS & set(folders)) or bool(_RESULT_WORDS & set(said))

    def column(self, name: str) -> ColumnProfile | None:
        """The column of that name, if there is one."""
        return next((column for column in self.columns if column.name == name), None)


class ModelFile(Struct, frozen=True, omit_defaults=True):
    """A saved model or what belongs to one, known by its bytes; nothing was opened by its own library."""

    path: str
    format: str
    bytes: int
    framework: str = ""
    estimator: str = ""
    version: str = ""
    """Version of the framework that wrote it, where the bytes say so."""
    holds: str = ""
    """For plain containers: `list of tuples`, `dictionary`."""
    dangerous: tuple[str, ...] = ()
    """Functions that loading it would call and no model needs."""
    unknown: tuple[str, ...] = ()
    """Functions of libraries that we do not know."""
    problem: str = ""
    features: tuple[str, ...] = ()
    """Names of the columns it was trained on, or of its inputs, where the bytes say so."""
    classes: tuple[str, ...] = ()
    rows: int = 0
    """How many rows of the training data lie inside, as neighbours and support vectors do."""
    personal: str = ""
    """What of people stands inside, in words with counts; never the values."""


CUT = "longer than the limit, only its beginning was read"
NEWER = "written for a newer Python than reads it here"
UNREAD = frozenset({CUT, NEWER})
"""What keeps a file of code from being read, and is no fault of the file."""


class Source(Struct, frozen=True, omit_defaults=True):
    """A file of code; `digest` tells copies apart from originals."""

    path: str
    language: str
    lines: int
    digest: str = ""
    problem: str = ""
    where: Evidence | None = None
    role: str = ""
    """`train`, `serve`, `test` or empty."""


class Notebook(Struct, frozen=True, omit_defaults=True):
    """How a notebook was left: which code cells ran, in which order, with which saved errors."""

    path: str
    code_cells: int
    run_cells: int
    """Cells that keep a count or an output of their run; all of them where every count was stripped."""
    kernel: str = ""
    python: str = ""
    first_run: int = 0
    last_run: int = 0
    """The smallest and the largest count of a run that the cells keep."""
    disorder: tuple[Evidence, ...] = ()
    errors: tuple[Evidence, ...] = ()
    shell: tuple[Evidence, ...] = ()
    problem: str = ""


class Requirement(Struct, frozen=True, omit_defaults=True):
    """A declared dependency; `spec` is what follows the name."""

    name: str
    at: Evidence
    spec: str = ""
    pinned: bool = False
    extras: tuple[str, ...] = ()


class RequirementFile(Struct, frozen=True, omit_defaults=True):
    """Where dependencies are declared, and what is odd about the file itself."""

    path: str
    encoding: str = "utf-8"
    problem: str = ""
    count: int = 0


class Sighting(Struct, frozen=True, omit_defaults=True):
    """Something seen in code or configuration: `what` it is, its `value`, the place, and a detail."""

    what: str
    value: str
    at: Evidence
    detail: str = ""


class Leak(Struct, frozen=True, omit_defaults=True):
    """Something fitted on rows that the split only later set aside; `kind`: resample, scale, impute."""

    kind: str
    name: str
    at: Evidence
    split: Evidence
    reached: str = ""
    """The file whose training it came to."""


class Training(Struct, frozen=True, omit_defaults=True):
    """One place where code fits a model, and what data flow says reached it."""

    path: str
    estimator: str
    at: Evidence
    framework: str = ""
    task: str = ""
    """`binary`, `multiclass`, `regression`, or empty when the estimator does not tell."""
    data: str = ""
    """The data file as resolved in the folder, or as written when it is not there."""
    target: str = ""
    target_index: int | None = None
    target_chosen: bool = False
    """Whether the target is a column whose name is known only when the code runs."""
    positive: str = ""
    features: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    """Features that are the target itself, or that it is made of."""
    feature_slice: tuple[int, int] | None = None
    split: Evidence | None = None
    same_rows: Evidence | None = None
    """Where the model is judged on the very rows that it was fitted on."""
    cleaned: tuple[str, ...] = ()
    """The proof of concept's own functions applied to the features on the way."""
    text: bool = False
    images: bool = False
    """Whether it learns from folders of images."""
    scaled: bool = False
    """Whether its features were brought to one scale, or computed with, on the way."""
    saves: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    """Qualities that the code computes."""
    seeded: bool = True
    shuffled: bool = False
    """Whether the split draws rows at random."""


class Claim(Struct, frozen=True, omit_defaults=True):
    """A quality that somebody wrote down or a notebook kept: metric, value, place.

    `majority` is the share of the commonest class among the rows it was measured on, where the same
    output tells.
    """

    metric: str
    value: float
    at: Evidence
    how: str = ""
    """`readme` or `output`."""
    majority: float | None = None
    balanced: float | None = None
    """The mean of the classes' recalls, where the same output tells."""
    classes: int = 0
    """How many classes that is the mean of."""


class GenTool(Struct, frozen=True, omit_defaults=True):
    """Something a model may call; `acts` says what it can change: `shell`, `code`, `SQL`, `files`, `email`,
    `http`, `database`.
    """

    name: str
    at: Evidence
    acts: tuple[str, ...] = ()


class EvaluationSet(Struct, frozen=True, omit_defaults=True):
    """Questions with the answers that are right; `examples` is None where they could not be counted."""

    path: str
    examples: int | None = None


class GenAi(Struct, frozen=True, omit_defaults=True):
    """What a generative application is made of; a prompt's evidence carries its name as text."""

    providers: tuple[Guess, ...] = ()
    models: tuple[Guess, ...] = ()
    embeddings: tuple[Guess, ...] = ()
    stores: tuple[Guess, ...] = ()
    prompts: tuple[Evidence, ...] = ()
    frameworks: tuple[str, ...] = ()
    tools: tuple[GenTool, ...] = ()
    agents: tuple[Guess, ...] = ()
    evaluations: tuple[EvaluationSet, ...] = ()
    does: str = ""
    """What it does for its user, as far as the code tells: `answers questions over uploaded PDFs`."""

    def __bool__(self) -> bool:
        return bool(self.providers or self.models or self.stores or self.frameworks)


class Presence(Struct, frozen=True, omit_defaults=True):
    """The files every project could have; empty where there is none."""

    readme: str = ""
    licence: str = ""
    tests: str = ""
    ci: str = ""
    container: str = ""
    logging: str = ""
    manifest: str = ""


class Reach(Struct, frozen=True, omit_defaults=True):
    """How far the reading went: what was seen, what was left out, and which limits were hit."""

    files: int
    bytes: int
    skipped: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    seconds: float = 0.0


class Poc(Struct, frozen=True, omit_defaults=True):
    """Everything intake knows about a folder."""

    name: str
    folder: str
    reach: Reach
    kind: Guess = Guess()
    target: Guess = Guess()
    positive: Guess = Guess()
    features: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    time_column: Guess = Guess()
    frameworks: tuple[Guess, ...] = ()
    model: Guess = Guess()
    """What the trained model is called: `XGBoost`, `logistic regression`."""
    train: Guess = Guess()
    serve: Guess = Guess()
    served_by: Guess = Guess()
    training_data: Guess = Guess()
    languages: tuple[str, ...] = ()
    data: tuple[DataFile, ...] = ()
    models: tuple[ModelFile, ...] = ()
    sources: tuple[Source, ...] = ()
    notebooks: tuple[Notebook, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    requirement_files: tuple[RequirementFile, ...] = ()
    python: Guess = Guess()
    imports: tuple[Sighting, ...] = ()
    """Third-party modules: `value` is the module, `detail` the distribution that brings it."""
    undeclared: tuple[Sighting, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    trainings: tuple[Training, ...] = ()
    beside: tuple[Guess, ...] = ()
    """Other models that the same app serves: `binary classification of churn (random forest)`."""
    leaks: tuple[Leak, ...] = ()
    claims: tuple[Claim, ...] = ()
    genai: GenAi = GenAi()
    presence: Presence = Presence()

    def seen(self, what: str) -> tuple[Sighting, ...]:
        """The sightings of one sort, in the order of reading."""
        return tuple(sighting for sighting in self.sightings if sighting.what == what)

    def training_file(self) -> DataFile | None:
        """The data file that training reads, if it is in the folder."""
        return next((file for file in self.data if file.path == self.training_data.value), None)
