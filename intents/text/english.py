"""English word tables of ``spoken``: contractions, fillers, courtesy, spellings.

Only tables, no rules. Another language brings a module with the same names; the rules
of ``spoken`` read nothing else about the language.
"""

from __future__ import annotations

import re

from intents.text import lexicon

_QUESTION_WORD = lexicon.alternation("question-word")


def words(text: str) -> list[str]:
    """A table written as one string."""
    return text.split()


# --- contractions ----------------------------------------------------------------------------

CONTRACTIONS: dict[str, str] = {
    "can't": "cannot",
    "won't": "will not",
    "shan't": "shall not",
    "ain't": "is not",
    "let's": "let us",
    "y'all": "you all",
    "nevermind": "never mind",
    "o'clock": "oclock",
    "ma'am": "maam",
    "how'd": "how did",
    "where'd": "where did",
    "why'd": "why did",
    "when'd": "when did",
    "what'd": "what did",
    "'til": "until",
    "'cause": "because",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "have to",
    "lemme": "let me",
    "gimme": "give me",
    "dunno": "do not know",
    "cuz": "because",
    "coz": "because",
    "til": "until",
    "thru": "through",
    "pls": "please",
    "plz": "please",
    "thx": "thanks",
    "ok": "okay",
    "acct": "account",
    "appt": "appointment",
    "hrs": "hours",
    "mins": "minutes",
    "bucks": "dollars",
    "midday": "noon",
}
"""Whole words; the rest follows from ENDINGS. Words with an apostrophe come first in speech
recognisers' output, those without in typed text."""

ENDINGS: dict[str, str] = {
    "n't": " not",
    "'ll": " will",
    "'ve": " have",
    "'re": " are",
    "'m": " am",
    "'d": " would",
}

BARE: dict[str, str] = {
    **{f"{verb}nt": f"{verb} not" for verb in lexicon.ordered("not-in-one")},
    **{f"{word}s": f"{word} is" for word in lexicon.ordered("is-in-one")},
    "cant": "cannot",
    "im": "i am",
    "ive": "i have",
    "youre": "you are",
    "theyre": "they are",
    "weve": "we have",
    "youve": "you have",
}  # fmt: skip
"""Typed without the apostrophe. Not here, since they are words: ill, well, were, its, id, wont."""

IS_AFTER: frozenset[str] = lexicon.words("is-after")
"""Words after which 's is "is"; after other words it is a possessive unless a state follows."""

STATES: frozenset[str] = lexicon.words("state-after-noun")
"""After a noun's 's these make it "is": "my card's expired"."""

HAS_BEFORE: frozenset[str] = frozenset({"been", "got", "had"})
"""Before these 's is "has" and 'd is "had"."""

# --- fillers ---------------------------------------------------------------------------------

FILLERS: frozenset[str] = lexicon.words("filler")

YOU_KNOW_KEPT_AFTER: frozenset[str] = lexicon.words("you-know-kept-after")
YOU_KNOW_KEPT_BEFORE: frozenset[str] = lexicon.words("you-know-kept-before")
KIND_OF_DROPPED_AFTER: frozenset[str] = lexicon.words("kind-of-dropped-after")

# --- courtesy --------------------------------------------------------------------------------

LEADING = re.compile(
    r"(?:"
    r"(?:hi|hello|hey|hiya|howdy|greetings)(?: (?:there|everyone|again|guys|folks))?(?= |$)"
    r"|good (?:morning|afternoon|evening|day)"
    r"|excuse me|pardon me|sorry to bother you"
    r"|(?:thank you|thanks)(?: (?:very|so) much| a lot)?"
    r"(?: for (?:(?:taking|answering|picking up) (?:my|the) call|your (?:time|help))|(?! for\b))"
    r"|sir|madam|maam"
    r"|apologies|i hope (?:that )?you are (?:well|good|okay|having a (?:good|nice) day)"
    r"|(?:i )?hope you can help(?: me)?(?: out)?|(?:just )?a? ?quick one"
    r"|well(?! (?:child|baby|woman|women|man|visit|being|check))"
    r"|(?:look|listen|right|sorry)(?= (?:i|we|you|can|could|do|does|is|are|will|how|what|where|when"
    r"|so) \S+ \S)"
    r"|okay|alright|all right|oh|so|anyway|now then|basically|i mean"
    r") "
)
"""Dropped from the start, again and again, as long as words remain."""

