"""What stands between a proof of concept and production: one concern a file."""
