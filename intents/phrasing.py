"""How a question is phrased, as far as it decides whether a general answer can fit.

Each test takes canonical words: does the caller ask about their own data, lean on what was said
before, or ask two things at once?
"""

from __future__ import annotations

import re

Words = tuple[str, ...]

WH = frozenset({"what", "when", "where", "who", "which", "how", "why"})
AUXILIARIES = frozenset(
    {
        "is", "are", "am", "was", "were", "do", "does", "did", "can", "could", "will", "would",
        "has", "have", "had", "should", "may", "must", "cannot",
    }
)  # fmt: skip
SUBJECTS = frozenset(
    {"i", "you", "we", "they", "it", "he", "she", "there", "my", "your", "the", "a", "this", "that"}
)
DETERMINERS = frozenset(
    {"my", "your", "our", "his", "her", "their", "the", "a", "an", "this", "that", "some", "any"}
)
PREPOSITIONS = frozenset(
    {
        "on", "in", "at", "for", "with", "without", "by", "from", "to", "of", "about", "after",
        "before", "during", "over", "under", "until", "since", "near", "if", "as", "than",
    }
)  # fmt: skip

# --- the caller's own data -------------------------------------------------------------------

_HOW_TO = re.compile(
    r"(?:(?:what|where|when|how|who|which)(?: \S+){0,3} (?:can|could|do|should|must|would|may)"
    r" (?:i|we|you)\b(?! (?:owe|have(?:$| (?:left|available|in|on)\b)|earn))"
    r"|how to |can (?:i|you|we)\b|could (?:i|you|we)\b|may i |should i |do i (?:need|have to)"
    r"|is it |what happens |how long does it |what if )"
)
_MY = (
    r"(?:(?:my|our)\b(?! (?:child|children|son|daughter|kids?|baby|mother|father|mom|dad|husband"
    r"|wife|partner|friend|dog|cat|family)\b)|mine|ours)"
)
_PERSONAL: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "asks about something of the caller's own",
            rf"^(?:so )?(?:what|when|where|who|which|how|why)\b(?: \S+){{0,3}}?"
            rf" (?:is|are|was|were|does|did|do|will|would|has|have|had|can|should)"
            rf"(?: the (?:status|balance|amount|total|state|date|time|limit|number|due date|"
            rf"progress|result|results)(?: \S+)? (?:of|on|for|in))?"
            rf"(?: (?:still )?(?:left|available|remaining) (?:on|in))? {_MY} \S+",
        ),
        (
            "asks for the state of something of the caller's own",
            rf"^(?:is|are|was|were|has|have|did|does|do|will|would)(?: not)? {_MY} \S+",
        ),
        (
            "asks what was done for the caller",
            rf"^(?:have|did|has|do|will|are)(?: not)? (?:you|they|we|anyone|it)"
            rf"(?: (?:already|ever|still))?"
            rf" (?:receive|received|get|got|send|sent|ship|shipped|process|processed|approve"
            rf"|approved|refund|refunded|charge|charged|find|found|have|cancel|cancelled|book"
            rf"|booked|close|closed|open|opened|pay|paid) (?:{_MY}|me)\b",
        ),
        (
            "asks what the caller owes, has or did",
            r"\b(?:how (?:much|many)(?: \S+){0,3}|what)(?: do| did| have| am| will) i"
            r" (?:owe|owing|have left|have available|have in|have on|have|spend|spent|earn|earned"
            r"|order|ordered|buy|bought|pay last|paid|saved|used|got)(?: left|$| (?:in|on|last|this"
            r"|yesterday|today|available|now|so far|already|with you|to my|from|for lunch))?\b"
            r"(?! to\b)",
        ),
        ("asks what the caller owes", r"^(?:do|did|have|am) i (?:owe|still owe|owed)\b"),
        (
            "asks whether the caller has something",
            r"^(?:do i (?:still |already )?have (?!to\b)"
            r"|am i (?:approved|covered|eligible|due|registered|enrolled|insured|overdrawn|booked"
            r"|late|accepted|qualified|being charged|on the)|have i (?:paid|been|got|missed|used)"
            r"|did i (?:pay|get|miss|win|make|order)|was i (?:charged|billed|approved|accepted))",
        ),
        ("asks why something happened to the caller", r"^why (?:was|am|did|have|were|has) i\b"),
        (
            "wants to see something of the caller's own",
            rf"^(?:i (?:want|need|would like|would love)(?: you)? to |can you |could you |please "
            rf"|let me "
            rf"|help me )?"
            rf"(?:check|see|tell me|give me|show me|read me|look up|look into|know|find|track"
            rf"|review|"
            rf"hear|get me|pull up|what about|verify|confirm) (?:on |if |what |whether |when "
            rf"|where )?"
            rf"(?:the (?:status|balance|amount|state) (?:of|on|in) )?{_MY} \S+",
        ),
        (
            "names something of the caller's own",
            rf"^(?:the )?(?:status|balance|total|state) (?:of|on|for|in) {_MY}\b"
            rf"|^{_MY}(?: \S+){{0,2}} (?:balance|status|order|delivery|refund|results|statement"
            rf"|appointment|claim|transactions|points|parcel|package|bill|invoice)$",
        ),
    )
)  # fmt: skip


