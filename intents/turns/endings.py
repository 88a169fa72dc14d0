"""Word tables of ``completeness``: what may, and may not, stand at the end of a sentence."""

from __future__ import annotations

import re

from intents.text.english import words

HANGING = frozenset(
    words(
        "a an the my your our his her their its and or but because so if when where what which who "
        "how why whether while of to for with without from at by about into onto between during "
        "through under against near than as is are am was were be been being do does did has have "
        "had can could will would should must may might cannot not very really just also too "
        "i we they he she there every each some any no another other more most much many few "
        "both either neither own same different next last first new old nearest closest best "
        "only even still already since until after before per plus like regarding concerning"
    )
)
"""Words that a finished sentence rarely ends with."""
STRANDED = frozenset(words("for to from about with of in on at by like"))
"""May end a question that begins with what, who, where, which or how: "what is this for"."""
PARTICLES = frozenset(words("in on off up out down over back away through along around"))
PARTICLE_VERBS = frozenset(
    words(
        "log sign turn switch check pick drop come walk go set top give call opt fill run get move "
        "bring take pay send hang shut lock close open sold logged signed locked picked set went "
        "came broke breaks back work works hold carry find figure make line look wear clear "
        "cash stop drive read throw phone ring build speed slow cut print scan show"
    )
)
MODIFIERS = frozenset(
    words(
        "opening closing credit debit savings checking customer direct international domestic "
        "interest exchange replacement online mobile minimum maximum monthly annual yearly daily "
        "weekly gift promo tracking routing security visiting working standard express free main "
        "nearest current wrong broken full partial joint business personal two three blood "
        "flu lab prescription repeat follow urgent emergency late early delivery return refund "
        "shipping home wire foreign contactless available certain extra other good bad big small "
        "large medium high low long short left forgotten lost stolen damaged faulty right "
        "medical dental covid heart auto"
    )
)
"""Words that mostly stand before a noun: "what are your opening"."""
NOUNS = frozenset(
    words(
        "delivery return refund shipping savings prescription home gift wire customer lab "
        "emergency "
        "interest security exchange replacement"
    )
)
"""Modifiers that are nouns of their own: "my prescription"."""
STATES = frozenset(
    words(
        "online mobile late early free lost stolen broken damaged wrong available full urgent "
        "extra daily weekly monthly yearly contactless right direct express good bad long left"
    )
)
"""Modifiers that end a sentence when no article is before them: "is delivery free"."""
NEEDS_OBJECT = frozenset(
    words(
        "want need get have find open change make take give use see know tell ask accept offer "
        "provide sell add remove update reset activate replace report transfer deposit withdraw "
        "bring put keep track lose lost has got set send receive request dispute close view "
        "increase raise reduce lower verify confirm access unlock block freeze upload unblock "
        "download print link connect enter choose select reach forgot forget forgotten buy "
        "switch schedule arrange explain recommend support require include cover finding "
        "getting making using taking changing opening looking trying going having calling "
        "thinking wondering hoping bought ordered received sent made took found left dispose "
        "drop pick fix repair book said told says enable disable carry redeem earn let insure "
        "install hold drink cook file"
    )
)
"""Verbs that ask for what comes next, unless the question word is their object."""
MAYBE_OBJECT = frozenset(
    words(
        "pay cancel return order exchange help check register upgrade renew refill reschedule "
        "downgrade complain"
    )
)
"""Verbs that stand alone now and then: "how do i pay"."""
COMMON_NOUNS = frozenset(
    words(
        "card account order payment appointment prescription doctor store branch bank check "
        "transfer loan number code fee package parcel statement balance insurance app website "
        "refund delivery bill child son daughter salary shop clinic money"
    )
)
SHORT = frozenset(
    words(
        "yes no yeah yep nope okay sure thanks neither both correct exactly goodbye bye none "
        "nothing maybe"
    )
)
"""Whole replies of one word."""
OPENINGS = frozenset(
    ("what", "sorry", "excuse me", "huh", "i am sorry", "so", "well", "oh", "wait", "right",
     "please", "someone", "actually")
)  # fmt: skip
"""Whole replies, and just as often the beginning of a sentence."""
DETERMINERS = frozenset(words("my a an the your this of our that some"))
BE = frozenset(words("is are was were be been get got gets being has have am too"))

# --- frames: beginnings that are not yet a sentence ---------------------------------------------

WH = r"(?:what|when|where|who|which|how|why)"
AUX = r"(?:is|are|am|was|were|do|does|did|can|could|will|would|should|have|has|had|may|must|cannot)"
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
