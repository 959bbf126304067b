"""Texts compared with each other by counted words or embeddings, where nothing is learned."""

import ast
from collections.abc import Iterable

from causeway.core.finding import Evidence
from causeway.core.poc import GenAi, Guess, Sighting
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of, dotted
from causeway.intake.python.trees import nodes_in

WORDS = {
    "TfidfVectorizer": "TF-IDF", "CountVectorizer": "word counts", "HashingVectorizer": "hashed words",
    "SentenceTransformer": "sentence embeddings", "BM25Okapi": "BM25", "Doc2Vec": "Doc2Vec",
}  # fmt: skip
COMPARES = {"cosine_similarity", "linear_kernel", "cosine_distances", "cos_sim", "pairwise_cos_sim",
            "dot_score", "get_scores", "get_top_n", "semantic_search"}  # fmt: skip
ORDERS = {"sorted", "sort", "argsort", "nlargest", "sort_values", "argmax", "topk", "argpartition",
          "get_top_n", "semantic_search", "most_similar"}  # fmt: skip


def similarity(codes: Iterable[Code]) -> list[Sighting]:
    """Where texts become numbers, where those are compared, and where the answers are put in order."""
    found: list[Sighting] = []
    for code in codes:
        known = aliases_of(code)
        for block in code.blocks:
            for node in nodes_in(block.tree):
                if not isinstance(node, ast.Call):
                    continue
                named = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func, known)
                last = named.rsplit(".", 1)[-1]
                sorts = (("text_vectors", WORDS), ("compares", COMPARES), ("orders", ORDERS))
                found += [
                    Sighting(what, last, code.at(node, block)) for what, names in sorts if last in names
                ]
    return found


def kind_by_similarity(seen: Iterable[Sighting], genai: GenAi) -> tuple[Guess, Guess]:
    """The kind and the model of a folder that compares texts and learns nothing; empty if it does not."""
    by: dict[str, list[Sighting]] = {"text_vectors": [], "compares": [], "orders": []}
    for sighting in seen:
        if sighting.what in by:
            by[sighting.what].append(sighting)
    if genai or not by["text_vectors"] or not by["compares"]:
        return Guess(), Guess()
    first = by["text_vectors"][0]
    at: tuple[Evidence, ...] = (by["compares"][0].at, first.at)
    kind = "ranking by text similarity" if by["orders"] else "comparison of texts by similarity"
    return Guess(kind, 0.8, at), Guess(f"{WORDS[first.value]}, nothing is learned", 0.85, (first.at,))