_POLICY = re.compile(
    rf"\b(?:does|do|will|is|are) {_MY} (?:\S+ ){{1,3}}?(?:work|expire|need|have to|cost|run out"
    rf"|count"
    r"|safe|insured|protected|secure|private|confidential|guaranteed|good for|valid for)\b"
    rf"|how old (?:does|do|must|should) {_MY}"
)
"""Asks for a rule, though of "my" thing: "does my card work abroad"."""
_TROUBLE = re.compile(r"\b(?:not|never|late|missing|wrong|mistake|delayed|still|waiting)\b")
_OWN = re.compile(rf"\b{_MY} (\S+)")


def same_trouble(query: str, question: str) -> bool:
    """Whether the question is a complaint about the same thing of the caller's own: "where is my
    order" against "my order has not arrived"."""
    if _TROUBLE.search(question) is None or _HOW_TO.match(question):
        return False
    return not set(_OWN.findall(query)).isdisjoint(_OWN.findall(question))


_STATE = re.compile(r"\b(?:status|state|progress) of\b|\b(?:status|progress)$")


def same_state(query: str, question: str) -> bool:
    """Whether both ask for the state of the same thing: "status of my application" against "what is
    the status of the application". No state is the same for everybody, so the question is
    meant personally too."""
    if _STATE.search(question) is None or _HOW_TO.match(question):
        return False
    return _without_small(query) == _without_small(question)


def _without_small(text: str) -> frozenset[str]:
    return frozenset(text.split()) - DETERMINERS - AUXILIARIES - PREPOSITIONS - WH


def personal(text: str) -> str:
    """Why the canonical text asks about the caller's own data; empty if it does not."""
    if (_HOW_TO.match(text) and not _LOOK_UP.match(text)) or _POLICY.search(text):
        return ""
    for reason, pattern in _PERSONAL:
        if pattern.search(text):
            return reason
    return ""


_LOOK_UP = re.compile(
    rf"(?:can|could) you (?:check|see|tell me|give me|show me|read me|look up|look into|find|track"
    rf"|pull up|verify|confirm) |how (?:much|many)(?: \S+){{0,3}} (?:do|can|will|did) i owe"
    rf"|when (?:can|should) i expect {_MY} "
)

# --- leaning on what was said before -----------------------------------------------------------

_FRAGMENT = re.compile(r"(?:and )?(?:what|how) about\b|what else$|anything else|same (?:for|with)\b"
                       r"|(?:and|or|but|then|also) (?:for|on|in|at|with|by|if|to|the|a|my)\b"
                       r"|(?:and|or) \S+(?: \S+)?$")  # fmt: skip
