"""Who is let in: keys, allowances, and how much may wait."""
