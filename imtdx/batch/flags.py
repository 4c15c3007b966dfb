"""The flags of `imtdx.flags` that can be told in columns, for many cases at once.

``no_fit`` is told where `unlisted` leads; its other ground, a panel that is improbable under the leading diagnosis,
takes a simulation per case. ``contradiction`` is told by the scorer, which knows what was merged. Left out are ``biopsy`` (tables do not say) and ``no_morphology`` (it would stand in every
row of most tables). The limits are those of `imtdx.flags`, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imtdx.batch.vocabulary import Trait
from imtdx.flags import CONFLICT_BITS, FEW_FINDINGS, IGG4_SHARE, TISSUE_RISE, UNLISTED_SHARE
from imtdx.knowledge import UNLISTED
from imtdx.variables import SITE

if TYPE_CHECKING:
    from imtdx.batch.vocabulary import Reader
    from imtdx.model import Model

__all__ = ["COLUMN_FLAGS", "FLAG_TEXTS", "flag_bits"]

Array = NDArray[np.float64]
Codes = NDArray[np.integer]
Mask = NDArray[np.bool_]

#: The flags, in the order in which `imtdx.flags` raises them; bit k stands for flag k.
COLUMN_FLAGS = (
    "contradiction", "tissue_quality", "few_findings", "no_fit", "conflict", "unlisted", "clone_sensitivity", "alk_mimics",
    "igg4_overlap", "keratin_bladder", "ki67_high",
)  # fmt: skip
#: Bit pattern -> ids separated by semicolons.
FLAG_TEXTS = tuple(
    ";".join(f for k, f in enumerate(COLUMN_FLAGS) if bits >> k & 1) for bits in range(1 << len(COLUMN_FLAGS))
)


def flag_bits(
    model: Model,
    reader: Reader,
    codes: Mapping[str, Codes],
    n_findings: Codes,
    top: NDArray[np.int8],
    watched: Mapping[str, Array],
    conflict: Array,
) -> NDArray[np.uint16]:
    """Flags of each case as bits.

    Args:
        model: the model.
        reader: holds the vocabularies of the codes.
        codes: variable -> codes of shape (cases,).
        n_findings: shape (cases,).
        top: indices of the leading diagnoses, shape (cases, 3).
        watched: "compromised", and the probability of `unlisted` and "igg4rd" where the knowledge has them, each of
        shape (cases,).
        conflict: bits, shape (cases,).
    """
    n = len(n_findings)
    markers = model.knowledge.markers
    position = {d: k for k, d in enumerate(model.diagnoses)}
    no = np.zeros(n, bool)

    def has(marker: str, trait: Trait) -> Mask:
        """Rows whose finding of a marker has a trait."""
        if marker not in codes:
            return no
        table = np.array(reader.vocabulary(marker).traits) & trait > 0
        mask: Mask = table[codes[marker]]
        return mask

    stains, negative = np.zeros(n, np.int16), np.zeros(n, np.int16)
    for marker, array in codes.items():
        if marker in markers and markers[marker].is_stain:
            stains += array > 0
            negative += has(marker, Trait.NEGATIVE)
    structure = model.network.structure
    tissue = (stains >= FEW_FINDINGS) & (negative == stains)
    if structure.compromised > 0:
        tissue |= watched["compromised"] >= TISSUE_RISE * structure.compromised
    imt_leads = top[:, 0] == position["imt"]
    open_leads = top[:, 0] == position[UNLISTED] if UNLISTED in position else no
    igg4 = no
    if "igg4rd" in position:
        igg4 = has("IGG4", Trait.POSITIVE) | (
            (top == position["igg4rd"]).any(axis=1) & (watched["igg4rd"] >= IGG4_SHARE)
        )
    rules = {
        "tissue_quality": tissue,
        "few_findings": n_findings < FEW_FINDINGS,
        "conflict": (conflict > CONFLICT_BITS) & (n_findings >= FEW_FINDINGS),
        "no_fit": open_leads & (n_findings > 0),
        "unlisted": (watched[UNLISTED] >= UNLISTED_SHARE) & ~open_leads if UNLISTED in position else no,
        "clone_sensitivity": _missed_by_clone(model, reader, codes, no),
        "alk_mimics": imt_leads & has("ALK", Trait.POSITIVE),
        "igg4_overlap": igg4,
        "keratin_bladder": _bladder(model, reader, codes, no)
        & has("CK", Trait.POSITIVE)
        & (top == position["imt"]).any(axis=1),
        "ki67_high": imt_leads & has("KI67", Trait.HIGH),
    }
    bits = np.zeros(n, np.uint16)
    for k, name in enumerate(COLUMN_FLAGS[1:], start=1):
        bits |= rules[name].astype(np.uint16) << np.uint16(k)
    return bits


def _missed_by_clone(model: Model, reader: Reader, codes: Mapping[str, Codes], no: Mask) -> Mask:
    """Rows with a negative by a clone known to miss some positives: a negative that leaves room for the other states."""
    out = no.copy()
    for marker in model.network.structure.stains:
        if marker in codes:
            vocabulary = reader.vocabulary(marker)
            soft = [
                bool(t & Trait.NEGATIVE and e[marker][1:].any())
                for e, t in zip(vocabulary.entries, vocabulary.traits, strict=False)
            ]
            out |= np.array(soft)[codes[marker]]
    return out


def _bladder(model: Model, reader: Reader, codes: Mapping[str, Codes], no: Mask) -> Mask:
    """Rows from the pelvis and urinary tract."""
    states = model.network.states(SITE)
    if SITE not in codes or "pelvis_gu" not in states:
        return no
    place = states.index("pelvis_gu")
    told = np.array([SITE in e and e[SITE][place] == 1.0 for e in reader.vocabulary(SITE).entries])
    mask: Mask = told[codes[SITE]]
    return mask
