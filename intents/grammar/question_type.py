"""The type of a question, by what it asks for: "how long does a transfer take", "how much does a
transfer cost".

Where the rest of the words is the same, that is what tells two questions apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from intents.grammar.clauses import asking
from intents.text import lexicon
from intents.text.english import words as split
from intents.text.lexicon.contrasts import FUNCTION
from intents.text.roots import stem

_QUESTION_WORD = lexicon.alternation("question-word")

Words = tuple[str, ...]

OF_TIME = r"(?:second|minute|hour|day|week|month|year|night|business day|working day)s?"
_AUX = rf"(?:{lexicon.alternation('auxiliary')})"
_TYPICAL = "(?:good|typical|normal|usual|reasonable|fair|average|safe|healthy|day|week|month|year)"
PP = r"(?:\w{2,}ed|done|sent|here|there|ready|over|back)\b"
_ASKED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(re.sub(r"@(\w+(?: of)?)", r"what (?:is|was) the \1\\b", pattern)))
    for name, pattern in (
        (
            "meaning",
            rf"what (?:does|do) .* mean\b|what is meant by\b|what is an? (?!{_TYPICAL}\b)\S+$",
        ),
        ("how often", r"how often\b|how many times\b|how frequently\b|@frequency"),
        (
            "how long or when",
            rf"how (?:long|soon|quickly|late|early)\b"
            r"|how fast\b(?= (?:do|does|will|can|could|would) (?:(?:i|we|you|they)\b"
            rf"|.* (?:come|arrive|get here|be {PP})))"
            rf"|(?:what|which) number of {OF_TIME}\b"
            rf"|how many {OF_TIME}\b(?! of\b|.* left\b| (?:\w+ )?(?:leave|holiday|vacation)\b)"
            rf"|how much (?:time|longer|notice)\b"
            rf"|(?:when|until when|since when|by when) (?:exactly )?{_AUX}\b"
            rf"|(?:what|which) (?:time|day|date|days|hours)\b"
            r"|what (?:is|was) (?:the|your|my) (?:\S+ )?(?:time|period|duration|length|wait)\b"
            r"|(?:have you got|do you have|is there) (?:a|any) (?:\S+ )?date\b",
        ),
        (
            "how much",
            r"how much\b|what (?:is|are) (?:the|your) (?:\S+ ){0,2}?(?:fees?|price|prices|cost"
            r"|costs|charges?)\b|what (?:does|do|will|would) (?:\S+ ){1,4}?cost\b"
            r"|what do you charge\b|how expensive\b|what (?:price|cost|fee)\b"
            r"|(?:what|which) (?:percentage|percent|amount|sum|share|proportion)\b",
        ),
        (
            "how many",
            r"how many\b|(?:what|which) number of\b|@number of|@count of"
            r"|what (?:is|was) (?:the|your|my) \S+ number of\b",
        ),
        ("limit", r"(?:is|are) there (?:a|an|any) (?:\S+ )?(?:limits?|caps?|maximum|minimum)\b"),
        (
            "contents",
            r"what (?:is|are|does|do) (?:\S+ ){1,6}?(?:covers?|covered|includes?|included|contain"
            r"|contained|come with)\b",
        ),
        ("where", rf"where(?: exactly)? {_AUX}\b|(?:what|which) (?:place|location|address)\b"),
        ("how far", r"how far\b|@distance|what distance\b"),
        (
            "how big",
            r"how (?:big|large|small|wide|tall|high|deep|heavy|thick|thin)\b"
            r"|which size\b|what (?:size|depth|height|width|weight|measurements)\b",
        ),
        ("how warm", r"how (?:warm|hot|cold|cool)\b|what temperatures?\b"),
        ("how old", r"how (?:old|young)\b|(?:what|which) age\b|what is the \S+ age\b|@age"),
        (
            "why",
            rf"(?:why|how come)(?: {_AUX})?\b|what {_AUX} .+ for$|@reason|@cause"
            r"|what (?:would|could|can|might|has|have) (?:cause|caused|make|made)\b"
            r"|what (?:causes|caused|makes|made)\b"
            r"|what is (?:causing|holding|keeping|stopping|behind|delaying)\b"
            rf"|{_AUX} .*\bfor (?:a|any|some) (?:\S+ )?reason$",
        ),
        (
            "whom",
            r"who (?:do|should|can|could|would|must|shall) (?:i|we)\b|who (?:can|could) help"
            r"|who (?:does|deals|handles|is responsible|has(?! \w+ed\b)|sells|offers|stocks)\b",
        ),
        (
            "who",
            r"who\b|(?:which|what) (?:doctor|person|people|nurse|manager|team|department"
            r"|company)\b|which of (?:us|you)\b",
        ),
        ("how fast", r"how (?:fast|quick)\b|what speeds?\b|@speed"),
        ("what if", r"what if\b"),
        # How hot, slow, strong: other than the ways in which people ask for anything.
        (
            "to what degree",
            rf"how (?!{_AUX}\b|to\b|come\b|about\b|else\b|exactly\b|easy\b|easily\b|best\b|likely\b"
            rf"|possible\b|safe\b|good\b|well\b|sure\b|i\b|you\b|we\b|my\b|the\b|a\b)\w+ {_AUX}\b",
        ),
        ("how", rf"how {_AUX}\b(?! i (?:find out|know|tell|see|check)\b)|how to\b"),
        (
            "which",
            rf"which (?!{_AUX}\b)\w+|what (?!{_AUX}\b|else\b|if\b|about\b|happen)\w+"
            rf" (?:\S+ ){{0,2}}?{_AUX}\b",
        ),
        ("what", rf"what {_AUX}\b"),
        (
            "whether",
            rf"(?!(?:can|could|will|would) you\b|do you (?:know|mind)\b|(?:have"
            rf"|has|had) (?:my|the|a|it|this|that)\b){_AUX}\b",
        ),
    )
)
_MAY_CLOSE = ("how long or when", "limit", "why", "whether")
_CLOSED = tuple(row for row in _ASKED if row[0] in _MAY_CLOSE)
"""The types of a question that begins with its verb."""
_BY_WORD = {
    word: tuple(row for row in _ASKED if word in row[1].pattern)
    for word in lexicon.words("question-word")
}
"""The types of a question that begins with this word."""
_VAGUE = frozenset({"how", "which", "contents", "what", "whether", "to what degree", "what if"})
"""People ask in these ways for anything: only where the other words are the same does one of them
make another question."""
_ALIKE = [
    {one, other}
    for one, others in (
        ("meaning", "what,which,how,whether"),
        ("how", "whether,where,which"),
        ("which", "how long or when"),
        ("what", "how much,how long or when,how far,how big,how old,how warm,how many"),
        ("what", "to what degree,how,who,which,where"),
        ("how old", "how,whether,which"),
        ("contents", "what,which,whether,how much,how many,meaning"),
        ("what if", "what,how,whether"),
    )
    for other in others.split(",")
]
"""Ways to ask for the same in the same words: "how do i pay by card", "can i pay by card"."""
_NEARLY_ALIKE = (
    {"how", "whom"},
    {"what", "whom"},
    {"which", "whether"},
    {"where", "whether"},
)
"""So are these, if the other words are not the same ones."""
_LIMITED_KINDS = _VAGUE | {row[0] for row in _ASKED if row[0].startswith("how")}
SHARED = 0.6
"""Least share of the words of meaning in both that two texts have in common, to differ in nothing
but what is asked; one word that only one of them has never counts."""
_GENERAL = lexicon.words("general-in-question")
WH = lexicon.words("question-word")
_LIMITED = re.compile(r"\b(?:on|to|about|for) (how (?:much|many|often|far)\b.*)")
""" "is there a limit on how much"."""
_AFTER_NOUN = re.compile(
    r"(?:i|we) .*?\b(?:an?|my|some) \S+ (?:who|which|where) .*?"
    rf"({_AUX} (?:i|we|you|it|they|the)\b.*)"
)
""" "i have a friend who wants to come may i bring him"."""
_FIRST_ASKED = re.compile(rf"\b(?:{_QUESTION_WORD})\b|^{_AUX}\b")
_KINDRED = (
    {"how much", "how many"},
    {"where", "whom"},
    {"why", "whom"},
    {"who", "whom"},
    {"how far", "where"},
    {"how far", "how long or when"},
    {"how old", "how big"},
)
"""People ask for the same in both ways: "who do i ask for a refund", "where do i get a refund"."""
COUNTS = frozenset({"how many", "how much", "how often", "how far", "how long or when", "what"})
_PRICE = re.compile(
    r"\bhow much (?:is|are|does|do|will|would)\b"
    r"(?!.*\b(?:left|remain\w*|have|owe|used?|get|need)\b)"
    r"|\bwhat (?:does|do|will|would) (?:\S+ ){1,4}?cost\b"
)
_IN_UNITS = re.compile(r"\bcost\b.* in [a-z]+s$")
""" "what does it cost in points"."""
_COUNTED = re.compile(r"\bhow (many|much) (?:of (?:my|the) )?(?!times?\b|more\b|money\b)([a-z ]+)")
_NAMED = re.compile(r"(?:what|which) (\w+)")
_DUE = re.compile(r"\b(?:should|recommend|need to|have to|supposed to|ought|due)\b")
_AGES = {"how old", "how long or when"}
_TAKING_TURNS = {"how often", "how long or when"}
_MOMENT = re.compile(r"(?:when|(?:what|which) (?:time|day|date)) ")
_LASTS = re.compile(
    r"(?:how long (?:is|are|was|were)|what is the (?:length|duration)) "
    r"(?!it\b|.*\b(?:wait|queue|delivery|repair|until|before|left)\b)"
    r"|how long (?:do|does|did|will) .*\b(?:last|run)\b"
)
_ENDS = re.compile(
    r"\b(?:end|ends|expires?|over|finish|finishes|run out|runs out|up|valid|until)\b"
)
_ACROSS = re.compile(
    r"\bhow (big|large|small|wide|tall|high|deep|heavy)\b|\bwhat (depth|height|width|weight)\b"
)
_SIZES = {
    "large": "big", "small": "big", "tall": "high", "height": "high", "depth": "deep",
    "width": "wide", "weight": "heavy",
}  # fmt: skip
_TAKES = re.compile(r"how long (?:do|does|did|will) .*\btake to\b")
_GOES_ON = re.compile(r"how long (?:do|does|did|will) .*\blast$")
_AMOUNT = re.compile(
    r"\b[0-9.]+ (?:minutes?|hours?|days?|weeks?|months?|years?|pounds|dollars|euros|miles?"
    r"|kilometers|percent)\b"
)
_TWO_VERBS = re.compile(rf"\bhow is (?=(?!the\b|my\b|your\b|it\b)\w+ (?:\w+ )?{_AUX} )")
"""Misheard: "how is many miles will it take"."""
_PARCEL = lexicon.words("on-its-way")
_ON_ITS_WAY = re.compile(r"\b(?:where is|where are|where s)\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """The type of what a text asks for, as far as two texts can differ in it."""

    what: str
    """ "how much", "where"; empty if it is none of the table's."""
    about: frozenset[str]
    """Stems of the words of meaning but for those that ask."""
    on_its_way: bool
    """Asks where something is that will come."""
    price: bool
    """Asks how much it costs, not how much there is."""
    counted: str
    """Stem of what "how many" or "how much" counts."""
    named: str
    """Stem of what "which" asks for: "what discount do i get"."""
    due: bool
    """Asks when something should be done."""
    either: bool
    """Names two things to choose from."""
    proposes: bool
    """Names an amount: "is it 5 hours"."""
    lasts: bool
    """Asks for the length of something that begins and ends."""
    begins: bool
    """Asks for a moment, and not for an end."""
    across: str
    """Which of its sizes: "wide"; empty if any."""
    takes: bool
    """Asks how long until something is done."""
    goes_on: bool
    """Asks how long it is before something is over."""


