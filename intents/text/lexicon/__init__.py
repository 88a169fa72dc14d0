"""Classes of English words, each defined once: data files in ``words``, ``tables``."""

from intents.text.lexicon.classes import alternation, ordered, rows, words

__all__ = ["alternation", "ordered", "rows", "words"]