_BARE_WH = re.compile(
    r"(?:(?:and|but|so) )?(?:what|when|where|who|which|how|why|how much|how many|how long|how far|"
    r"how often|how soon|how come|what time|which one|which ones|why not|since when|until when|"
    r"what for|how so|where exactly|what kind)$"
)
_DUMMY_IT = re.compile(
    r"\b(?:is|was|does|will|would|did|could|can|has) it (?:(?:always|usually|normally|still|also) "
    r")?"
    r"(?:be |been |going to )?(?:\S+ ){0,2}?(?:to|if|for|that|when|until|before|too late|raining"
    r"|cold"
    r"|hot)\b|\bit (?:is|was|takes|take|costs|cost|will) (?:\S+ ){0,3}?(?:to|if"
    r"|that|"
    r"when|for|before|until)\b|\b(?:what|how|when|where) (?:is|was) it like\b|\bmake it (?:to|on)\b"
    r"|\bhow (?:far|long) is it (?:from|between)\b"
    r"|\bwhat (?:time|day|date) is it\b|\bdoes it (?:cost|take)\b.* (?:to|for|if|before|until)\b"
)
_POINTS = frozenset({"it", "they", "them", "he", "she", "him", "its", "their"})
_DEMONSTRATIVES = frozenset({"this", "that", "these", "those"})
_AFTER_POINTING = (
    AUXILIARIES
    | PREPOSITIONS
    | frozenset(
        {
            "", "one", "ones", "cost", "costs", "work", "works", "mean", "means", "take", "takes",
            "online", "now", "today", "tomorrow", "again", "too", "and", "or", "happen", "happens",
            "not", "include", "includes", "apply", "applies", "go", "come", "be", "there",
            "included", "free", "correct", "true", "possible", "okay", "enough", "allowed",
            "covered", "safe", "available", "refundable", "last", "expire", "sound", "count",
            "also", "myself", "please", "here", "yet",
            "instead",
        }
    )
)  # fmt: skip
_OTHER_ONE = re.compile(
    r"\b(?:that|this|another|other|the first|the second|the last|first|second|which|cheaper|bigger|"
    r"smaller|same) ones?\b|\bthe (?:former|latter|same|other)$|\bthe same (?:for|with|thing)\b"
)
_CLOCK_WORDS = frozenset(
    {
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "today",
        "tomorrow", "weekend", "weekday", "holidays", "christmas", "easter", "tonight", "now",
    }
)  # fmt: skip


def elliptic(words: Words) -> str:
    """Why the sentence cannot be understood alone; empty if it can."""
    text = " ".join(words)
    if _FRAGMENT.match(text):
        return "is the rest of an earlier question"
    if _BARE_WH.fullmatch(text):
        return "is a bare question word"
    if _OTHER_ONE.search(text) and not _has_noun_before(words, _one_position(words)):
        return "points at one of several things named before"
    if 0 < len(words) <= 4 and (words[0] in PREPOSITIONS or words[0] in _CLOCK_WORDS):
        rest = set(words) - _CLOCK_WORDS - PREPOSITIONS - DETERMINERS
        if words[0] in _CLOCK_WORDS and not rest:
            return "is a day without a question"
        if words[0] in PREPOSITIONS and words[0] != "if" and not rest & _VERBISH:
            return "is a fragment without a verb"
    return _pointing(words, text)


_VERBISH = AUXILIARIES | {
    "open",
    "close",
    "cancel",
    "pay",
    "change",
    "order",
    "get",
    "speak",
    "talk",
}


def _one_position(words: Words) -> int:
    for i, word in enumerate(words):
        if word in ("one", "ones", "former", "latter", "same", "other"):
            return i
    return len(words)


def points_at_object(words: Words) -> bool:
    """Whether all that points back is an object: "can i return it", not "when does it expire"."""
    text = " ".join(words)
    if _FRAGMENT.match(text) or _OTHER_ONE.search(text) or "it" not in words:
        return False
    return all(
        i > 1 and words[i - 1] not in AUXILIARIES | WH | PREPOSITIONS | SUBJECTS
        for i, word in enumerate(words)
        if word in _POINTS
    )


