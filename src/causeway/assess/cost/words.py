"""What is said of a cost, in a sentence."""

from causeway.core.metering import CostUnusual


def sentence(found: CostUnusual) -> str:
    """It in one sentence."""
    more = "more" if found.actual > found.expected else "less"
    off = abs(found.actual - found.expected)
    said = f"{found.day} cost {found.actual:,.2f} {found.currency}, {off:,.2f} {more} than expected"
    drove = f"price {found.price:+,.2f}, volume {found.volume:+,.2f}, mix {found.mix:+,.2f}"
    most = f", most of it {found.driver}" if found.driver else ""
    return f"{said} ({found.low:,.2f} to {found.high:,.2f}); against the week before: {drove}{most}"
