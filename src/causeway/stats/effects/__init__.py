"""Whether what was put to work made a difference, and how large: one module for each design."""
