"""The proof of concept's own Python: found, filled with what it declares, added to."""
