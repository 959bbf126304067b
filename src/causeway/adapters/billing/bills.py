"""What is asked of bills: to be read, and to be written."""

from causeway.adapters.billing.statements import read_bill
from causeway.adapters.billing.writing import write_bill

__all__ = ["read_bill", "write_bill"]
