"""What OpenLineage calls data quality metrics: rows without a value, distinct values, extremes."""

import numpy as np

from causeway.core.lineage_facets import ColumnMetrics
from causeway.core.table import Column, Table, Text


def metrics_of(table: Table) -> dict[str, ColumnMetrics]:
    """Each column of the table, counted."""
    return {name: _counted(column) for name, column in table.columns.items()}


def _counted(column: Column) -> ColumnMetrics:
    if isinstance(column, Text):
        filled = [value for value in column.values if value is not None]
        return ColumnMetrics(len(filled), len(column) - len(filled), len(set(filled)))
    values = column.values[~np.isnan(column.values)]
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (None, None)
    return ColumnMetrics(len(values), len(column) - len(values), len(np.unique(values)), low, high)
