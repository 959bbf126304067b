"""Pure folds of the ledger into what people ask about."""
