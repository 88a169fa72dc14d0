"""Word tables of ``completeness``: what may, and may not, stand at the end of a sentence."""

from __future__ import annotations

import re

from intents.text import lexicon

_QUESTION_WORD = lexicon.alternation("question-word")

HANGING = lexicon.words("hanging")
"""Words that a finished sentence rarely ends with."""
STRANDED = lexicon.words("stranded-preposition")
"""May end a question that begins with what, who, where, which or how: "what is this for"."""
PARTICLES = lexicon.words("particle")
PARTICLE_VERBS = lexicon.words("particle-verb")
MODIFIERS = lexicon.words("modifier")
"""Words that mostly stand before a noun: "what are your opening"."""
NOUNS = lexicon.words("modifier-noun")
"""Modifiers that are nouns of their own: "my prescription"."""
STATES = lexicon.words("modifier-state")
"""Modifiers that end a sentence when no article is before them: "is delivery free"."""
NEEDS_OBJECT = lexicon.words("needs-object")
"""Verbs that ask for what comes next, unless the question word is their object."""
MAYBE_OBJECT = lexicon.words("maybe-object")
"""Verbs that stand alone now and then: "how do i pay"."""
COMMON_NOUNS = lexicon.words("common-noun")
SHORT = lexicon.words("whole-reply")
"""Whole replies of one word."""
OPENINGS = frozenset(
    ("what", "sorry", "excuse me", "huh", "i am sorry", "so", "well", "oh", "wait", "right",
     "please", "someone", "actually")
)  # fmt: skip
"""Whole replies, and just as often the beginning of a sentence."""
DETERMINERS = lexicon.words("determiner-before-modifier")
BE = lexicon.words("be-before-modifier")

# --- frames: beginnings that are not yet a sentence ---------------------------------------------

WH = rf"(?:{_QUESTION_WORD})"
AUX = rf"(?:{lexicon.alternation('auxiliary')})"
SUBJECT = r"(?:i|you|we|they|it|he|she|there|this|that|someone|anyone|people|somebody)"

GREETING = re.compile(
    r"(?:(?:hi|hello|hey|hiya|there|good (?:morning|afternoon|evening|day)|okay|so|well|yes|yeah"
    r"|oh|sorry|excuse me|thanks|thank you|please|actually|listen|look|right|now|um|uh)(?: |$))*"
    r"(?:(?:my name is|this is|i am|it is) (?:\S+ ?){1,2}(?:calling|here|speaking)?)?"
)
"""Greeting and introduction: the question follows."""

_WANTING = (
    r"i (?:just )?(?:want|wanted|need|needed|would like|would love|am trying|am going|have|am|was"
    r"|would|will|can|cannot|could not|do not|did not|am not|have to|have not|had|am looking"
    r"|am calling|think|thought|guess|was told|was wondering|am wondering|was thinking"
    r"|was hoping|hope|wonder|am not sure|do not know|do not understand|noticed|see|saw|heard"
    r"|wish|mean|received|got|am having|have been|keep|tried|cannot seem|am unable|forgot"
    r"|would appreciate)"
    r"(?: (?:to|know|ask|see|find out|check|understand|you|it|that|for|about|trying|able|speak"
    r"|talk|get|have|make|do|report|help|be|go))*"
)
_HAVING = (
    r"i (?:have|had) (?:a|one|another|some|two) (?:quick |more )?(?:question|questions|problem"
    r"|issue)(?: (?:about|with|regarding))?"
    r"|i am (?:calling|phoning|ringing)(?: (?:about|because|to|regarding))?"
    r"|i need (?:some )?help(?: with)?"
    r"|(?:the|my|your) (?:thing|problem|question|issue|reason)(?: (?:is|was))?"
)
_ASKING = (
    rf"{WH}(?: (?:much|many|long|far|often|soon|late|early|time|kind|type|sort|day|else|about"
    r"|come|old|big|many \S+))*"
    rf"|(?:{WH}(?: \S+){{0,2}} )?{AUX}(?: not)? {SUBJECT}(?: (?:be|still|also|have to|need to|able"
    r"|able to|allowed|supposed|possible|just|even|ever|always|get to|want to|please|any way"
    r"|a way|to))*"
    rf"|(?:{WH}|{AUX})(?: \S+)? (?:the|my|your|a|an|our|this|that)"
    r"|(?:is|was) (?:it|there)(?: (?:possible|okay|true|any|a|some|safe|normal|a way|any way"
    r"|required|necessary|allowed|better|worth))*"
    r"|do you (?:happen to )?know|any (?:idea|chance)|(?:do|would) you mind"
)
_TELLING = (
    r"(?:please )?(?:can you |could you |would you |will you )?(?:please )?(?:tell me|let me know"
    r"|explain|show me|give me|help me|send me|tell|give|show|send|put me|check)"
)
FRAMES = re.compile(f"(?:{_ASKING}|{_TELLING}|{_WANTING}|{_HAVING})")

