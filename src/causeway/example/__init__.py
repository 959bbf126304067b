"""The bundled example: a subscription business, simulated with a known truth, and its messy notebook."""
