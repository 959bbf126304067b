"""Pure judges: promise and facts in, findings out."""
