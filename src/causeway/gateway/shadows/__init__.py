"""Shadows are asked what others were asked, in a process of their own; nobody waits for them."""
