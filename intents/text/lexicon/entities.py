"""Names that every line of business knows: places, brands, languages, colours, relatives.

``FAMILIES``: one line per family, its members apart by spaces; a member is one name or several for
the same thing (``uk/england/britain``), of several words with plus signs (``new+york``).
``SYNONYMS``: words that name the same thing, as people say them. ``GENERAL``: words that describe a
thing without naming another one. All words are canonical (``intents.text.spoken``).
"""

from __future__ import annotations

from intents.text.lexicon import classes

PLACES = classes.rows("places")
FAMILIES = classes.rows("families")
NAMES = tuple(member for line in (*PLACES, *FAMILIES) for member in line.partition(":")[2].split())
"""All that they name: "uk/england/united+kingdom" is one thing."""

WHOLE_PLACES = classes.words("whole-place")
"""A question with one of these is about every place."""

SYNONYMS = classes.rows("things")
"""Groups of words that name the same thing."""

GENERAL = classes.words("general")
"""Never a name."""
