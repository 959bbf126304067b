"""Facts in order, for ever: append, read, fold, verify."""
