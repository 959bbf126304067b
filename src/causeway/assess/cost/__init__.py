"""What a product cost: metered, attributed, reconciled, held against its budget."""