def _pointing(words: Words, text: str) -> str:
    dummy = _DUMMY_IT.search(text) is not None
    for i, word in enumerate(words):
        after = words[i + 1] if i + 1 < len(words) else ""
        points = word in _POINTS and not (word in ("it", "its") and dummy)
        if word in _DEMONSTRATIVES and after in _AFTER_POINTING and not _joins(words, i):
            points = True
        before = words[i - 1] if i else ""
        if i > 3 and before in ("when", "if", "before", "after", "until", "because", "once"):
            points = False
        if word == "this" and after == "is" and words[i + 2 : i + 3] in (("a",), ("an",)):
            points = False
        if points and not _has_noun_before(words, i):
            return f"'{word}' points at something said before"
    return ""


def _joins(words: Words, i: int) -> bool:
    """ "that" as a conjunction or relative: "a card that is lost", "i heard that you"."""
    if words[i] != "that" or i == 0:
        return False
    before = words[i - 1]
    after = words[i + 1] if i + 1 < len(words) else ""
    return bool(after) and before not in AUXILIARIES | PREPOSITIONS | {
        "do",
        "get",
        "use",
        "like",
        "need",
        "want",
        "and",
    }


def _has_noun_before(words: Words, end: int) -> bool:
    """A noun phrase before that position that a pronoun may mean: "my card ... it"."""
    for i in range(end - 1):
        if words[i] in DETERMINERS - {"this", "that"} and words[i + 1] not in ("same", "other"):
            return i + 1 < end - 1 or words[i + 1] not in ("first", "second", "last", "cheaper")
    return end > 2 and any(len(word) > 3 and word not in _COMMON for word in words[: end - 1])


_COMMON = AUXILIARIES | WH | PREPOSITIONS | frozenset(
    {
        "much", "many", "long", "time", "want", "need", "like", "know", "there", "about", "please",
        "they", "them", "this", "that", "these", "those", "pick", "take", "make", "does", "have",
        "send", "give", "tell", "show", "help", "change", "cancel", "return", "exchange", "open",
        "close", "find", "order", "book", "keep", "move", "soon", "when", "still", "also", "ever",
        "just", "think", "where", "which", "with", "come", "would", "stop", "track", "what", "will",
        "often", "really", "sure", "doing", "going", "using", "replace", "activate", "block",
        "repeat", "explain", "check", "actually", "another", "possible", "already",
        "only",
        "even", "then", "than", "into", "onto", "expect", "apply", "enough", "first", "second",
        "last", "other", "same",
    }
)  # fmt: skip

# --- two questions in one breath ---------------------------------------------------------------

_SECOND = re.compile(
    r" (?:and|also|plus|but|or|then)(?: (?:also|then|another thing|one more thing|secondly))? "
    r"(?:"
    r"(?:what|when|where|who|which|how|why)(?: \S+){0,2}? (?:is|are|am|was|do|does|did|can|could"
    r"|will"
    r"|would|should|has|have)\b"
    r"|(?:is|are|was|do|does|did|can|could|will|would|should|have|has|am) (?:i|you|we|they|it"
    r"|there|"
    r"my|your|the|this)\b"
    r"|(?:how|where|what) to\b"
    r")"
)
_ASKS = re.compile(
    r"(?:what|when|where|who|which|how|why|is|are|was|do|does|did|can|could|will|would|should)\b"
    r"|(?:have|has|am|may) (?:i|you|we|they|it|there|my|your|the|this|that|a)\b"
)


def double(text: str, raw: str = "") -> str:
    """Why the text holds two questions; empty if it holds one. ``raw`` keeps question marks."""
    found = _SECOND.search(text)
    if found is not None and _ASKS.match(text) and " " in text[: found.start()]:
        return f"asks a second question after '{found.group().split()[0]}'"
    marks = [part for part in re.split(r"[?]", raw) if len(part.split()) >= 3]
    if len(marks) >= 2 and raw.count("?") >= 2:
        return "holds two questions"
    return ""
