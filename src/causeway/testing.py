"""Fakes for tests, ours and other people's: an in-memory ledger, fake adapters, one contract class per port."""
