"""Runs a proof of concept on a copy, in a cage, and says what that showed."""

from causeway.actions.trial.run import Try
from causeway.actions.trial.trial import try_out

__all__ = ["Try", "try_out"]
