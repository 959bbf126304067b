"""Languages other than Python, as far as naming what they do."""