def asked(words: Words) -> Asked:
    """Return what canonical words ask for."""
    text = " ".join(words)
    if "how is" in text:
        text = _TWO_VERBS.sub("how ", text)
    clause = text if words[:1] and words[0] in WH else asking(text, wishes=False)
    if words[:1] in (("i",), ("we",)) and (later := _AFTER_NOUN.match(text)):
        clause = later[1]
    what = _asked(clause)
    if what == "how much" and _IN_UNITS.search(text):
        what = "how many"
    across = _ACROSS.search(text) if what == "how big" else None
    times = what == "how long or when"
    lasting = times and "how long" in text
    return Asked(
        what=what,
        about=frozenset(
            stem(word)
            for before, word in zip(("", *words), words, strict=False)
            if word not in FUNCTION and word not in _GENERAL and before != "how"
        ),
        on_its_way=_ON_ITS_WAY.search(text) is not None and not _PARCEL.isdisjoint(words),
        price=("cost" in text or "how much" in text) and _PRICE.search(text) is not None,
        counted=_counted(text) if "how m" in text else "",
        named=stem(found[1]) if (found := _NAMED.match(clause)) else "",
        due=(times or what == "how often") and _DUE.search(text) is not None,
        either="or" in words,
        proposes=what == "whether" and _AMOUNT.search(text) is not None,
        lasts=times and _LASTS.match(clause) is not None,
        begins=times and _MOMENT.match(clause) is not None and _ENDS.search(clause) is None,
        across=_SIZES.get(size := across[1] or across[2], size) if across else "",
        takes=lasting and _TAKES.match(clause) is not None,
        goes_on=lasting and _GOES_ON.match(clause) is not None,
    )


