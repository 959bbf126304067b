"""What evidence needs of the outside: a query's figure, tests, the review of a commit, pip-audit's report."""

from causeway.adapters.figures import figure_of, rows_of
from causeway.adapters.pip_audit import audit
from causeway.adapters.reviews import review_of
from causeway.adapters.runs.suites import run_suite

__all__ = ["audit", "figure_of", "review_of", "rows_of", "run_suite"]
