"""Reads a proof of concept's folder into facts, without running any of it."""
