"""What every kind of fact has in common."""

from msgspec import Struct


class Fact(Struct, frozen=True, tag_field="kind", omit_defaults=True):
    """The base of every kind of fact; its tag is the kind's name in the ledger."""