LEADING_YES = re.compile(r"(?:yes|yeah|yep|yup|actually|just) (?=\S+ \S+ \S)")
"""Dropped from the start only before at least three words: alone they are answers."""

LEADING_AND = re.compile(
    r"(?:and also|and|but|also) "
    rf"(?=(?:{_QUESTION_WORD}|can|could|do|does|is|are|will) "
    r"(?!about )\S+ \S+ \S)"
)
"""Dropped before a whole question; kept before a fragment ("and on holidays"): it says that the
sentence leans on the one before."""

TRAILING = re.compile(
    r" (?:"
    r"thank you(?: very much| so much| in advance| for your (?:help|time))?"
    r"|thanks(?: a lot| so much| very much| in advance| for your (?:help|time))?"
    r"|sir|madam|maam|mate|if you do not mind|if you would not mind"
    r"|have a (?:nice|good|great) (?:day|one|evening)|good ?bye|bye|cheers"
    r"|or something like that|or something|or anything|or whatever"
    r"|and all that|and so on|or not"
    r"|um|uh"
    r")$"
)

CARRIER = re.compile(
    r"(?:just )?(?:"
    r"(?:(?:can|could|would|will|may) (?:you|i)(?: please)?(?: just| possibly| quickly)?"
    r"(?: kindly)?(?: be able to)? )(?:tell me|let me know|explain(?: to me)?|ask(?: you)?"
    r"|find out|know|help me (?:to )?(?:understand|find out|figure out))"
    r"|(?:please )?(?:tell me|let me know)"
    r"|i (?:just )?(?:would (?:just )?like|would love|want|wanted|need|needed|am trying|was trying)"
    r" to (?:know|ask(?: you)?|find out|figure out|understand|check|see)"
    r"|i (?:was|am) (?:just )?(?:wondering|curious|not sure"
    r"|(?:calling|phoning|ringing)(?: you)?(?: to (?:ask|find out|see|check|know))?)"
    r"|(?:i am (?:just )?)?looking to (?:find out|know)|wondering|curious"
    r"|(?:(?:what|all|the thing) i (?:just )?(?:want|wanted|need|would like) to"
    r" (?:know|ask|find out)|the question i have) is"
    r"|i would be interested to (?:know|hear)|i cannot (?:seem to )?(?:figure|find|work) out"
    r"|would it be possible (?:for you )?to (?:tell me|let me know|find out)"
    r"|(?:is there )?any chance (?:that )?you (?:can|could) (?:tell me|let me know)"
    r"|(?:(?:i would (?:really |very much )?(?:be grateful|appreciate it)"
    r"|it would be (?:really |very )?(?:great|good|nice|lovely|helpful)) )?(?:(?:if|whether) )?"
    r"you (?:can|could|would|might)(?: please| maybe)?(?: be able to)?"
    r" (?:tell me|let me know|explain(?: to me)?|help me (?:to )?(?:find out|understand))"
    r"|(?:do|would) you (?:happen to )?know|any idea|i do not know|i wonder"
    r"|(?:would|do) you mind telling me"
    r"|(?:i have (?:got )?(?:a|one)|my|the|a|quick|just a) (?:quick )?question(?: is)?"
    r")(?: (?:about|regarding|concerning|whether|if)(?= )"
    rf"| (?=(?:{_QUESTION_WORD}|do|does|can|is|are|will) ))"
)
"""A frame around the real question: dropped if a question word, if, whether or about follows."""

# --- spelling --------------------------------------------------------------------------------

