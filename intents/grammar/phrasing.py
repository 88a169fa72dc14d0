"""Classes of small words that hold a sentence together."""

from __future__ import annotations

from intents.text import lexicon

AUXILIARIES = lexicon.words("auxiliary")
SUBJECTS = lexicon.words("subject-start")
DETERMINERS = lexicon.words("determiner")
PREPOSITIONS = lexicon.words("preposition")
