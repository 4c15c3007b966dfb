"""The model as a scikit-learn classifier.

The classes and the rates come from the knowledge, not from ``y``: fitting reads the column names and loads the model. So the estimator takes
its place in pipelines, cross-validation and calibration (`sklearn.calibration.CalibratedClassifierCV`) beside classifiers that learn.
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
from imtdx.errors import TableError
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

    Attributes:
        classes_: ndarray of diagnosis ids, in the order of ``predict_proba``.
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
    ) -> None:
        self.prior = prior
        self.overlays = overlays
        self.without_sources = without_sources
        self.naive = naive
        self.markers = markers

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
        """Load the model and note the columns.

        Args:
            X: frame or array of shape (cases, columns).
            y: ignored; the classes come from the knowledge.

        Raises:
            ValueError: no rows or columns, or values that are no table.
            KnowledgeError, UnknownNameError: as in `imtdx.load`.
        """
        validate_data(self, X, dtype=None, ensure_all_finite="allow-nan")
        self.model_: Model = load(self.prior, self.overlays, self.without_sources, naive=self.naive)
        self.classes_ = np.array(self.model_.diagnoses)
        return self

    def predict_proba(self, X: Any) -> Array:
        """P(Diagnosis | row), shape (cases, diagnoses), columns in the order of ``classes_``.

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
        return scored[[f"p_{d}" for d in self.classes_]].to_numpy(dtype=float)

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
        """Kind of the marker that a column stands for; empty for age and other columns."""
        from imtdx.notation import read_header

        marker = read_header(name, self.model_.lexicon)
        return self.model_.knowledge.markers[marker].kind if marker else ""


def _words(column: pd.Series[Any], kind: str) -> pd.Series[Any]:
    """Numbers as report notation: signs for stains and tests, figures for Ki-67 and everything else."""
    if kind in ("", "index"):
        return column
    signs: Mapping[bool, str] = {True: "+", False: "-"}
    return column.map(lambda v: None if pd.isna(v) else signs[bool(v > 0)]).astype(object)
