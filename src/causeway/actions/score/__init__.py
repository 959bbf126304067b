"""Answers to all rows of a table, with the gateway's own contract, records and arms."""
