"""Parse, call one verb, show, exit."""