def other_asked(query: Asked, question: Asked) -> bool:
    """Return whether the two ask for other things about the same."""
    if not query.what or not question.what:
        return False
    if query.what == question.what:
        return False
    pair = {query.what, question.what}
    if "limit" in pair and not pair.isdisjoint(_LIMITED_KINDS):
        return False
    if "whether" in pair and _chooses(query, question):
        return False
    if pair == {"how much", "which"} and _names_amount(query, question):
        return False
    if not pair.isdisjoint(_VAGUE):
        if pair in _ALIKE or (pair in _NEARLY_ALIKE and query.about != question.about):
            return False
        return about_the_same(query.about, question.about)
    if pair == {"how much", "how many"} and (query.price or question.price):
        return bool(query.about & question.about)
    if pair == {"where", "how long or when"}:
        return not (query.on_its_way or question.on_its_way)
    if pair == _AGES and (query.begins or question.begins):
        return query.about == question.about
    if pair == _TAKING_TURNS and query.due and question.due:
        return False
    return pair not in _KINDRED or query.about == question.about


def _names_amount(query: Asked, question: Asked) -> bool:
    """ "how much discount do i get", "what discount do i get"."""
    return (query.counted or query.named) == (question.counted or question.named)


def _chooses(query: Asked, question: Asked) -> bool:
    """Return whether one asks which of two things it is, or proposes how much it is."""
    if query.either and question.either:
        return True
    open_one, closed = (question, query) if query.what == "whether" else (query, question)
    return closed.proposes and open_one.what.startswith("how ")


