"""Columns of cells to codes, codes to posteriors, posteriors to the columns of the answer.

    factors (distinct cells) -> codes per variable -> batch engine -> Scored

Every row of the input is one row of the answer, in order. What was not understood is an `Issues` list beside it, never
an exception: such a cell is skipped and the rest of its row is used.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imtdx.answer.conflict import jensen
from imtdx.answer.contributions import bayes_factor_of
from imtdx.answer.flags import Facts, Trait, flag_bits, is_from, is_implausible
from imtdx.batch.collected import Collected
from imtdx.batch.columns import Layout
from imtdx.batch.engine import TABLE_ROWS, BatchEngine
from imtdx.batch.factors import Factor
from imtdx.batch.fates import Fates, with_clones
from imtdx.batch.intervals import IntervalTables
from imtdx.batch.orders import RowOrders
from imtdx.batch.results import IMT, Issues, Scored, groups, notes
from imtdx.batch.singles import Singles
from imtdx.batch.vocabulary import Reader, cell_text
from imtdx.intervals import holding
from imtdx.knowledge import UNLISTED
from imtdx.variables import AGE, COMPLETE, SEX, SITE

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["Scorer"]

Array = NDArray[np.float64]
Codes = NDArray[np.integer]


class Scorer:
    """Scores tables for one model. Safe to use from several threads.

    Args:
        model: the model.
        full (bool): keep the probability of every diagnosis.
        intervals (bool): 95 % credible intervals of P(IMT); slow, some hundred distinct panels a second.
        draws, seed (int): of the intervals.
        strict (bool): a row with a contradiction counts as one with problems.

    Raises:
        UnknownNameError: the knowledge has no diagnosis ``imt``.
    """

    def __init__(
        self,
        model: Model,
        *,
        full: bool = False,
        intervals: bool = False,
        draws: int = 400,
        seed: int = 0,
        strict: bool = False,
        complete: bool = False,
    ) -> None:
        self.model = model
        self.complete = complete
        self.strict = strict
        self.full = full
        self.intervals = intervals
        self.draws, self.seed = draws, seed
        self.reader = Reader(model)
        self._imt = model.index(IMT)
        self._engines: dict[tuple[Any, ...], tuple[BatchEngine, Singles]] = {}
        self._interval_tables: IntervalTables | None = None
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_lock"} | {"_engines": {}, "_interval_tables": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.Lock())

    # --- columns to codes ------------------------------------------------------------------------------------------------

    def score(self, layout: Layout, factors: Mapping[int, Factor], n: int, offset: int = 0) -> tuple[Scored, Issues]:
        """Score some rows of a wide or free-text table.

        Args:
            layout: of the table.
            factors: position -> column, at least those of ``layout.used()``.
            n (int): rows.
            offset (int): rows of the table before these, for the issues.
        """
        issues = Issues(np.zeros(n, bool), offset)
        sources: dict[str, list[tuple[int, Codes]]] = {}
        fates: dict[int, Fates] = {}
        factors = with_clones(layout, factors, self.reader, issues)
        for position in layout.used():
            role, factor = layout.roles[position], factors[position]
            readings = self.reader.read_all(role, factor.values)
            for name in dict.fromkeys(name for r in readings for name in r.codes):
                table = np.array([*(r.codes.get(name, 0) for r in readings), 0], dtype=np.int32)
                sources.setdefault(name, []).append((position, factor.spread(table)))
            for code, reading in enumerate(readings):
                if reading.problems:
                    where = np.flatnonzero(factor.codes == code)
                    for problem in reading.problems:
                        issues.add(where, layout.headers[position], problem)
            fates[position] = Fates(layout.headers[position], factor, readings)
        codes = {name: self._combine(name, found, layout, factors, issues, fates) for name, found in sources.items()}
        for fate in fates.values():
            issues.cells.add(fate.cells())
        return self.score_codes(codes, n, issues.failed), issues

    def _combine(
        self,
        name: str,
        found: list[tuple[int, Codes]],
        layout: Layout,
        factors: Mapping[int, Factor],
        issues: Issues,
        fates: Mapping[int, Fates],
    ) -> Codes:
        """One array of codes from all the columns that speak of one variable."""
        if name in (AGE, SEX, SITE):
            # what a column tells goes before what a free-text panel mentions
            found = sorted(found, key=lambda f: layout.roles[f[0]].kind == "panel")
        position, out = found[0]
        positions = [position]
        collected = self.reader.collections(name)
        for position, codes in found[1:]:
            if name in (AGE, SEX, SITE) and layout.roles[position].kind == "panel":
                out = np.where(out > 0, out, codes)
                continue
            positions.append(position)
            out = collected.unions(out, codes)
        noted = collected.noted(out)
        if len(noted):
            self._note(collected, positions, out, noted, layout, factors, issues)
            against = np.flatnonzero(collected.contradicted(out))
            for place, codes in found:
                if len(against) and place in positions:
                    fates[place].fault(against[codes[against] > 0])
        return out

    @staticmethod
    def _note(
        collected: Collected,
        positions: Sequence[int],
        codes: Codes,
        noted: NDArray[np.intp],
        layout: Layout,
        factors: Mapping[int, Factor],
        issues: Issues,
    ) -> None:
        """Record what is to be said of several results of one variable."""
        key = codes[noted].astype(np.int64)
        for p in positions:
            cells = factors[p].codes[noted].astype(np.int64)
            key = np.unique(key * (int(cells.max()) + 2) + cells + 1, return_inverse=True)[1].astype(np.int64)
        for _, members in groups(key):
            rows = noted[members]
            told = [(layout.headers[p], cell_text(factors[p].cell(int(rows[0])))[:60]) for p in positions]
            told = [t for t in told if t[1]]
            headers, cells_told = " / ".join(h for h, _ in told), " / ".join(c for _, c in told)
            for problem in notes(collected.outcomes[int(codes[rows[0]])], cells_told):
                issues.add(rows, headers, problem)

    # --- codes to results --------------------------------------------------------------------------------------------------

    def score_codes(self, codes: Mapping[str, Codes], n: int, failed: NDArray[np.bool_]) -> Scored:
        """Score rows given as codes.

        Args:
            codes: variable -> code of each row in ``self.reader.collections(variable)``.
            n (int): rows.
            failed: rows that count as ones with problems.
        """
        order = self.model.network.nodes
        # the order of the columns must not show, not even in the last digit
        codes, ordered = self._orders(codes, n)
        names = tuple(sorted(codes, key=lambda name: list(order).index(name) if name in order else len(order)))
        n_findings = np.zeros(n, np.int16)
        contradicted = np.zeros(n, bool)
        arrays: list[Codes] = []
        for name in names:
            collected = self.reader.collections(name)
            arrays.append(collected.evidence(codes[name]))
            if name not in (AGE, SEX, SITE):
                n_findings += arrays[-1] > 0
                contradicted |= collected.contradicted(codes[name])
        repeats = _repeats(arrays if ordered is None else [*arrays, ordered.codes()], n)
        if repeats is None:
            out = self._score(names, arrays, n_findings, ordered)
        else:
            first, back = repeats
            some = None if ordered is None else ordered[first]
            out = self._score(names, [a[first] for a in arrays], n_findings[first], some).take(back)
        out.flag_bits |= contradicted.astype(np.uint16)  # bit 0: not a question of the evidence
        failed = failed | contradicted if self.strict else failed
        out.status = np.where(failed, 2, np.where(n_findings == 0, 1, 0)).astype(np.int8)
        return out

    def _orders(self, codes: Mapping[str, Codes], n: int) -> tuple[dict[str, Codes], RowOrders | None]:
        """The codes of evidence proper, and what was asked for in each row; ``None`` where it is no evidence in any."""
        codes, orders = dict(codes), self.model.coder.orders
        complete = np.full(n, self.complete)
        if COMPLETE in codes:
            # 1 says yes and 2 says no, whatever was asked of the table as a whole
            said = self.reader.collections(COMPLETE).evidence(codes.pop(COMPLETE))
            complete = np.where(said > 0, said == 1, complete)
        if orders is None or not complete.any():
            return codes, None
        told = np.zeros((n, len(orders.markers)), bool)
        for name, code in codes.items():
            place = orders.place(name)
            if place is not None:
                told[:, place] |= code > 0
        return codes, RowOrders.of(orders, told, complete)

    def _score(
        self,
        names: tuple[str, ...],
        arrays: Sequence[Codes],
        n_findings: NDArray[np.int16],
        ordered: RowOrders | None = None,
    ) -> Scored:
        """Every row on its own; ``status`` is left to the caller."""
        n, model = len(n_findings), self.model
        told = dict(zip(names, arrays, strict=True))
        arrays = self._one_voice(names, arrays)
        engine, singles = self._compiled(names, n)
        out = Scored(
            diagnoses=model.diagnoses,
            top=np.empty((n, 3), np.int8),
            p=np.empty((n, 3)),
            p_imt=np.empty(n),
            log10_bf=np.empty(n),
            n_findings=n_findings,
            conflict=np.zeros(n),
            flag_bits=np.zeros(n, np.uint16),
            status=np.zeros(n, np.int8),
            posterior=np.empty((n, len(model.diagnoses))) if self.full else None,
        )
        # nothing told in any row: the prior
        arrays = arrays or [np.zeros(n, np.intp)]
        log_evidence, rest = np.empty(n), np.empty(n)
        others = np.ones(len(model.diagnoses))
        others[self._imt] = 0.0
        watched = {d: np.empty(n) for d in (UNLISTED, "igg4rd") if d in model.diagnoses} | {"compromised": np.empty(n)}
        for block in engine.blocks(arrays, ordered=ordered):
            rows = slice(block.start, block.stop)
            log_evidence[rows] = block.log_evidence
            out.p_imt[rows] = block.posterior[:, self._imt]
            rest[rows] = block.posterior @ others
            for d, values in watched.items():
                values[rows] = block.compromised if d == "compromised" else block.posterior[:, model.diagnoses.index(d)]
            if out.posterior is not None:
                out.posterior[rows] = block.posterior
            _top(block.posterior, out.top[rows], out.p[rows])
        if n:
            out.log10_bf[:] = self._bayes_factor(engine, arrays, out.p_imt, rest, ordered)
            if names:
                base, alone, findings = singles.log_alone(arrays, n, ordered)
                out.conflict[:] = jensen(log_evidence - base, alone, findings)
            out.flag_bits[:] = flag_bits(model, self._facts(told, out, watched))
        if self.intervals:
            out.low, out.high = self._intervals(engine, arrays, out.p_imt, ordered)
        return out

    def _intervals(
        self, engine: BatchEngine, arrays: Sequence[Codes], p_imt: Array, ordered: RowOrders | None
    ) -> tuple[Array, Array]:
        with self._lock:
            if self._interval_tables is None:
                self._interval_tables = IntervalTables(self.model.engine, self.draws, self.seed)
            low, high = self._interval_tables.intervals(engine.vocabularies, arrays, self._imt, ordered)
        return holding(low, high, p_imt)

    def _compiled(self, names: tuple[str, ...], n: int) -> tuple[BatchEngine, Singles]:
        """Engine and conflict tables for some variables, made again only when a vocabulary has grown."""
        vocabularies = [list(self.reader.vocabulary(name).entries) for name in names]
        # small frames are not worth large tables
        rows = TABLE_ROWS if n > 20_000 else 512 if n > 500 else 64
        key = (names, tuple(len(v) for v in vocabularies), rows)
        if key not in self._engines:
            with self._lock:
                if key not in self._engines:
                    engine = BatchEngine(self.model.engine, vocabularies or [[{}]], table_rows=rows)
                    singles = Singles(self.model.engine, names, vocabularies)
                    if len(self._engines) > 8:
                        self._engines.clear()
                    self._engines[key] = engine, singles
                    return engine, singles
        return self._engines[key]

    def _one_voice(self, names: tuple[str, ...], arrays: Sequence[Codes]) -> list[Codes]:
        """Let only the column of a variable itself speak of it where another does too (a stain that told its pattern, and a
        column of that pattern)."""
        out = list(arrays)
        for k, name in enumerate(names):
            vocabulary = self.reader.vocabulary(name)
            for other in {v for entry in vocabulary.entries for v in entry} - {name}:
                if other not in names:
                    continue
                speaks = np.array([other in entry for entry in vocabulary.entries])
                both = speaks[out[k]] & (arrays[names.index(other)] > 0)
                if both.any():
                    without = np.array(
                        [vocabulary.code({v: x for v, x in e.items() if v != other}) for e in list(vocabulary.entries)],
                        np.int32,
                    )
                    out[k] = np.where(both, without[out[k]], out[k])
        return out

    def _facts(self, codes: Mapping[str, Codes], out: Scored, watched: Mapping[str, Array]) -> Facts:
        """What flags look at, of rows given as codes."""
        n, model = len(out), self.model
        markers = model.knowledge.markers

        def has(marker: str, wanted: Trait) -> NDArray[np.bool_]:
            if marker not in codes:
                return np.zeros(n, bool)
            table = np.array(self.reader.vocabulary(marker).traits) & wanted > 0
            mask: NDArray[np.bool_] = table[codes[marker]]
            return mask

        def at(sites: Sequence[str]) -> NDArray[np.bool_]:
            if SITE not in codes:
                return np.zeros(n, bool)
            told = [is_from(model, sites, entry) for entry in self.reader.vocabulary(SITE).entries]
            mask: NDArray[np.bool_] = np.array(told)[codes[SITE]]
            return mask

        implausible = np.zeros(n, bool)
        if SITE in codes and SEX in codes:
            sites, sexes = (self.reader.vocabulary(name).entries for name in (SITE, SEX))
            both = np.array([[is_implausible(model, s, x) for x in sexes] for s in sites])
            implausible = both[codes[SITE], codes[SEX]]
        stains, negative = np.zeros(n, np.int16), np.zeros(n, np.int16)
        for marker, array in codes.items():
            if marker in markers and markers[marker].is_stain:
                stains += array > 0
                negative += has(marker, Trait.NEGATIVE)
        return Facts(
            n_findings=out.n_findings,
            stains=stains,
            negative=negative,
            contradicted=np.zeros(n, bool),
            implausible=implausible,
            compromised=watched["compromised"],
            top=out.top,
            probability=watched,
            conflict=out.conflict,
            p_value=None,
            has=has,
            at=at,
        )

    def _bayes_factor(
        self, engine: BatchEngine, arrays: Sequence[Codes], own: Array, rest: Array, ordered: RowOrders | None
    ) -> Array:
        """log10 Bayes factor of the panel for IMT against the rest, shape (rows,)."""
        log_prior, k = self.model.engine.log_prior, self._imt
        two = np.array([log_prior[k], np.logaddexp.reduce(np.delete(log_prior, k))])
        with np.errstate(divide="ignore", invalid="ignore"):
            out = bayes_factor_of(np.log(np.stack([own, rest], axis=1)), two, 0)
        lost = np.flatnonzero(~np.isfinite(out))
        if len(lost):
            # beyond the range of doubles: again, in logarithms
            joint = engine.log_joint([a[lost] for a in arrays], None if ordered is None else ordered[lost])
            out[lost] = bayes_factor_of(joint, log_prior, k)
        # rounding is no evidence
        out[np.abs(out) < 1e-13] = 0.0
        return out


def _top(posterior: Array, top: NDArray[np.int8], p: Array) -> None:
    """The three most probable diagnoses of each row; the first of equals goes first."""
    work = posterior.copy()
    flat = work.ravel()
    starts = np.arange(len(work)) * work.shape[1]
    for k in range(top.shape[1]):
        best = work.argmax(axis=1)
        top[:, k] = best
        best += starts
        p[:, k] = flat.take(best)
        flat[best] = -1.0


def _repeats(arrays: Sequence[Codes], n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """First row of each distinct panel, and for each row which of these it is; ``None`` where too few repeat to be worth it."""
    if n < 64 or not arrays:
        return None
    sample = min(n, 4096)
    # a sample this size of panels that are drawn from ten thousand repeats one in six
    if len(np.unique(_keys([a[:sample] for a in arrays]))) > 0.9 * sample:
        return None
    _, first, back = np.unique(_keys(arrays), return_index=True, return_inverse=True)
    return first, back


def _keys(arrays: Sequence[Codes]) -> NDArray[np.int64]:
    """One number per distinct panel, shape (rows,)."""
    key = arrays[0].astype(np.int64)
    span = int(key.max()) + 1
    for array in arrays[1:]:
        size = int(array.max()) + 1
        if span * size > 1 << 62:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            span = len(key)
        key *= size
        key += array
        span *= size
    return key
