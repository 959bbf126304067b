"""Data held against its contract, with Polars."""
