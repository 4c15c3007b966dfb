"""The scikit-learn face: the applicable estimator checks, and the same numbers as the model."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import imtdx

pytest.importorskip("sklearn")
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

FIXED_CLASSES = "the classes are the diagnoses of the knowledge, not the labels of y"
LABELS = "compares predicted labels as numbers; here they are diagnosis ids (the same property is tested below)"
NOT_APPLICABLE = {
    "check_fit_score_takes_y": "score() of invented numeric labels",
    "check_pipeline_consistency": "score() of invented numeric labels",
    "check_estimators_pickle": LABELS,
    "check_classifier_data_not_an_array": LABELS,
    "check_methods_sample_order_invariance": LABELS,
    "check_methods_subset_invariance": LABELS,
    "check_fit_idempotent": LABELS,
    "check_classifiers_classes": FIXED_CLASSES,
    "check_classifiers_train": FIXED_CLASSES,
    "check_classifiers_one_label": FIXED_CLASSES,
    "check_classifiers_regression_target": "y is not used",
    "check_classifier_not_supporting_multiclass": FIXED_CLASSES,
    "check_supervised_y_no_nan": "y is not used",
    "check_supervised_y_2d": "y is not used",
    "check_requires_y_none": "y is not used",
}


@parametrize_with_checks([imtdx.ImmunophenotypeClassifier()], expected_failed_checks=lambda estimator: NOT_APPLICABLE)
def test_estimator_checks(estimator: object, check: object) -> None:
    check(estimator)  # type: ignore[operator]


def test_same_numbers_as_the_model(model: imtdx.Model) -> None:
    frame = pd.DataFrame(
        {"ALK": ["+", "-", None], "S-100": ["-", "+", "-"], "Ki-67": ["10%", "2", None], "age": ["5", "60", None]}
    )
    classifier = imtdx.ImmunophenotypeClassifier().fit(frame)
    assert list(classifier.classes_) == list(model.diagnoses)
    assert list(classifier.feature_names_in_) == list(frame.columns)
    probabilities = classifier.predict_proba(frame)
    dx = model.diagnose("ALK+ S-100- Ki-67 10%", age=5)
    assert np.abs(probabilities[0] - dx.posterior).max() < 1e-9
    assert classifier.predict(frame)[0] == dx.rows[0].id
    assert np.allclose(probabilities.sum(axis=1), 1)


def test_nan_is_not_done(model: imtdx.Model) -> None:
    frame = pd.DataFrame({"ALK": [1.0, np.nan], "SMA": [1.0, 0.0], "KI67": [10.0, np.nan]})
    probabilities = imtdx.ImmunophenotypeClassifier().fit(frame).predict_proba(frame)
    assert np.abs(probabilities[1] - model.diagnose("SMA-").posterior).max() < 1e-9
    assert np.abs(probabilities[0] - model.diagnose("ALK+ SMA+ Ki-67 10%").posterior).max() < 1e-9


def test_in_a_pipeline() -> None:
    frame = pd.DataFrame({"ALK": ["+", "-"], "S-100": ["-", "+"]})
    pipeline = make_pipeline(FunctionTransformer(), imtdx.ImmunophenotypeClassifier())
    assert pipeline.fit(frame).predict(frame)[0] == "imt"


def test_columns_without_a_marker_are_refused() -> None:
    frame = pd.DataFrame({"colour": ["red"]})
    with pytest.raises(ValueError, match=r"colour|column"):
        imtdx.ImmunophenotypeClassifier().fit(frame).predict_proba(frame)


def test_pickled_reordered_and_refitted_it_says_the_same() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({m: rng.choice(["+", "-", "focal", "NP"], 40) for m in ("ALK", "SMA", "DES", "S100", "CD34")})
    classifier = imtdx.ImmunophenotypeClassifier().fit(frame)
    once = classifier.predict_proba(frame)
    assert np.array_equal(pickle.loads(pickle.dumps(classifier)).predict_proba(frame), once)
    assert np.array_equal(classifier.fit(frame).predict_proba(frame), once)
    order = rng.permutation(len(frame))
    assert np.abs(classifier.predict_proba(frame.iloc[order]) - once[order]).max() < 1e-12
    assert np.abs(classifier.predict_proba(frame.iloc[:7]) - once[:7]).max() < 1e-12


# --- in the company of scikit-learn ----------------------------------------------------------------------------------


def cohort() -> tuple[pd.DataFrame, np.ndarray]:
    """Sixty cases of three diagnoses."""
    rng = np.random.default_rng(0)
    panels = {
        "imt": ("+", "+", "-", "-"),
        "gist": ("-", "-", "+", "+"),
        "leiomyosarcoma": ("-", "+", "-", "-"),
    }
    labels = [list(panels)[k % 3] for k in range(60)]
    rows = [
        dict(zip(("ALK", "SMA", "CD117", "DOG1"), panels[d], strict=True)) | {"Desmin": rng.choice(["+", "-", "focal"])}
        for d in labels
    ]
    return pd.DataFrame(rows), np.array(labels)


def test_labels_are_the_classes(model: imtdx.Model) -> None:
    frame, labels = cohort()
    classifier = imtdx.ImmunophenotypeClassifier().fit(frame, labels)
    assert list(classifier.classes_) == ["gist", "imt", "leiomyosarcoma"]
    probabilities = classifier.predict_proba(frame)
    full = imtdx.ImmunophenotypeClassifier().fit(frame)
    every = full.predict_proba(frame)[:, [list(full.classes_).index(d) for d in classifier.classes_]]
    # what is asked is the diagnosis given that it is one of them
    assert np.allclose(probabilities, every / every.sum(axis=1, keepdims=True), atol=1e-12)
    assert classifier.score(frame, labels) > 0.6
    named = imtdx.ImmunophenotypeClassifier().fit(frame, np.where(labels == "gist", "GIST", labels))
    assert "GIST" in named.classes_ and np.allclose(named.predict_proba(frame), probabilities[:, [0, 1, 2]])


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration(method: str) -> None:
    from sklearn.calibration import CalibratedClassifierCV

    frame, labels = cohort()
    calibrated = CalibratedClassifierCV(imtdx.ImmunophenotypeClassifier(), method=method, cv=3).fit(frame, labels)
    probabilities = calibrated.predict_proba(frame)
    assert probabilities.shape == (60, 3) and np.allclose(probabilities.sum(axis=1), 1)
    assert list(calibrated.classes_) == ["gist", "imt", "leiomyosarcoma"]
    assert (calibrated.predict(frame) == labels).mean() > 0.8


def test_calibration_without_refitting() -> None:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    frame, labels = cohort()
    fitted = imtdx.ImmunophenotypeClassifier().fit(frame, labels)
    calibrated = CalibratedClassifierCV(FrozenEstimator(fitted), method="sigmoid").fit(frame, labels)
    assert calibrated.predict_proba(frame).shape == (60, 3)


def test_log_loss_in_cross_validation() -> None:
    from sklearn.metrics import log_loss
    from sklearn.model_selection import cross_val_score

    frame, labels = cohort()
    classifier = imtdx.ImmunophenotypeClassifier()
    scores = cross_val_score(classifier, frame, labels, scoring="neg_log_loss", cv=3)
    assert np.isfinite(scores).all() and (scores > -np.log(3)).all()
    # nothing is learnt from the folds, so together they are the whole
    whole = log_loss(labels, classifier.fit(frame, labels).predict_proba(frame), labels=classifier.classes_)
    assert scores.mean() == pytest.approx(-whole, abs=1e-9)


def test_cross_validated_probabilities() -> None:
    from sklearn.model_selection import cross_val_predict

    frame, labels = cohort()
    with pytest.raises(ValueError, match=r"numbers? the labels.*labels=numpy\.unique\(y\)"):
        cross_val_predict(imtdx.ImmunophenotypeClassifier(), frame, labels, method="predict_proba", cv=3)
    classifier = imtdx.ImmunophenotypeClassifier(labels=np.unique(labels))
    found = cross_val_predict(classifier, frame, labels, method="predict_proba", cv=3)
    assert np.allclose(found, imtdx.ImmunophenotypeClassifier().fit(frame, labels).predict_proba(frame))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["imt", "zebra"], "no diagnoses"),
        ([True, False], "no diagnoses"),
        (["GIST", "gist"], "two labels in y are one diagnosis"),
    ],
)
def test_labels_that_are_refused(labels: list[object], message: str) -> None:
    frame = pd.DataFrame({"ALK": ["+", "-"]})
    with pytest.raises(ValueError, match=message):
        imtdx.ImmunophenotypeClassifier().fit(frame, labels)


def test_numbers_under_a_scale_are_read_on_it(model: imtdx.Model) -> None:
    frame = pd.DataFrame({"ALK (%)": [2, 80], "SMA (0-3)": [1.0, 3.0]})
    found = imtdx.ImmunophenotypeClassifier().fit(frame).predict_proba(frame)
    assert np.abs(found[0] - model.diagnose("ALK 2%, SMA 1+").posterior).max() < 1e-9
    assert np.abs(found[1] - model.diagnose("ALK 80%, SMA 3+").posterior).max() < 1e-9
