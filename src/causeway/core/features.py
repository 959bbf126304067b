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
    Filled,
    Map,
    NumberElseMap,
    Numeric,
    Pair,
    Rule,
    Step,
    Sum,
    Words,
    columns_read,
    read_features,
    write_features,
)
from causeway.core.features_words import ColumnMade, columns_made, in_words

__all__ = [
    "Cells",
    "ColumnMade",
    "Compiled",
    "Constant",
    "Derived",
    "Features",
    "Filled",
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
    "Sum",
    "Words",
    "apply",
    "apply_columns",
    "apply_rule",
    "columns_made",
    "columns_read",
    "in_words",
    "raw_columns_of",
    "read_features",
    "write_features",
]
