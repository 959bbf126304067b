"""A table's rows as if they came now: answered, labelled and watched in a copy, with time compressed."""
