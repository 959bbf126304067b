"""Judges saved models by what they name, before anything opens them; all that is unknown is refused."""

from causeway.intake.admission.judge import judge_artefact, judge_bytes

__all__ = ["judge_artefact", "judge_bytes"]
