"""Which release a person means by its first digits."""

from causeway.core.errors import NotFound
from causeway.core.ids import DIGEST_PREFIX, short
from causeway.views.product import ProductState


def chosen(state: ProductState, product: str, release: str | None) -> str:
    """The digest of the named release, by its first digits; without a name, that of the latest."""
    if state.latest is None:
        raise NotFound(f"{product} has no release yet", hint="make one first: causeway run")
    if release is None:
        return state.latest.release
    wanted = release.removeprefix(DIGEST_PREFIX)
    found = [
        each for each in state.releases if wanted and each.removeprefix(DIGEST_PREFIX).startswith(wanted)
    ]
    if len(found) == 1:
        return found[0]
    known = ", ".join(short(each) for each in state.releases)
    problem = "several releases start with" if found else "there is no release"
    raise NotFound(f"{problem} {release or 'no digits'}", hint=f"releases of {product}: {known}")
