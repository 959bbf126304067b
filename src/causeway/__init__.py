"""Causeway takes an AI proof of concept from sandbox to production, and proves what it is worth."""

__version__ = "0.1.0"
