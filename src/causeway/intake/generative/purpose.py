"""What a generative application does for its user, as far as its code tells."""

import ast

from causeway.intake.generative.agents import Acting
from causeway.intake.generative.labels import Flow
from causeway.intake.generative.stores import Kept
from causeway.intake.generative.values import Node

LOADERS = {
    "PyPDFLoader": "PDFs", "PdfReader": "PDFs", "PyPDFDirectoryLoader": "PDFs", "PDFPlumberLoader": "PDFs",
    "UnstructuredPDFLoader": "PDFs", "PyMuPDFLoader": "PDFs", "PDFMinerLoader": "PDFs",
    "WebBaseLoader": "web pages",
    "YoutubeLoader": "YouTube transcripts", "CSVLoader": "CSV files", "Docx2txtLoader": "Word files",
    "GitLoader": "a Git repository", "SitemapLoader": "web pages", "UnstructuredURLLoader": "web pages",
}  # fmt: skip
UPLOADS = ("file_uploader", "request.files", "UploadFile", "gr.File", "AskFileMessage")


def does(files: list[list[Node]], flow: Flow, kept: Kept, acting: Acting, *, tuning: bool) -> str:
    """A short phrase with a verb, or nothing where it cannot be told."""
    if tuning:
        return ""
    runs = {sunk.how for sunk in flow.sunk.values()} | {
        s.value for s in acting.sightings if s.what == "model_output_run"
    }
    retrieves = bool(kept.stores) or any(s.what == "retrieval" for s in kept.sightings)
    told = [f"answers questions over {_over(files)}"] if retrieves else []
    told += ["turns questions into SQL and runs it"] if "SQL" in runs else []
    told += ["writes code and runs it"] if runs & {"code", "shell"} else []
    return " and ".join(told[:2])


def _over(files: list[list[Node]]) -> str:
    kinds: dict[str, None] = {}
    uploaded = False
    for found in files:
        for node, place in found:
            if isinstance(node, ast.Module):
                uploaded = uploaded or any(word in place.block.text for word in UPLOADS)
            name = getattr(node, "id", "") if isinstance(node, ast.Name) else ""
            if name in LOADERS:
                kinds.setdefault(LOADERS[name])
    what = " and ".join(list(kinds)[:2]) or ("files" if uploaded else "documents")
    own = uploaded and what not in {"web pages", "YouTube transcripts"}
    return f"uploaded {what}" if own else what
