"""What evidence needs of the outside: a query's figure, a run of tests, the review of a commit."""

from causeway.adapters.figures import figure_of
from causeway.adapters.reviews import review_of
from causeway.adapters.runs.suites import run_suite

__all__ = ["figure_of", "review_of", "run_suite"]
