"""What the gateway counts about itself, and whether it is well."""
