"""Saved models known by their bytes; nothing is loaded."""
