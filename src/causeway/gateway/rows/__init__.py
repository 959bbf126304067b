"""One row: checked against its release, made into tensors, and an answer written out."""
