"""The model as a scikit-learn classifier.

The rates come from the knowledge, not from ``y``: fitting reads the column names, loads the model and notes which diagnoses are asked for.
So the estimator takes its place in pipelines, cross-validation and calibration (`sklearn.calibration.CalibratedClassifierCV`) beside
classifiers that learn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from imtdx._types import Array
from imtdx.errors import TableError, UnknownNameError
from imtdx.model import Model, load

__all__ = ["ImmunophenotypeClassifier"]


class ImmunophenotypeClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Predict the diagnosis from a table of stains.

    Columns are named as people name them (``ALK``, ``S-100``, ``Ki-67``, ``age``, ``sex``, ``site``); cells are in report notation (``+``,
    ``focal``, ``NP``, ``10%``). Numbers are read as results too: NaN is not done; a stain of 0 or less is negative, above 0 positive;
    Ki-67 and age are figures. An array without column names needs ``markers``.

    Args:
        prior (str | Mapping | Path): as in `imtdx.load`.
        overlays (Iterable): overlay files.
        without_sources (Iterable[str]): sources to leave out.
        naive (bool): the naive twin.
        markers (Sequence[str] | None): names of the columns of an array without names; ``None`` takes the markers in listing order.
        labels (Sequence[str] | None): diagnosis of each number in ``y``, where labels are numbered:
            ``cross_val_predict(..., method="predict_proba")`` numbers them in sorted order, so give ``labels=numpy.unique(y)``.

    Attributes:
        classes_: ndarray of the labels in ``y``, sorted, or of all diagnosis ids when fitted without labels; the order of
            ``predict_proba``. With labels the probabilities are those given that the diagnosis is one of them.
        feature_names_in_: ndarray of column names, when fitted on a frame.
        n_features_in_: number of columns.
        model_: the loaded `Model`.
    """

    def __init__(
        self,
        prior: Any = "referral",
        overlays: Iterable[Any] = (),
        without_sources: Iterable[str] = (),
        naive: bool = False,
        markers: Sequence[str] | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        self.prior = prior
        self.overlays = overlays
        self.without_sources = without_sources
        self.naive = naive
        self.markers = markers
        self.labels = labels

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.target_tags.required = False
        # the classes are the diagnoses of the knowledge, whatever the labels of a toy problem
        tags.classifier_tags.poor_score = True
        tags.no_validation = False
        return tags

    def fit(self, X: Any, y: Any = None) -> ImmunophenotypeClassifier:
        """Load the model, note the columns and the diagnoses asked for.

        Args:
            X: frame or array of shape (cases, columns).
            y: diagnoses (ids, names or synonyms), of shape (cases,); ``None`` for all that the knowledge has. Nothing is learnt from it.
                Labels that are no diagnoses beside an array without column names are not used.

        Raises:
            ValueError: no rows or columns, values that are no table, labels that are no diagnoses, or two labels of one diagnosis.
            KnowledgeError, UnknownNameError: as in `imtdx.load`.
        """
        validate_data(self, X, dtype=None, ensure_all_finite="allow-nan")
        self.model_: Model = load(self.prior, self.overlays, self.without_sources, naive=self.naive)
        self.classes_, self._diagnoses = self._classes(y, named=hasattr(X, "columns"))
        return self

    def _classes(self, y: Any, named: bool) -> tuple[np.ndarray[Any, Any], list[str]]:
        """Labels and the diagnosis of each."""
        every = list(self.model_.diagnoses)
        if y is None:
            return np.array(every), every
        given = np.unique(np.asarray(y).ravel())
        try:
            names = given if self.labels is None else [self.labels[int(k)] for k in given]
            meant = [self.model_.knowledge.diagnosis_id(str(name)) for name in names]
        except (UnknownNameError, IndexError, ValueError):
            if not named and self.labels is None:
                # labels of another problem, as in the checks of scikit-learn
                return np.array(every), every
            shown = ", ".join(repr(str(k)) for k in given[:5])
            raise ValueError(
                f"the labels {shown} in y are no diagnoses: give ids or names of diagnoses, or leave y out. "
                "cross_val_predict(..., method='predict_proba') and calibration by temperature number the labels: "
                "give ImmunophenotypeClassifier(labels=numpy.unique(y))"
            ) from None
        if len(set(meant)) < len(meant):
            raise ValueError(
                f"two labels in y are one diagnosis: {', '.join(map(str, given[:8]))}; write it in one way"
            )
        return given, meant

    def predict_proba(self, X: Any) -> Array:
        """P(Diagnosis | row), shape (cases, classes), columns in the order of ``classes_``.

        Raises:
            NotFittedError: before `fit`.
            ValueError: other columns than in `fit`, or none that names a marker.
        """
        check_is_fitted(self)
        data = validate_data(self, X, dtype=None, ensure_all_finite="allow-nan", reset=False)
        try:
            scored = self.model_.score(self._frame(X, data), full=True)
        except TableError as exc:
            raise ValueError(str(exc)) from exc
        out: Array = scored[[f"p_{d}" for d in self._diagnoses]].to_numpy(dtype=float)
        if len(self._diagnoses) < len(self.model_.diagnoses):
            # far-off cases may leave next to nothing for the diagnoses asked for
            out = np.maximum(out, np.finfo(float).tiny)
            out = out / out.sum(axis=1, keepdims=True)
        return out

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """The most probable diagnosis of each row, shape (cases,)."""
        probabilities = self.predict_proba(X)
        out: np.ndarray[Any, Any] = self.classes_[probabilities.argmax(axis=1)]
        return out

    def _frame(self, X: Any, data: Any) -> pd.DataFrame:
        """The rows as a frame of report notation."""
        if hasattr(X, "columns"):
            frame = X if isinstance(X, pd.DataFrame) else pd.DataFrame({str(c): list(X[c]) for c in X.columns})
            frame = frame.copy(deep=False)
        else:
            names = (
                list(self.markers) if self.markers is not None else list(self.model_.knowledge.markers)[: data.shape[1]]
            )
            if len(names) != data.shape[1]:
                raise ValueError(
                    f"X has {data.shape[1]} columns without names, and {len(names)} markers name them; give `markers`"
                )
            frame = pd.DataFrame(data, columns=names)
        for k, name in enumerate(frame.columns):
            column = frame.iloc[:, k]
            if pd.api.types.is_numeric_dtype(column):
                frame[name] = _words(column, self._kind(str(name)))
        return frame

    def _kind(self, name: str) -> str:
        """Kind of the marker that a column stands for; empty for age, other columns, and those whose header tells a scale."""
        from imtdx.notation import read_column

        column = read_column(name, self.model_.lexicon)
        if column is None or not column.marker or column.scale or column.codes:
            return ""
        return self.model_.knowledge.markers[column.marker].kind


def _words(column: pd.Series[Any], kind: str) -> pd.Series[Any]:
    """Numbers as report notation: signs for stains and tests, figures for Ki-67 and everything else."""
    if kind in ("", "index"):
        return column
    signs: Mapping[bool, str] = {True: "+", False: "-"}
    return column.map(lambda v: None if pd.isna(v) else signs[bool(v > 0)]).astype(object)
