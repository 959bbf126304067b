"""Requirements and code in UTF-16, as a Windows shell writes them, saved as UTF-8."""

from causeway.actions.fix.change import Mend
from causeway.actions.fix.site import Site
from causeway.intake.files.text import decode


def mend(site: Site) -> Mend:
    """The files that tools cannot read, character for character the same."""
    paths = [file.path for file in site.poc.requirement_files if file.encoding.startswith("utf-16")]
    changes = []
    for path in paths:
        text = decode(site.read(path) or b"").text.lstrip("\ufeff")
        changes += [change] if (change := site.change(path, text.encode())) else []
    return Mend("encoding", tuple(changes))
