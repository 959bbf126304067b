"""Rows in, recorded answers out, under every protocol."""