def other_measure(query: Asked, question: Asked) -> bool:
    """Return whether the two ask for another measure of the same thing, or count another thing."""
    sizes = {query.across, question.across} - {""}
    if len(sizes) > 1 and ("big" not in sizes or "heavy" in sizes):
        return not query.about.isdisjoint(question.about)
    if (query.goes_on and question.takes) or (query.takes and question.goes_on):
        return not query.about.isdisjoint(question.about)
    if (query.lasts and question.begins) or (query.begins and question.lasts):
        return about_the_same(query.about, question.about)
    one, other = query.counted, question.counted
    if not one or not other or one == other:
        return False
    crossed = other in query.about or one in question.about
    return crossed or _counts_other(query, question)


def _counts_other(query: Asked, question: Asked) -> bool:
    """ "how many people fit in it", "how much luggage fits in it"."""
    one, other = query.counted, question.counted
    if {one, other} & _MEASURES:
        return False
    rest, left = query.about - {one}, question.about - {other}
    return rest == left


_UNITS = lexicon.words("counted-unit")
"""The units that other things are counted in."""
_COUNTED_SO = split("dollars pounds euros miles kilometers meters percent texts points")
_MEASURES = frozenset(stem(word) for word in _UNITS.union(_COUNTED_SO))
"""They count what is not counted otherwise: "how many gigabytes", "how much data"."""


def _counted(text: str) -> str:
    """The stem of what is counted: of "days" in "how many free days do i get"."""
    found = _COUNTED.search(text)
    if found is None:
        return ""
    run: list[str] = []
    for word in found[2].split():
        if word == "of" and not _UNITS.isdisjoint(run):
            return ""
        if word in FUNCTION or word in (_GENERAL - _UNITS):
            break
        run.append(word)
    if not run or (run[0] != run[-1] and not _UNITS.isdisjoint(run)):
        return ""  # "days of leave", "leave days": either may be left out
    several = [word for word in run if word.endswith("s")] if found[1] == "many" else []
    return stem((several or run)[-1 if several else 0])


def about_the_same(one: frozenset[str], other: frozenset[str]) -> bool:
    both = len(one & other)
    return both > 0 and (len(one ^ other) <= 1 or both >= SHARED * len(one | other))


def _asked(text: str) -> str:
    """Return what the first question word of the text asks for."""
    first = _FIRST_ASKED.search(text)
    if first is None:
        return ""
    if first.group() == "how" and text[: first.start()].endswith(("every ", "after ")):
        return "how often"
    for name, pattern in _BY_WORD.get(first.group(), _CLOSED):
        if pattern.match(text, first.start()):
            if name in ("whether", "limit") and (limited := _LIMITED.search(text)):
                return _asked(limited[1])
            return name
    return ""
