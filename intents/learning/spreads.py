"""The spreads of scores and readings that rehearsal finds, of known questions and of others.

Look-alikes cannot be rehearsed, since nobody has asked any yet: they are made up.
"""

from __future__ import annotations

import numpy as np

from intents.guards.entry.likeness import LOOK_ALIKES, MOST
from intents.learning.calibration import FEW_KNOWN, Samples, Source
from intents.models.classifier import Floats, Labels

BINS = 15
SMOOTHING = 3.0
"""Observations that are spread over all bins of ``spectra``."""
BANDS = (0.45, 0.6, 0.75)
"""Least score of each band in which readings are looked at: what may be answered, surely or not."""
READINGS = (-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5)
"""The bounds between the bins of readings."""
ALIKE_SMOOTHING = 8.0
"""Observations of all bands together that each band's own are blended with."""

UNREAD: Floats = np.empty((0, len(READINGS) + 1))
"""The readings of a catalogue of which it is not known how its questions are read."""


def spectra(samples: Samples, misheard: Floats) -> Floats:
    """Spread of the scores (before reading) of known, near and far questions over ``BINS`` bins:
    ``[3, BINS]``, rows sum to 1.

    Known questions come as they are written and as they may be misheard, half of either. Each bin
    has a part of an observation on top, so that none is impossible. Where no near misses
    were rehearsed they are taken to score as known questions do, for that is the careful guess.
    """
    found = np.full((3, BINS), SMOOTHING / BINS)
    for source in (Source.KNOWN, Source.NEAR, Source.FAR):
        scores = samples.score[samples.source == source]
        found[source] += np.bincount(binned(scores), minlength=BINS)
    if not (samples.source == Source.NEAR).any():
        found[Source.NEAR] = found[Source.KNOWN]
    known = int((samples.source == Source.KNOWN).sum())
    if len(misheard) and known:
        each = known / len(misheard)
        found[Source.KNOWN] += each * np.bincount(binned(misheard), minlength=BINS)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def binned(scores: Floats) -> Labels:
    """The bin of each score of 0 to 1."""
    return np.minimum((np.asarray(scores) * BINS).astype(np.intp), BINS - 1)


def look_alikes(samples: Samples) -> Samples:
    """Texts worded like the questions of an entry that ask for another thing: each known question
    that would be answered rightly, with its score, and read as look-alikes are (``LOOK_ALIKES``).

    Nobody can write those of a catalogue before callers ask them. What is known of any is that
    vectors hardly tell them apart, and how the verifier reads them.
    """
    good = (samples.source == Source.KNOWN) & samples.right & ~samples.vetoed
    rows = np.flatnonzero(good)
    rows = rows[np.argsort(-samples.score[rows], kind="stable")]
    count = len(rows)
    read = np.array(LOOK_ALIKES)[(np.arange(count) * _STRIDE) % len(LOOK_ALIKES)]
    never = np.zeros(count, bool)
    kind = np.full(count, Source.LOOK_ALIKE, np.intp)
    return Samples(samples.score[rows], read, never, kind, never, samples.guess[rows])


_STRIDE = 7
"""Neighbours in score get readings that lie apart."""


def readings(samples: Samples) -> Floats:
    """Spread of how like their entry known questions are read, in each band of scores, and in the
    last row that of look-alikes: ``[bands + 1, bins]``, rows sum to 1.

    No rows at all where too few known questions were rehearsed to say.
    """
    known = (samples.source == Source.KNOWN) & samples.right & ~samples.vetoed
    band, read = banded(samples.score[known]), read_bin(samples.reading[known])
    if (band >= 0).sum() < FEW_KNOWN:
        return UNREAD
    every = np.bincount(read[band >= 0], minlength=len(READINGS) + 1) + 1.0
    found = [
        np.bincount(read[band == number], minlength=len(every))
        + ALIKE_SMOOTHING * every / every.sum()
        for number in range(len(BANDS))
    ]
    middles = (np.arange(len(LOOK_ALIKES)) + 0.5) / len(LOOK_ALIKES)
    below = np.interp(READINGS, [-MOST, *LOOK_ALIKES, MOST / 2], [0.0, *middles, 1.0])
    spread = np.stack([*found, np.diff(below, prepend=0.0, append=1.0)])
    return np.asarray(spread / spread.sum(axis=1, keepdims=True))


def banded(scores: Floats) -> Labels:
    """The band of each score; -1 below the lowest."""
    return np.asarray(np.digitize(scores, BANDS) - 1)


def read_bin(read: Floats) -> Labels:
    """The bin of each reading."""
    return np.asarray(np.digitize(read, READINGS))
