"""What a product costs and brings, gathered from its ledger for one page."""
