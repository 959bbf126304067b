"""What runs in the proof of concept's own Python: watched, confined, compared."""
