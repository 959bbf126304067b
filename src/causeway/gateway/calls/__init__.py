"""One call from its address to its answer: who asks for what, until when, and who stands in."""
