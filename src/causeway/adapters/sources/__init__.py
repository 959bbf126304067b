"""Data from outside the folder, one kind of place a file; what comes is brought by `landing`."""
