"""What goes with a release for those who have to answer for it: bill of materials, model card, provenance."""

from causeway.core.papers.bom import bill_of_materials
from causeway.core.papers.card import model_card
from causeway.core.papers.facts import PaperFacts
from causeway.core.papers.provenance import Built, provenance

BOM = "bom.cdx.json"
CARD = "README.md"
PROVENANCE = "provenance.json"

__all__ = [
    "BOM",
    "CARD",
    "PROVENANCE",
    "Built",
    "PaperFacts",
    "bill_of_materials",
    "model_card",
    "provenance",
]
