"""Does the caller ask about their own data? Then no general answer fits."""

from __future__ import annotations

import re

from intents.grammar.events import MY, SUPPOSING, clause, event, procedure, supposed
from intents.grammar.phrasing import AUXILIARIES, DETERMINERS, PREPOSITIONS, WH
from intents.text import lexicon

_QUESTION_WORD = lexicon.alternation("question-word")

_HOW_TO = re.compile(
    r"(?:(?:what|where|when|how|who|which)(?: \S+){0,3} (?:can|could|do|should|must|would|may)"
    r" (?:i|we|you)\b(?! (?:owe|have(?:$| (?:left|available|in|on)\b)|earn))"
    r"|how to |can (?:i|you|we)\b|could (?:i|you|we)\b|may i |should i |do i (?:need|have to)"
    r"|is it |what happens |how long does it |what if )"
)
_OWN_CASE = (
    r"(?:sent|ordered|booked|bought|returned|paid|got|chose|asked for|asked|made|reserved|picked"
    r"|applied for|signed up for|requested)"
)
OWN = frozenset(
    {
        "asks about something of the caller's own",
        "asks what has happened to the caller",
        "asks what happened to the caller",
        "tells what happened and asks about it",
        "asks what is left to the caller",
    }
)
"""Reasons that count however long the text is."""
_OCCASION = r".*\b(?:when|if|once|whenever|as soon as)\b"
"""Then a rule is asked for: "will you text me once it ships"."""
_PERSONAL: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "asks about something of the caller's own",
            rf"^(?:so )?(?:{_QUESTION_WORD})\b(?: \S+){{0,3}}?"
            rf" (?:is|are|was|were|does|did|do|will|would|has|have|had)"
            rf"(?: the (?:status|balance|amount|total|state|date|time|limit|number|due date|"
            rf"progress|result|results)(?: \S+)? (?:of|on|for|in))?"
            rf"(?: (?:still )?(?:left|available|remaining) (?:on|in))? {MY} \S+",
        ),
        (
            "asks for the state of something of the caller's own",
            rf"^(?:is|are|was|were|has|have|did|does|do|will|would)(?: not)? {MY} \S+",
        ),
        (
            "asks what was done for the caller",
            rf"^(?:have|did|has|do|will|are)(?: not)?(?!{_OCCASION})"
            r"(?! you (?:send|pay|refund|charge|get|find|book|cancel) me an?\b) (?:you|they|we"
            rf"|anyone|it)"
            rf"(?: (?:already|ever|still))?"
            rf" (?:receive|received|get|got|send|sent|ship|shipped|process|processed|approve"
            rf"|approved|refund|refunded|charge|charged|find|found|have|cancel|cancelled|book"
            rf"|booked|close|closed|open|opened|pay|paid) (?:{MY}|me)\b",
        ),
        (
            "asks what the caller owes, has or did",
            r"\b(?:how (?:much|many)(?: \S+){0,3}|which(?: \S+){1,2}|what)"
            r"(?: do| did| have| am| will) i"
            r" (?:owe|owing|have left|have available|have in|have on|have|spend|spent|earn|earned"
            r"|order|ordered|buy|bought|pay last|paid|saved|used|got)(?: left|$| (?:in|on|last|this"
            r"|yesterday|today|available|now|so far|already|with you|to my|from|for lunch))?\b"
            r"(?! to\b)",
        ),
        ("asks what the caller owes", r"^(?:do|did|have|am) i (?:owe|still owe|owed)\b"),
        (
            "asks whether the caller has something",
            r"^(?:do i (?:still |already )?have (?!to\b|(?:any |a )?(?:time|long|choice|rights?|say"
            r"|options?|chance|until)\b)"
            r"|am i (?:approved|(?:covered|eligible|due|insured|qualified)$|registered|enrolled"
            r"|overdrawn|booked|late|accepted|being charged|on the)"
            r"|have i (?:paid|been|got|missed|used)"
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
            rf"(?:the (?:status|balance|amount|state) (?:of|on|in) )?{MY} (?!money\b)\S+",
        ),
        (
            "asks what the caller did",
            rf"^(?:(?:{_QUESTION_WORD})(?: \S+){{0,3}} )?did (?:i"
            r"|we)\b(?! (?:know|need|say)\b)",
        ),
        (
            "asks what was done for or to the caller",
            rf"^(?:(?:{_QUESTION_WORD})(?: \S+){{0,2}} )?(?:did"
            rf"|have(?! you (?:got )?(?:an?|any|the)\b)|has|are(?! you able)(?!{_OCCASION}))"
            r" (?:you|they|somebody|someone|anybody|anyone|one of you)(?: \S+){0,6}?"
            r" (?:me|(?<!the )us)\b"
            rf"|^did (?:you|they|somebody|someone|anyone)\b.*\b(?:{MY}|i|we|me)\b"
            rf"|^are (?:you|they) (?:still )?\S+ing {MY}\b",
        ),
        (
            "asks how things stand with the caller",
            r"^(?:where|what|which|who)(?: \S+){0,2} (?:am|are) (?:i|we) (?!able|allowed|supposed"
            r"|meant|to\b|expected|required|looking at)(?:\S+ing|in|on|at|with|to|now)\b"
            rf"|\b(?:happening|going on|(?<!something is )wrong|up) with {MY}\b"
            rf"|\b(?:how (?:much|many)|which|what)(?: \S+)? of {MY}(?: \S+){{1,5}} (?:is"
            rf"|are|have|has|left|missing|got)\b"
            r"|^(?:how (?:much|many)|which|what) (?:\S+ ){0,4}(?:have|has) (?:i|we"
            r"|you) got (?:left|for me|on me)\b",
        ),
        (
            "asks about what the caller has ordered, booked or sent",
            rf"^(?:is|are|was|were|has|have|where is|where are|when is|when will|did you get)"
            rf" (?:the|that|those) (?:\S+ ){{1,3}}?(?:that )?(?:i|we) {_OWN_CASE}\b"
            r"|^(?:is|are) (?:the |a )?\S+ (?:coming|going|due) (?:to see |to call "
            r"|to )?(?:me|us|my)\b"
            r"|^have (?:you|they) \S+ed me\b",
        ),
        (
            "names something of the caller's own",
            rf"^(?:the )?(?:status|balance|total|state) (?:of|on|for|in) {MY}\b"
            rf"|^{MY}(?: \S+){{0,2}} (?:balance|status|order|delivery|refund|results|statement"
            rf"|appointment|claim|transactions|points|parcel|package|bill|invoice)$",
        ),
    )
)  # fmt: skip