CLAUSE_FIRST = re.compile(
    r"(?:if|when (?:i|my)|because|since|after (?:i|my)|once (?:i|my)|in case)\b"
)
MAIN_CLAUSE = re.compile(
    rf" (?:{WH}|{AUX} {SUBJECT}|{AUX} my|can i|i (?:want|need|would|have to|cannot|will|get))\b"
)
ASKED = re.compile(
    r"\b(?:what|who|how much|how many|which|what \S+(?: \S+)?|which \S+(?: \S+)?"
    rf"|how (?:much|many) \S+(?: \S+)?) (?:{AUX} )?(?:i|you|we|they)"
    r"(?: (?:have to|need to|usually|also|still|currently))? \S+$"
)
"""A question whose first word is the object of its last: "which doctors do you have"."""
LIKENED = re.compile(
    r"what (?:(?:is|are|was|were) (?:\S+ )+|(?:does|do|did) (?:\S+ )+(?:look|feel|sound|taste"
    r"|smell|seem) |(?:will|would) (?:\S+ )+be )like"
)
"""Asks what something is like: "like" ends the question."""
VERB_MISSING = re.compile(
    rf"(?:(?:{WH}(?: \S+)? )?(?:has|have|had|will|can|could|did|does|do|should|would|may|must)"
    r"|why (?:is|are|was)|is|are|was|were)(?: not)? (?:my|the|your|a|an|our) \S+(?P<two> \S+)?"
)
"""Auxiliary and subject, no verb: "will my card"."""
NO_VERB = re.compile(rf"(?:what|which|how many|how much|whose)(?: (?!{AUX}\b)\S+){{1,3}}")
BARE_VERB = re.compile(
    rf"(?:{WH} )?(?:{AUX} (?:i|we)|(?:can|could) you) \S+|(?:please )?(?:i want|i need) to \S+"
)
NUMBER_GIVEN = re.compile(
    r"\b(?:number|code|pin|zip|id|phone|date of birth|reference|account)\b.*\bis\b"
)
REPLY = re.compile(
    r"(?:yes|no|yeah|sure|okay)(?: (?:i|it|they|we|you|that|there|he|she)"
    r" (?:do|did|is|are|am|can|will|would|have|has|was|were|does)(?: not)?)"
)

REPAIR = re.compile(r" (?:i mean|no sorry|sorry no|no wait|or rather|or no|no no)$")
"""The end of what is broken off, and will be said again in other words."""
_KNOWING = (
    r"(?:know|tell me|told me|tell you|wonder|wondering|find out|see|ask|say|explain|understand"
    r"|remember|sure|idea)"
)
EMBEDDED = re.compile(
    rf"\b{_KNOWING} (?:how \S+|what|where|who|when|which \S+|why|how) (?:the|my|your|our|a|an|this"
    r"|that|these|those|it|they|he|she)(?: \S+){0,3} (?:is|are|was|were)$"
    rf"|\b{_KNOWING} (?:why|when|where|how)$"
    rf"|\b{_KNOWING} (?:which \S+|what|who) to (?:take|use|do|bring|buy|choose|call|ask|expect)$"
    r"|\b(?:the|a|an) \S+ (?:i|you|we|they|he|she) (?:spoke|talked|wrote|listened|belong)"
    r" (?:to|with)$"
)
"""Questions inside a sentence, and clauses that lean on a noun, with their last word."""
