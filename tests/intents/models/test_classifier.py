"""The classifier: served probabilities are scikit-learn's, for any number of entries."""

from __future__ import annotations

import numpy as np
import pytest

from intents.models import classifier
from intents.models.classifier import Classifier, fit, unlike
from intents.models.encoder import Vectors


def cloud(classes: int, each: int, seed: int = 0) -> tuple[Vectors, np.ndarray, Vectors]:
    """Unit vectors around one direction per class, their labels, and background vectors."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(classes, 24))
    labels = np.repeat(np.arange(classes), each)
    points = centres[labels] + 0.5 * random.normal(size=(len(labels), 24))
    others = random.normal(size=(40, 24))
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (points, others)]
    return unit[0].astype(np.float32), labels, unit[1].astype(np.float32)


@pytest.mark.parametrize("classes", [1, 2, 3, 30])
def test_probabilities_add_up_and_point_at_the_class(classes: int) -> None:
    points, labels, others = cloud(classes, 6)
    model = fit(points, labels, classes, others)
    assert model.classes == classes
    shares = model.probabilities(points)
    assert shares.shape == (len(points), classes)
    assert bool((shares >= 0).all()) and bool((shares.sum(axis=1) <= 1 + 1e-9).all())
    assert (shares.argmax(axis=1) == labels).mean() > 0.95
    assert shares.max(axis=1).mean() > model.probabilities(others).max(axis=1).mean() + 0.2


def test_it_serves_what_scikit_learn_would() -> None:
    from sklearn.linear_model import LogisticRegression

    points, labels, others = cloud(4, 8)
    share = classifier.BACKGROUND_WEIGHT * len(points) / len(others)
    weight = np.r_[np.ones(len(points)), np.full(len(others), share)]
    reference = LogisticRegression(C=1 / (classifier.L2 * weight.sum()), max_iter=100, tol=1e-4)
    reference.fit(np.r_[points, others], np.r_[labels, np.full(len(others), 4)], weight)
    ours = fit(points, labels, 4, others).probabilities(points)
    assert ours == pytest.approx(reference.predict_proba(points)[:, :4], abs=1e-4)


def test_the_softmax_is_stable() -> None:
    model = Classifier(np.full((2, 3), 1e6, np.float32), np.zeros(3, np.float32))
    assert model.probabilities(np.ones((1, 2), np.float32)) == pytest.approx(1 / 3)


def test_background_that_a_question_resembles_is_left_out() -> None:
    questions = np.eye(3, dtype=np.float32)
    lines = np.array([[1, 0, 0], [0.5, 0.5, 0.7], [0, 0, 1]], np.float32)
    lines[1] = [0.577, 0.577, 0.577]
    assert unlike(lines, questions).tolist() == [1]


def test_very_many_classes_are_served_by_their_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "MAX_CLASSES", 10)
    points, labels, others = cloud(30, 5)
    model = fit(points, labels, 30, others)
    shares = model.probabilities(points)
    assert (shares.argmax(axis=1) == labels).mean() > 0.95
    assert shares.max(axis=1).mean() > 2 * model.probabilities(others).max(axis=1).mean()
