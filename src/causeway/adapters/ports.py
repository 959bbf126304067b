"""The seams: what Causeway asks of the outside, as protocols. Concrete adapters lie beside this file."""