SPELLINGS: dict[str, str] = {
    "cheque": "check", "cheques": "checks", "chequebook": "checkbook", "colour": "color",
    "colours": "colors", "centre": "center", "centres": "centers", "favourite": "favorite",
    "canceled": "cancelled", "canceling": "cancelling", "cancelation": "cancellation",
    "traveling": "travelling", "traveler": "traveller", "travelers": "travellers",
    "licence": "license", "organisation": "organization", "programme": "program",
    "catalogue": "catalog", "grey": "gray", "jewellery": "jewelry", "enrol": "enroll",
    "enrolment": "enrollment", "authorise": "authorize", "authorised": "authorized",
    "unauthorised": "unauthorized", "authorisation": "authorization", "recognise": "recognize",
    "apologise": "apologize", "organise": "organize", "personalise": "personalize",
    "personalised": "personalized", "customise": "customize", "customised": "customized",
    "paediatric": "pediatric", "paediatrician": "pediatrician", "gynaecologist": "gynecologist",
    "anaesthetic": "anesthetic", "haematology": "hematology", "orthopaedic": "orthopedic",
    "labour": "labor", "neighbour": "neighbor", "honour": "honor",
    "fulfil": "fulfill", "instalment": "installment", "instalments": "installments",
    "metre": "meter", "metres": "meters", "litre": "liter", "litres": "liters",
    "theatre": "theater", "tyre": "tire", "tyres": "tires", "storey": "story",
    "counsellor": "counselor", "practise": "practice", "cellphone": "cell phone",
}  # fmt: skip

COMPOUNDS: dict[tuple[str, str], str] = {
    ("can", "not"): "cannot",
    ("per", "cent"): "percent",
    ("e", "mail"): "email",
    ("e", "mails"): "emails",
    ("wi", "fi"): "wifi",
    ("co", "pay"): "copay",
    ("check", "book"): "checkbook",
    ("on", "line"): "online",
    ("web", "site"): "website",
    ("post", "code"): "postcode",
    ("voice", "mail"): "voicemail",
    ("over", "draft"): "overdraft",
    ("good", "bye"): "goodbye",
    ("401", "k"): "401k",
    ("x", "ray"): "xray",
    ("x", "rays"): "xrays",
    ("mid", "day"): "noon",
}

COMPOUNDS |= {
    (first, second): first + second
    for first, second in (
        ("pay", "check"), ("pay", "checks"), ("pass", "word"), ("pass", "words"), ("pass", "port"),
        ("pass", "code"), ("week", "end"), ("week", "day"), ("down", "load"),
        ("up", "grade"), ("with", "draw"), ("with", "drawal"), ("mail", "box"), ("user", "name"),
        ("time", "zone"), ("air", "line"), ("air", "port"), ("over", "due"),
        ("some", "thing"), ("any", "thing"), ("every", "thing"),
        ("text", "book"), ("play", "list"), ("key", "board"),
    )
}  # fmt: skip
"""Words that recognisers write in two, where the two side by side mean nothing else."""

_TO_FOLLOWS = lexicon.words("to-follows")
_YOUR_FOLLOWS = lexicon.words("your-follows")
MISHEARD: dict[tuple[str, str], str] = {
    **{(before, "too"): "to" for before in _TO_FOLLOWS},
    **{(before, "you're"): "your" for before in _YOUR_FOLLOWS},
}
"""A word that must be another that sounds alike, after that word and not before those of
``HEARD_RIGHT_BEFORE``."""
HEARD_RIGHT_BEFORE: frozenset[str] = lexicon.words("too-heard-right-before")

LONE_LETTERS: dict[str, str] = {"u": "you", "r": "are"}
"""Single letters that stand for a word."""

ACRONYMS: frozenset[str] = lexicon.words("acronym")
"""Spelled-out words known to be one word: decides where "a p i n" begins."""

WEEKDAYS: dict[str, str] = {
    **{f"{day}s": day for day in (
        *lexicon.ordered("weekday"), "weekend", "weekday")},
    "mon": "monday", "tue": "tuesday", "tues": "tuesday", "weds": "wednesday",
    "thu": "thursday", "thur": "thursday", "thurs": "thursday", "fri": "friday",
}  # fmt: skip
"""Plural and short forms. Not here, since they are words: wed, sat, sun."""
