"""How callers write their rows, and how they read the answers; each protocol is a file."""
