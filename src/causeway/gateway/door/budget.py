"""Nobody is answered once a month's budget is spent, where the manifest says so."""

import math
import time

from causeway.core.routes import OverBudget
from causeway.gateway.refusals import BudgetSpent

HINT = "the next month begins at 0 (UTC); or ask the product's owner for a larger budget"


def check(over: OverBudget) -> None:
    """Refuses until the month is over, also where nobody writes another route file."""
    left = over.until - time.time()
    if left > 0:
        raise BudgetSpent(over.why, retry_after=max(1, math.ceil(left)), hint=HINT)
