"""What a product takes and gives, as an OpenAPI document."""
