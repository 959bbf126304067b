"""Watching a product that runs: gather what was recorded, have it judged, write what is news."""
