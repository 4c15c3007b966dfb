"""The scoring API: load the knowledge, ask about a panel, score a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imtdx._types import Array, missing
from imtdx.coding import Coder
from imtdx.differential import Differential
from imtdx.engine import Engine
from imtdx.errors import UnknownNameError, UsageError, nearest
from imtdx.knowledge import Knowledge
from imtdx.merging import merged_panel, outweighed
from imtdx.network import Network
from imtdx.notation import (
    Lexicon,
    read_age,
    read_case,
    read_column,
    read_morphology,
    read_results,
    read_sex,
    read_site,
)
from imtdx.panel import Context, Finding, Panel, Remark
from imtdx.priors import build_prior
from imtdx.store import lexicon_of, read_knowledge
from imtdx.structure import read_structure

if TYPE_CHECKING:
    import pandas as pd
    from pgmpy.models import DiscreteBayesianNetwork

__all__ = ["Model", "load"]


class Model:
    """A compiled network and everything needed to ask it.

    Args:
        knowledge: the knowledge.
        prior: name of a prior profile, a mapping of diagnosis -> relative weight, or a path to a YAML file with such a mapping.
        fixed_priors: diagnosis -> probability that is fixed, on top of the profile.
        naive (bool): build the naive twin: no fusion node, no tissue quality, no links, no site dependence.
        parts: switches of single parts (fusion, tissue, links, site_dependence, site_context: age and sex by site; judgement:
            False for counts alone).
        scale (float): factor on every published count, for sensitivity analysis.

    Raises:
        UnknownNameError: an unknown prior or diagnosis.
        KnowledgeError: the network is inconsistent.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        prior: str | Mapping[str, float] | Path = "referral",
        *,
        fixed_priors: Mapping[str, float] | None = None,
        naive: bool = False,
        parts: Mapping[str, bool] | None = None,
        scale: float = 1.0,
    ) -> None:
        if not (parts or {}).get("judgement", True):
            knowledge = knowledge.without_judgement()
        self.knowledge = knowledge
        self.prior_name, weights = _prior_weights(knowledge, prior)
        self.prior: Array = build_prior(knowledge, self.prior_name, fixed_priors, weights)
        if fixed_priors:
            self.prior_name += ", " + ", ".join(f"{k}={v:g}" for k, v in fixed_priors.items())
        switches = dict.fromkeys(("fusion", "tissue", "links", "site_dependence", "site_context"), not naive)
        switches |= {k: v for k, v in (parts or {}).items() if k != "judgement"}
        self.structure = read_structure(knowledge, **switches)
        self.network = Network(knowledge, self.structure, self.prior, scale)
        self.engine = Engine(self.network)
        self.coder = Coder(self.network)
        self.diagnoses: tuple[str, ...] = self.network.diagnoses

    def __repr__(self) -> str:
        return (
            f"<Model {len(self.diagnoses)} diagnoses, {len(self.knowledge.markers)} markers, prior {self.prior_name}>"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from imtdx.report.notebook import model_html

        return model_html(self)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The words reports use."""
        return lexicon_of(self.knowledge)

    def index(self, diagnosis: str) -> int:
        """Position of a diagnosis, given by id, name, abbreviation or synonym.

        Raises:
            UnknownNameError: no such diagnosis.
        """
        return self.diagnoses.index(self.knowledge.diagnosis_id(diagnosis))

    # --- one case ------------------------------------------------------------------------------------------------------

    def panel(
        self,
        text: str | Panel | Mapping[str, str],
        *,
        age: float | str | None = None,
        sex: str | None = None,
        site: str | None = None,
        morphology: str | None = None,
        complete: bool = False,
        strict: bool = False,
    ) -> Panel:
        """Read a report or panel and its context.

        Args:
            text: a report or panel in words, a `Panel`, or a mapping of marker -> value in report notation.
            age (float | str | None): years, or words such as "14 mo"; wins over the text, as do the following.
            sex, site, morphology (str | None): words.
            complete (bool): the panel tells every stain that was asked for; which they are is then evidence (`imtdx.orders`).
            strict (bool): refuse a text with a word that stands where a stain would and is none that is known.

        Returns:
            Panel: several results of one marker as one, by the rule of `imtdx.merging`; markers told both ways under
            ``contradictions``, what was not understood under ``unrecognised``.

        Raises:
            PanelError: an impossible value, a misspelt name in a typed panel, a text of which nothing could be read.
            UsageError: ``text`` is none of these.
            ContextError: an unreadable or impossible age, sex or site.
        """
        age = None if missing(age) else age
        sex, site, morphology = (None if missing(v) else v for v in (sex, site, morphology))
        if missing(text):
            text = ""
        if isinstance(text, Panel):
            panel = text
        elif isinstance(text, Mapping):
            panel = self._from_mapping(text)
        elif isinstance(text, str):
            panel = read_case(text, self.lexicon, strict)
        else:
            raise UsageError(
                f"a panel is a text, a mapping of marker to result, or a Panel, not {type(text).__name__}; "
                "a table is scored with model.score"
            )
        readings, unrecognised = list(panel.told), list(panel.unrecognised)
        remarks: tuple[Remark, ...] = ()
        if morphology:
            features, unread = read_morphology(morphology, self.lexicon)
            if isinstance(text, str):
                # what is given beside a text wins, and is told
                remarks = outweighed(readings, features, self.knowledge.markers)
                readings = [f for f in readings if f.marker not in {g.marker for g in features}]
            # places in the H&E text are no places in the panel
            readings += [replace(f, span=None) for f in features]
            words = [
                w for m in self.knowledge.markers.values() if m.kind == "morphology" for w in (m.label, *m.synonyms)
            ]
            unrecognised += [
                replace(u, span=None, suggestion=next(iter(nearest(u.text, words, 1)), "")) for u in unread
            ]
        old = panel.context
        context = Context(
            age=old.age if age is None else read_age(age),
            sex=old.sex if sex is None else read_sex(sex),
            site=old.site if site is None else read_site(site, self.lexicon),
            site_reported=old.site_reported if site is None else site,
        )
        merged = merged_panel(readings, self.knowledge.markers, context, unrecognised, panel.text)
        given = {k for k, v in (("age", age), ("sex", sex), ("site", site)) if v is not None}
        kept = tuple(w for w in panel.words if w[0] not in given)
        remarks = (*merged.remarks, *remarks)
        return replace(merged, remarks=remarks, words=kept, ignored=panel.ignored, complete=complete or panel.complete)

    def _from_mapping(self, cells: Mapping[str, Any]) -> Panel:
        """A panel of marker -> value, each value read like a table cell; ``None`` and NaN are not done.

        Raises:
            UnknownNameError: a name that is no marker.
            PanelError: a value that is not understood.
        """
        # what a cell of a table is, whole floats and booleans included
        from imtdx.batch.vocabulary import cell_text

        readings: list[Finding] = []
        for name, value in cells.items():
            column = read_column(str(name), self.lexicon)
            if column is None or not column.marker or column.clone or column.choice:
                raise UnknownNameError("marker", str(name), [m.label for m in self.knowledge.markers.values()])
            if not missing(value):
                readings += read_results(column.marker, cell_text(value), self.lexicon, column.scale)
        text = "; ".join(f"{k}: {v}" for k, v in cells.items())
        return merged_panel(readings, self.knowledge.markers, text=text)

    def diagnose(
        self,
        panel: str | Panel | Mapping[str, str],
        *,
        age: float | str | None = None,
        sex: str | None = None,
        site: str | None = None,
        morphology: str | None = None,
        complete: bool = False,
        draws: int = 400,
        seed: int = 0,
        case_id: str = "",
        specimen: str = "",
        stock: Mapping[str, float] | None = None,
        engine: str = "compiled",
    ) -> Differential:
        """The differential for one panel.

        Args:
            panel, age, sex, site, morphology, complete: as in `panel`.
            draws (int): draws for the 95 % credible intervals.
            seed (int): their seed; the same seed gives the same intervals.
            case_id (str): shown in reports.
            specimen (str): "biopsy" or "resection", for the flags.
            stock: markers the laboratory can do -> cost; limits the next tests.
            engine (str): "compiled", or "pgmpy" to have the posterior from pgmpy's VariableElimination (the same, slower).

        Raises:
            PanelError, ContextError: as in `panel`.
            UsageError: another engine.
        """
        case_id = "" if missing(case_id) else str(case_id)
        read = self.panel(panel, age=age, sex=sex, site=site, morphology=morphology, complete=complete)
        return Differential(
            self, read, draws=draws, seed=seed, case_id=case_id, specimen=specimen, stock=stock, engine=engine
        )

    # --- tables ----------------------------------------------------------------------------------------------------------

    def score(
        self, frame: pd.DataFrame, *, full: bool = False, intervals: bool = False, **options: Any
    ) -> pd.DataFrame:
        """Score a table of cases: one row per row, in the same order. A pure function of the frame.

        Args:
            frame: wide, long or free-text layout, see the documentation of case tables.
            full (bool): add p_<id> for every diagnosis.
            intervals (bool): add the 95 % credible interval of P(IMT).

        Returns:
            pandas.DataFrame: id, top1, p1, ... status; same index as ``frame`` (the case ids of a long table).
        """
        from imtdx.scoring import score_frame

        return score_frame(self, frame, full=full, intervals=intervals, **options)

    # --- the network elsewhere ---------------------------------------------------------------------------------------------

    def to_pgmpy(self) -> DiscreteBayesianNetwork:
        """The same network as a checked ``pgmpy.models.DiscreteBayesianNetwork``."""
        return self.network.to_pgmpy()


def _prior_weights(
    knowledge: Knowledge, prior: str | Mapping[str, float] | Path
) -> tuple[str, Mapping[str, float] | None]:
    """Name and weights of a prior given as profile, mapping or file; weights are ``None`` for a profile."""
    if isinstance(prior, Mapping):
        return "own weights", _weights(knowledge, prior)
    if isinstance(prior, str) and prior in knowledge.priors:
        return prior, None
    path = Path(prior)
    if path.suffix in (".yaml", ".yml"):
        from imtdx._yaml import load_yaml

        raw = load_yaml(path)
        weights = raw.get("weights", raw)
        if not isinstance(weights, Mapping):
            raise UsageError(f"{path}: a prior file holds 'diagnosis: weight' pairs")
        return path.name, _weights(knowledge, weights)
    raise UnknownNameError("prior", str(prior), knowledge.priors)


def _weights(knowledge: Knowledge, raw: Mapping[str, Any]) -> dict[str, float]:
    """Weights by diagnosis id.

    Raises:
        UnknownNameError: no diagnosis goes by a name.
        UsageError: a diagnosis stands twice, or a weight is no number above 0.
    """
    out: dict[str, float] = {}
    for name, value in raw.items():
        key = knowledge.diagnosis_id(name)
        if key in out:
            raise UsageError(f"the prior weighs {key} twice; keep one")
        out[key] = _weight(name, value)
    return out


#: Beyond it sums of weights are lost in rounding, or overflow.
_MOST_WEIGHT = 1e15


def _weight(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= _MOST_WEIGHT:
        # Python does not print numbers of thousands of digits
        shown = "that" if isinstance(value, int) and value > _MOST_WEIGHT else repr(value)
        raise UsageError(f"prior weight of {name} must be a number above 0 and at most {_MOST_WEIGHT:g}, not {shown}")
    return float(value)


def load(
    prior: str | Mapping[str, float] | Path = "referral",
    overlays: Iterable[str | Path] = (),
    without_sources: Iterable[str] = (),
    *,
    knowledge: Path | str | None = None,
    **options: Any,
) -> Model:
    """Load the knowledge and compile the network.

    Args:
        prior: "referral" (default), "uniform", "incidence", a mapping of weights, or a path to a YAML file of weights.
        overlays: YAML files that add studies, markers, diagnoses or priors.
        without_sources: ids of sources whose counts are left out.
        knowledge: another knowledge directory.
        options: passed to `Model` (``fixed_priors``, ``naive``, ``parts``).

    Raises:
        KnowledgeError: the knowledge or an overlay is broken; says file:line and the mend.
        UnknownNameError: an unknown prior or source.
    """
    return Model(read_knowledge(knowledge, overlays).without_sources(without_sources), prior, **options)
