"""Finds the preprocessing that lives outside a model, and proves it row by row."""
