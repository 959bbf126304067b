"""Tables and other records, counted and profiled."""
