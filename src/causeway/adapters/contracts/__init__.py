"""Contracts held against data, in one scan."""

import os

# Polars' allocator reads this once, when Polars is first loaded. Large pages and an arena a processor take a
# quarter off the time of a first scan, most of which is memory that is touched for the first time.
os.environ.setdefault("_RJEM_MALLOC_CONF", f"thp:always,narenas:{os.cpu_count() or 1}")
