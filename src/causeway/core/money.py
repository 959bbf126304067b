"""Amounts of money that never mix currencies and never lose a cent."""

from decimal import Decimal

from msgspec import Struct

from causeway.core.errors import UsageError


class Money(Struct, frozen=True):
    """An exact amount in one currency (ISO 4217 code)."""

    amount: Decimal
    currency: str

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise UsageError(
                f"cannot add {other.currency} to {self.currency}",
                hint="convert one of them at a stated rate first",
            )
        return Money(self.amount + other.amount, self.currency)

    def __str__(self) -> str:
        return f"{self.amount:,.2f} {self.currency}"
