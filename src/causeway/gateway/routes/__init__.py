"""What the route file says: which releases answer for which product, to whom, and how often."""
