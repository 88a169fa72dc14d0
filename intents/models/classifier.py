"""Intent classifier: a softmax over the entries and one background class.

Fitted with scikit-learn when a catalogue is built, served as two numpy arrays. The background
class is learnt from general talk that no FAQ answers; without it a FAQ of two entries would be
sure of one of them whatever is said.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from intents.models.encoder import Vectors

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]

L2 = 5e-5
"""Weight decay per example. Hits at 1 % wrong on CLINC150 (10 a class, test queries, 3 draws):
1e-5 to 1e-4 are within noise of each other, 3e-4 costs 4 points or more and 1e-3 about 20."""
BACKGROUND_WEIGHT = 0.05
"""Weight of all background sentences together, as a share of all questions. 0 to 0.05 is
mostly within noise on CLINC150's test queries; 0.2 and more costs hits at three questions an
entry."""
MAX_CLASSES = 2000
"""Above it fitting would take minutes: each class is then its questions' mean direction."""
MEAN_SCALE = 20.0
"""Cosine to logit for such classes: a lead of 0.1 makes a class seven times likelier."""
TOO_NEAR = 0.6
"""A background sentence with a higher cosine to a question is left out: the FAQ answers it."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """Multinomial logistic regression over unit vectors."""

    weights: Vectors
    """``[dimension, classes + 1]``; the last column is the background."""
    bias: Vectors
    """``[classes + 1]``."""

    @property
    def classes(self) -> int:
        """Number of classes, background not counted."""
        return int(self.bias.shape[0]) - 1

    def probabilities(self, vectors: Vectors) -> Floats:
        """``[n, classes]``: rows sum to one less the background's share. 8 us a vector."""
        logits = (vectors @ self.weights + self.bias).astype(np.float64)
        logits -= logits.max(axis=1, keepdims=True)  # exp never overflows
        exponents = np.exp(logits)
        shares: Floats = exponents / exponents.sum(axis=1, keepdims=True)
        return shares[:, :-1]


def unlike(vectors: Vectors, questions: Vectors) -> Labels:
    """Rows of the background ``vectors`` that none of the questions resembles."""
    nearest = np.full(len(vectors), -1.0, np.float32)
    for at in range(0, len(questions), 4096):  # bounds memory with very many questions
        block = (vectors @ questions[at : at + 4096].T).max(axis=1)
        nearest = np.maximum(nearest, block)
    return np.flatnonzero(nearest < TOO_NEAR)


def fit(questions: Vectors, labels: Labels, classes: int, others: Vectors) -> Classifier:
    """Fit on ``questions`` with ``labels`` (0 to ``classes`` - 1, each present at least once).

    ``others`` are background vectors, at least one. 0.3 s for 1,500 questions of 150 classes.
    """
    if classes > MAX_CLASSES:
        return _means(questions, labels, classes, others)
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    share = BACKGROUND_WEIGHT * len(questions) / len(others)
    weight = np.concatenate([np.ones(len(questions)), np.full(len(others), share)])
    target = np.concatenate([labels, np.full(len(others), classes)])
    model = LogisticRegression(C=1 / (L2 * weight.sum()), max_iter=100, tol=1e-4)
    # One BLAS thread: the matrices are small, and threads that wait for each other on a busy
    # machine took 26 s for what one does in 0.4 s. It also keeps the result the same everywhere.
    with threadpool_limits(limits=1, user_api="blas"), warnings.catch_warnings():
        # Stopping after 100 steps is meant: more gains nothing.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(np.concatenate([questions, others]), target, sample_weight=weight)
    weights, bias = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(bias) == 1:  # two classes: scikit-learn keeps only the second's row
        weights, bias = np.vstack([-weights / 2, weights / 2]), np.array([-bias[0], bias[0]]) / 2
    return Classifier(np.ascontiguousarray(weights.T, dtype=np.float32), bias.astype(np.float32))


def _means(questions: Vectors, labels: Labels, classes: int, others: Vectors) -> Classifier:
    """Nearest mean direction as a softmax; the background's bar is its median nearest cosine."""
    sums = np.zeros((classes + 1, questions.shape[1]), np.float32)
    np.add.at(sums, labels, questions)
    sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    bias = np.zeros(classes + 1, np.float32)
    bias[classes] = MEAN_SCALE * float(np.median((others @ sums[:classes].T).max(axis=1)))
    return Classifier(np.ascontiguousarray(MEAN_SCALE * sums.T), bias)
