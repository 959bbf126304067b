from causeway.testing import LedgerContract


class TestLedger(LedgerContract):
    """Every kind of ledger keeps the one contract."""
