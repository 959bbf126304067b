"""A product that is trained anew: one file a step, and each step a state in the ledger."""
