"""What money later is worth now: NPV, payback, returns, and how sure of them one can be."""
