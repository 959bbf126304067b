"""What a pilot is asked for and files do not show: measured, run, probed, and written to the ledger."""