_POLICY = re.compile(
    r"\bdo (?:you|they) (?:accept|take|cover|allow|need|offer|deliver|support|honor)\b"
    r"|\bhave i got to\b|\bdid (?:i|we) (?:know|need)\b|"
    rf"\bwould {MY}\b|\bwill {MY}\b.* if (?:i|we)\b|"
    rf"\b(?:does|do|will|is|are) {MY} (?:\S+ ){{1,3}}?(?:allowed|able|permitted|pay for"
    rf"|cover|covered|include|work|use|fit|last|keep|apply|carry|hold|weigh|too|enough|welcome"
    rf"|expire|need|have to|cost|run out"
    rf"|count"
    r"|safe|insured|protected|secure|private|confidential|guaranteed|good for|valid for"
    r"|visible)\b"
    rf"|how old (?:does|do|must|should) {MY}"
)
"""Asks for a rule, though of "my" thing: "does my card work abroad"."""
_TROUBLE = re.compile(
    r"\b(?:not|never|late|missing|wrong|mistake|delayed|still|waiting|nowhere"
    r"|cannot find|trouble (?:finding|locating))\b"
)
_OWN = re.compile(rf"\b{MY} (\S+)")


def same_trouble(query: str, question: str) -> bool:
    """Return whether the question is a complaint about the same thing of the caller's own: "where
    is my order" against "my order has not arrived"."""
    if _TROUBLE.search(question) is None or _HOW_TO.match(question):
        return False
    return not set(_OWN.findall(query)).isdisjoint(_OWN.findall(question))


_OWN_WORDS = re.compile(rf"\b{MY} (\S+)(?: (\S+))?(?: (\S+))?")


def same_own(query: str, question: str) -> bool:
    """Return whether the question speaks of the same thing of the caller's own, and asks for no
    way: "when are my tires due" against "when do my tires need changing"."""
    if _HOW_TO.match(question) or _POLICY.search(question):
        return False
    return not _own(query).isdisjoint(_own(question))


def _own(text: str) -> frozenset[str]:
    words = (word for found in _OWN_WORDS.findall(text) for word in found)
    return frozenset(words) - AUXILIARIES - PREPOSITIONS - DETERMINERS - WH - {""}


