"""Verbs, one per file, named as their command; the only effects."""
