"""The likeness of two texts, read together by the verifier (``intents.models.build.verifier``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from intents.models.encoder import Encoder

Likeness = Callable[[str, Sequence[str]], Sequence[float]]
"""``Encoder.likeness``: log-odds that a canonical text asks for the same as each question."""
Settled = Callable[[float, float], bool]
"""Is the decision the same wherever between these two a likeness lies?"""


def of(encoder: Encoder) -> Likeness | None:
    """Return how texts are read together with this encoder; None if it has no verifier."""
    return encoder.likeness if encoder.verifies else None


def alike(said: str, question: str, likeness: Likeness | None, limit: float) -> bool:
    """Are both texts (canonical), read together, as alike as ``limit``? Not if nobody reads."""
    return likeness is not None and likeness(said, (question,))[0] >= limit


READ = 3
"""Questions of an entry, the nearest, beside which a text is read at most. The mean over three
tells look-alikes from paraphrases better than the most alike of them."""
AHEAD = ((0.65, -0.41, 2.9), (0.87, -0.17, 1.5))
"""The mean over three, reckoned from that of the first question, and of the first two: a factor,
what is added, and how far off that is in 1 of 100 texts, either way. Least squares over
1,000 of CLINC150's validation questions beside the entry that comes nearest, half of them with
three questions an entry, half with ten."""
SURE = 4.0
"""The likeness to its nearest question with which a text is answered where too few questions are
known to be sure of a low similarity."""
LEAST = (1.5, 3.0)
"""The likeness from which an entry of one question, and of two, is answered with: no more is known
of it, and with two the score lets more through. Held-out look-alikes of entries of one question:
0.5 instead of 2.4 % of 2,173 are answered, for 8 % of the answers to paraphrases; of two: 0.6
instead of 1.5 %, for 21 %. Of CLINC150's test queries a bar of 0 would cost 32 % of the right
answers at three questions, 29 % at ten."""
MOST = 6.0
"""The bound of a likeness that counts, either way."""
LOOK_ALIKES = (-4.7, -4.15, -3.7, -3.25, -2.85, -2.4, -1.95, -1.45, -0.75, 0.3)
"""The likenesses that look-alikes have to their entry: the middles of ten parts of equal size, of
1,304 look-alikes of the 326 entries of ``training/entries`` that the verifier never learnt, beside
three and beside nine questions. How near their vectors are hardly matters: the median is -2.3 to
-3.0 in every band of cosines."""
MANY = 10
"""Questions beside which a text is read at most where callers ask look-alikes."""
EACH_MORE = (0.04, 0.02)
"""The mean over more than ``READ`` questions is stretched and raised, by so much for each of them,
so that as many look-alikes are answered as with the mean over ``READ``: in three catalogues of the
entries of ``LOOK_ALIKES`` with eight questions 2.2 %, and 26.2 instead of 21.3 % of the
paraphrases. A logistic line through both rises by 1.47 per unit with three questions and by 1.81
with nine."""
MORE_OFF = 2.0
"""In about 1 of 100 texts the likeness to nine questions lies farther than this from that to
``READ``."""


def least(questions: int) -> float | None:
    """The likeness from which an entry of so many questions is answered with; None: any."""
    return LEAST[questions - 1] if questions <= len(LEAST) else None


def mean(said: str, questions: Sequence[str], likeness: Likeness) -> float:
    """Return how alike the text is to an entry's nearest questions (canonical, nearest first)."""
    found = likeness(said, questions[:READ])
    return _bounded(sum(found) / len(found))


def sooner(said: str, questions: Sequence[str], likeness: Likeness, settled: Settled) -> float:
    """Return ``mean``, or what it most likely is as soon as what it may be is ``settled``: reading
    on would change nothing. At least one question is read; one after the other they take as long as
    together."""
    found: list[float] = []
    for question in questions[:READ]:
        found += likeness(said, (question,))
        mean = sum(found) / len(found)
        if len(questions) >= READ > len(found):
            factor, added, off = AHEAD[len(found) - 1]
            likely = _bounded(factor * mean + added)
            if settled(_bounded(likely - off), _bounded(likely + off)):
                return likely
    return _bounded(mean)


def widely(said: str, questions: Sequence[str], likeness: Likeness, settled: Settled) -> float:
    """Return how alike the text is to up to ``MANY`` questions, as ``sooner`` does to the nearest:
    one that is worded like a look-alike no longer speaks for the entry."""
    more = len(questions[:MANY]) - READ

    def settled_by_all(low: float, high: float) -> bool:
        return settled(_bounded(low - MORE_OFF), _bounded(high + MORE_OFF))

    likely = sooner(said, questions, likeness, settled_by_all if more > 0 else settled)
    if more <= 0 or settled_by_all(likely, likely):
        return likely
    nearest = [likeness(said, (question,))[0] for question in questions[:READ]]  # remembered
    found = [*nearest, *likeness(said, questions[READ:MANY])]
    stretched, added = (more * each for each in EACH_MORE)
    return _bounded((1.0 + stretched) * sum(found) / len(found) + added)


def _bounded(value: float) -> float:
    return min(max(value, -MOST), MOST)
