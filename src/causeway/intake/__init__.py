"""What is in a PoC folder: facts with evidence, read without running, importing or unpickling anything."""

from causeway.intake.read import read_poc

__all__ = ["read_poc"]
