"""The model as plain data for the page: every number exactly as the engine has it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from imtdx.answer.contributions import seeded_orders
from imtdx.answer.reasons import count_sentence, reason
from imtdx.answer.workup import request_words
from imtdx.coding import STAIN_LIKELIHOOD, TEST_LIKELIHOOD
from imtdx.knowledge import FOUNDING_PANEL
from imtdx.priors import build_prior
from imtdx.variables import AGE, DIAGNOSIS, FUSION, SEX, SITE, TISSUE
from imtdx.version import __version__
from imtdx.words import INTENDED_USE

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["compile_tables"]


#: Sections of the lexicon that list names which are no marker of the model.
_OTHER_NAMES = ("ambiguous", "stains", "groups", "genes_not_modelled", "families")


def compile_tables(model: Model) -> dict[str, Any]:
    """Everything the page knows, as data that JSON can hold.

    Conditional probability tables are one run of 64-bit floats, little-endian, in base64, node after node in the order of
    ``nodes``; each is (diagnoses, tissue or 1, parent states or 1, states) with the last index fastest.
    """
    network, knowledge = model.network, model.knowledge
    context = knowledge.network["context"]
    tables = {name: np.ascontiguousarray(network.table(name), dtype="<f8") for name in network.nodes}
    pattern = network.structure.pattern
    features = _lists(knowledge.words.get("morphology"))
    return {
        "imtdx": __version__,
        "knowledge": {
            "version": str(knowledge.network.get("version", "")),
            "sha256": knowledge.sha256,
            "without_sources": list(knowledge.left_out),
            "overlays": [str(o) for o in knowledge.overlays],
        },
        "intended_use": INTENDED_USE,
        "names": {"diagnosis": DIAGNOSIS, "tissue": TISSUE, "fusion": FUSION, "site": SITE, "age": AGE, "sex": SEX},
        "priors": _priors(model),
        "tissue": network.tissue_prior.tolist(),
        "diagnoses": [
            {"id": d.id, "name": d.name, "abbreviation": d.abbreviation} for d in knowledge.diagnoses.values()
        ],
        "nodes": [
            {
                "name": n.name,
                "parent": n.parent if n.parent in network.nodes else None,
                "states": n.states,
                "shape": tables[n.name].shape,
            }
            for n in network.nodes.values()
        ],
        "tables": base64.b64encode(b"".join(t.tobytes() for t in tables.values())).decode(),
        "markers": [
            {
                "id": m.id,
                "label": m.label,
                "kind": m.kind,
                "request": request_words(m),
                "words": [*m.synonyms, *m.genes, *features.get(m.id, ())],
                "clones": m.clones,
                "genes": m.genes,
            }
            for m in knowledge.markers.values()
            if m.id in network.nodes
        ],
        "founding": [m for m in FOUNDING_PANEL if m in network.nodes],
        "likelihood": {"ihc": STAIN_LIKELIHOOD, "test": TEST_LIKELIHOOD},
        # likelihood of a negative stain, given that a more sensitive clone would be positive
        "clones": {
            s.marker: {name: 1 - (found + 1) / (of + 2) for name, (found, of) in s.clones.items() if of}
            for s in network.structure.stains.values()
            if s.clones
        },
        "pattern": None if pattern is None else dict(zip(("marker", "fusion", "stain", "word"), pattern, strict=True)),
        "inhibitors": dict(network.structure.inhibitors) if network.structure.states else {},
        "context": {k: context[k] for k in ("sites", "age_edges", "sexes")},
        "site_words": _site_words(model),
        "other_names": {key: [str(w) for w in knowledge.words.get(key) or ()] for key in _OTHER_NAMES},
        "ki67_edges": knowledge.network["ki67"]["edges"],
        "orders": _orders(len(network.nodes)),
        "why": _why(model),
    }


def _priors(model: Model) -> list[dict[str, Any]]:
    """The prior of the model first, then the other profiles of the knowledge."""
    out = [{"name": model.prior_name, "description": "", "p": model.prior.tolist()}]
    for name, profile in model.knowledge.priors.items():
        if name == model.prior_name:
            out[0]["description"] = profile.description
        else:
            out.append(
                {"name": name, "description": profile.description, "p": build_prior(model.knowledge, name).tolist()}
            )
    return out


def _orders(most: int) -> dict[str, Any]:
    """The orders of reading 2, 3 ... ``most`` findings that `weights_of_evidence` averages over, one byte an index, in base64.

    Random orders cannot be drawn again outside numpy; with the same ones the page shows the same weights. Each is also read
    backwards.
    """
    runs = []
    half = 0
    for n in range(2, most + 1):
        orders = seeded_orders(n)
        half = len(orders) // 2
        runs += orders[:half]
    return {"per_length": half, "bytes": base64.b64encode(np.concatenate(runs).astype(np.uint8).tobytes()).decode()}


def _why(model: Model) -> dict[str, Any]:
    """The counts behind every cell: sentences once each, and per variable the sentence of each diagnosis."""
    network, diagnoses = model.network, list(model.knowledge.diagnoses.values())
    sentences: dict[str, int] = {}
    cells: dict[str, list[int]] = {}
    for name in network.nodes:
        if name == FUSION:
            continue
        marker = model.knowledge.markers.get(name)
        if marker is not None and marker.kind != "index":
            texts = [count_sentence(network.rates, d, name) for d in diagnoses]
        else:
            # "age 5 y in IMT: 12 published series": only the basis is the same for every value
            texts = [reason(network.rates, d, name, "").partition(": ")[2] for d in diagnoses]
        cells[name] = [sentences.setdefault(t, len(sentences)) for t in texts]
    return {"sentences": list(sentences), "cells": cells}


def _site_words(model: Model) -> dict[str, str]:
    """Words for sites in reports -> site, as the lexicon lists them."""
    sites = model.knowledge.network["context"]["sites"]
    return {
        w: site for site, words in _lists(model.knowledge.words.get("sites")).items() if site in sites for w in words
    }


def _lists(section: Any) -> dict[str, list[str]]:
    """A section of the lexicon as id -> words."""
    return {str(k): [str(w) for w in words] for k, words in (section or {}).items() if isinstance(words, (list, tuple))}
