"""Features: from the raw columns that a caller sends to the matrix that the model takes.

`Features` is data, proven by `causeway.recover` and shipped in the release as `features.json`. It has
two interpreters with the same results: `apply` for tables and `Compiled` for requests.
"""

from causeway.core.features_apply import Cells, Sheet, apply, apply_columns, apply_rule
from causeway.core.features_compiled import Compiled, Prepared, PreparedColumns
from causeway.core.features_plan import raw_columns_of
from causeway.core.features_problem import Problem
from causeway.core.features_rules import (
    Constant,
    Derived,
    Features,
    Map,
    NumberElseMap,
    Numeric,
    Pair,
    Rule,
    Step,
    Words,
    columns_read,
    read_features,
    write_features,
)

__all__ = [
    "Cells",
    "Compiled",
    "Constant",
    "Derived",
    "Features",
    "Map",
    "NumberElseMap",
    "Numeric",
    "Pair",
    "Prepared",
    "PreparedColumns",
    "Problem",
    "Rule",
    "Sheet",
    "Step",
    "Words",
    "apply",
    "apply_columns",
    "apply_rule",
    "columns_read",
    "raw_columns_of",
    "read_features",
    "write_features",
]