_WISH = re.compile(
    r"(?:i (?:want|need|would like|am trying|have) to|help me|let me) (?P<verb>\w+)\b"
)


def same_way(query: str, question: str) -> bool:
    """Return whether the query wants to do what the question asks the way of: "i need to find my
    bag" against "how do i find my bag"."""
    wish = _WISH.match(query)
    return wish is not None and re.search(rf"\b(?:i|we|to) {wish['verb']}\b", question) is not None


_STATE = re.compile(r"\b(?:status|state|progress) of\b|\b(?:status|progress)$")


def same_state(query: str, question: str) -> bool:
    """Return whether both ask for the state of the same thing: "status of my application" against
    "what is the status of the application". No state is the same for everybody, so the question is
    meant personally too."""
    if _STATE.search(question) is None or _HOW_TO.match(question):
        return False
    return _without_small(query) == _without_small(question)


def _without_small(text: str) -> frozenset[str]:
    return frozenset(text.split()) - DETERMINERS - AUXILIARIES - PREPOSITIONS - WH


_FACT = re.compile(
    rf"^(?:so )?(?:what|when|where|who|which|how|is|are|was|were|has|have|did|does|do|will|am)\b"
    rf".*\b(?:{MY}|(?:do|did|will|am|have|was) i(?! (?:need|have|want|get to)\b)"
    r"|i (?:am|get|got|have|pay|owe)|(?:pay|owe|send|text|call|tell|for) me)\b"
)
_LOOKS = re.compile(
    rf"^(?:(?:i|can you|could you|please) )?(?:\S+ ){{0,3}}?(?:know|see|hear|check|tell me|show me"
    r"|update(?: me)? on|day that|find|locate|confirm|verify|look (?:up|into)|track|latest|list"
    r"|remember)\b"
    rf".*\b(?:{MY}|i|me)\b"
    rf"|^{MY} (?:\S+ ){{1,6}}?(?:status|when|where|yet)$|^(?:the )?status of\b"
)
_ASKS_WHEN = re.compile(r"^ong until |\b(?:know|tell me|see|check|hear|remember) when\b")
"""They suppose nothing, nor does a question's first "when"."""
_REQUEST = re.compile(r"^(?:can|could|would|will) you ")
_WHEN_I = re.compile(
    r"(?:when|how soon|what (?:day|date|time)) (?:do|will|can|should|am) i (?:get|receive|expect)\b"
)


_WAYS = ("how do ", "how can ", "how could ", "how would ", "how should ")


def own_fact(text: str) -> bool:
    """Return whether the canonical text asks for a fact about the caller: "when do i get paid"."""
    asked = clause(text)
    later = _ASKS_WHEN.sub("", asked[SUPPOSING:])
    if asked.startswith(_WAYS) or procedure(asked) or supposed(later) or _POLICY.search(asked):
        return False
    if _LOOKS.match(text) and _HOW_TO.search(_REQUEST.sub("", text)) is None:
        return True
    return _WHEN_I.match(asked) is not None or (
        _HOW_TO.match(asked) is None and _FACT.match(asked) is not None
    )


_IN_CASE = re.compile(r" (?:if|unless|once) (?:i|we|my|our|the|it|they|you|he|she|some\w+) ")
"""Then a rule is asked for: "am i covered if my kettle breaks"."""
_GREETING = re.compile(r"^how (?:are|were|is) you(?: (?:doing|going|today|now|all))*(?= \S+ \S)")


def personal(text: str) -> str:
    """Why the canonical text asks about the caller's own data; empty if it does not."""
    text = _GREETING.sub("", text)
    asked = clause(text)
    # "if they take my phone am i covered" asks about nothing that is so
    if not supposed(text[: len(text) - len(asked)]) and (reason := event(text, asked)):
        return reason
    if asked != text and procedure(asked):
        return ""
    if _IN_CASE.search(text, SUPPOSING):
        return ""
    if (_HOW_TO.match(text) and not _LOOK_UP.match(text)) or _POLICY.search(text):
        return ""
    for reason, pattern in _PERSONAL:
        if pattern.search(text):
            return reason
    return ""


_LOOK_UP = re.compile(
    rf"(?:can|could) you (?:check|see|tell me|give me|show me|read me|look up|look into|find|track"
    rf"|pull up|verify|confirm) |how (?:much|many)(?: \S+){{0,3}} (?:do|can|will|did) i owe"
    rf"|when (?:can|should) i expect {MY} "
)
