"""What a product is worth beside what it costs: one page, put together from facts."""
