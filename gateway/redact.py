"""Personal data taken out of what is kept: what a caller says is not ours to store.

Names, numbers, codes, e-mail and postal addresses and dates become ``[name]``, ``[number]``,
``[code]``, ``[email]``, ``[address]``, ``[postcode]`` and ``[date]``, however they are spoken or
spelled; the question around them stays. Errs on the side of taking out: any run of four or more
digits goes, unless it is plainly a time, a year or an amount of money. Runs on the event loop, so
every repetition is bounded: the time is proportional to the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gateway.names import STATES, ordinary, without_names

# --- pieces ----------------------------------------------------------------------------------

_ONES = "zero|oh|o|nought|one|two|three|four|five|six|seven|eight|nine"
_DIGIT = (
    f"{_ONES}|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|"
    "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|double|triple"
)
_ORDINAL = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|"
    "thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|"
    "thirtieth"
)
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|march|mar|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    "oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|(?:(?:twenty|thirty)[ -])?(?:{_ORDINAL}|{_ONES}))"
_YEAR = (
    rf"(?:(?:19|20)\d\d|(?:nineteen|twenty)(?:[ -](?:{_DIGIT})){{1,2}}|"
    rf"two thousand(?: and)?(?: (?:{_DIGIT})){{0,2}})"
)
_NATO = (
    "alpha|alfa|bravo|charlie|delta|echo|foxtrot|golf|hotel|india|juliett?|kilo|lima|mike|"
    "november|oscar|papa|quebec|romeo|sierra|tango|uniform|victor|whiskey|x-?ray|yankee|zulu"
)
_LETTER = r"(?<![\w'’])[a-z](?![\w'’])"
_SPELT = rf"(?:{_LETTER}|\b\d{{1,4}}\b|\b(?:{_ONES}|double|triple|dash|hyphen|{_NATO})\b)"
_UNIT = (
    r"(?:dollars?|euros?|pounds?|bucks|cents?|pence|percent|per cent|%|usd|eur|gbp|minutes?|hours?|"
    r"days?|weeks?|months?|years?|miles?|km|kilomet(?:er|re)s?|points?|times|people|gigs?|gb|mb|"
    r"(?:seconds?|grams?|kilos?|degrees))\b"
)
_STREET = "street|st|road|rd|avenue|ave|lane|ln|boulevard|blvd|parkway|highway|crescent|terrace"
_STREET_TOO = "drive|dr|court|ct|square|sq|way|place|close|row|alley|circle|trail|gardens|grove"
_NO_STREET = (
    "am|pm|to|a|an|the|in|on|at|by|for|and|or|is|are|of|days?|hours?|minutes?|weeks?|months?|"
    "years?|dollars?|euros?|pounds?|percent|miles?|people|cards?|more|different|other|times?|per|"
    "this|that|my|your|it|from|with|than|not|can|do|does|close|far|which|people|way|there"
)
_ENDS = "and|but|can|could|please|what|when|where|how|so|thanks|thank|i|if|because|is|do|does|will"
_NUMBERED = (
    "account|card|order|reference|ref|booking|confirmation|ticket|case|claim|policy|tracking|"
    "invoice|membership|member|customer|patient|licen[cs]e|passport|social security|ssn|"
    "reservation|serial|routing|sort|verification|security|access|pin|cvv|cvc|passcode|iban|code|"
    "plate|flight|employee|student|phone|mobile|cell|telephone"
)
_ACRONYMS = {"iban", "hsbc", "asap", "rsvp", "imei", "nasa", "html", "bmw", "aarp", "hdmi", "usps"}


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


# --- what needs a look around it -------------------------------------------------------------

_AMOUNT = _pattern(rf"\d{{1,3}}(?:,?\d{{3}}){{0,1}}(?:\.\d\d)?|(?:(?:{_DIGIT}|and)[ -]?){{2,7}}")
_UNIT_NEXT = _pattern(rf"\s?-?{_UNIT}")
_MONEY_BEFORE = re.compile(r"[$£€]\s?$")
_TIME = re.compile(r"(?:[01]?\d|2[0-4])[ .][0-5]\d")
_TIME_BEFORE = _pattern(r"\b(?:at|from|until|till|to|by|before|after|around) $")
_TIME_NEXT = _pattern(r" ?(?:am|pm|a\.m|p\.m|o['’]?clock)\b")
_A_YEAR = re.compile(r"(?:19[5-9]|20[0-4])\d")
_YEAR_BEFORE = _pattern(rf"\b(?:in|since|year|during|until|before|after|of|{_MONTH}) $")


def _number(found: re.Match[str]) -> str:
    """A run of digits, kept if it is plainly an amount, a time or a year."""
    digits = found[0].strip(" -./(),")
    before = found.string[max(0, found.start() - 16) : found.start()]
    after = found.string[found.start() + len(found[0].rstrip(" -./(),")) :][:12]
    if _AMOUNT.fullmatch(digits) and (_UNIT_NEXT.match(after) or _MONEY_BEFORE.search(before)):
        return found[0]
    if _TIME.fullmatch(digits) and (_TIME_BEFORE.search(before) or _TIME_NEXT.match(after)):
        return found[0]
    if _A_YEAR.fullmatch(digits) and _YEAR_BEFORE.search(before):
        return found[0]
    return "[number] "


_NATO_WORD = _pattern(rf"\b(?:{_NATO})\b")


def _spelt(found: re.Match[str]) -> str:
    """Letters and digits said one by one, if they are enough of them and no known acronym."""
    said = re.split(r"[ ,.\-]+", found[0].strip(" ,.-").lower())
    nato = len(_NATO_WORD.findall(found[0]))
    letters = sum(len(one) == 1 and one.isalpha() for one in said)
    if nato >= 2 and len(said) >= 3:
        return "[code] "
    if nato or not letters or len(said) < 4 or "".join(said) in _ACRONYMS:
        return found[0]
    return "[code] "


# --- the rules, in order ---------------------------------------------------------------------

Put = str | Callable[[re.Match[str]], str]


def _rule(put: Put, *pattern: str) -> tuple[re.Pattern[str], Put]:
    return _pattern("".join(pattern)), put


_MAIL = r"(?:gmail|g mail|yahoo|hotmail|outlook|icloud|aol|proton ?mail|gmx|msn)"
_DOTS = r"(?: ?(?:dot |\.)[a-z]{1,20})"
_PART = r"[\w+\-]{1,40}"
_JOIN = r"(?:dot|underscore|dash|hyphen|point|\.|_)"
_NEXT = r"[ ,.\-]{1,2}"
_EMAILS = (
    _rule("[email]", r"(?<![\w.+\-])[\w.+\-]{1,64} ?@ ?[\w.\-]{1,255}"),
    _rule(
        r"\1[email]",
        r"\b(e-?mail(?: address)?(?: is|['’]s)? )(?!(?:is|address) )(?:[\w.'\-]{1,40} ){1,8}?at ",
        rf"(?:{_MAIL}\b{_DOTS}{{0,3}}|(?:{_PART} ){{1,3}}?dot [a-z]{{1,20}}{_DOTS}{{0,3}})",
    ),
    _rule(
        "[email]",
        rf"(?<![\w.+\-])(?:{_PART} {_JOIN} ){{1,4}}(?:{_PART} ){{1,3}}?",
        rf"at [\w\-]{{1,64}}{_DOTS}{{1,5}}\b",
    ),
    _rule("[email]", rf"(?<![\w.+\-])[\w+\-]{{1,64}} at {_MAIL}{_DOTS}{{0,3}}\b"),
)
_DATES = (
    _rule(
        r"\1[date] ",
        r"\b(born (?:on |in )?(?:the )?|(?:date of birth|birth ?date|birthday|dob|d o b)",
        r"(?: (?:is|was))?[: ] ?(?:on )?(?:the )?)",
        rf"(?:(?:\d{{1,4}}(?:st|nd|rd|th)?|{_MONTH}|{_DIGIT}|{_ORDINAL}|of|the|and)\b",
        r"[ ,/.\-]{0,2}){1,9}",
    ),
    _rule(
        "[date]",
        rf"\b(?:{_DAY} (?:of )?(?:{_MONTH}),? (?:of |in )?{_YEAR}|",
        rf"(?:{_MONTH})\.? (?:the )?{_DAY},? {_YEAR})\b",
    ),
    _rule(
        "[date]",
        r"(?<![\d/.\-])(?:\d{4}[/.\-][01]?\d[/.\-][0-3]?\d|",
        r"[0-3]?\d[/.\-][0-3]?\d[/.\-]\d{2,4})(?![/.\-]?\d)",
    ),
)
_ADDRESSES = (
    _rule(
        r"\1 [address]",
        r"\b((?:my|our|the|home|mailing|billing|shipping|delivery|new|postal|street) address",
        rf"(?: is|['’]s)|i(?: now)? live (?:on|at)) (?!(?:{STATES}|campus|benefits)\b)",
        rf"[\w'.\-]{{1,30}},?(?: (?!(?:{_ENDS})\b)[\w'.\-]{{1,30}},?){{0,9}}",
    ),
    _rule(
        "[address]",
        rf"\b(?:\d{{1,6}}[a-z]?|(?:(?:{_DIGIT})[ -]){{0,4}}(?:{_DIGIT})),? ",
        rf"(?:(?!(?:{_NO_STREET}|{_DIGIT}|{_UNIT})\b)[a-z'.]{{1,30}} ){{1,3}}(?:{_STREET})\b",
    ),
    _rule(
        "[address]",
        rf"\b\d{{1,6}}[a-z]? (?:(?!(?:{_NO_STREET}|{_UNIT})\b)[a-z'.]{{1,30}} ){{1,2}}",
        rf"(?:{_STREET_TOO})\b",
    ),
    _rule(
        "[address]",
        r"\b(?:(?:apartment|apt|suite|flat|unit)\.? (?:number )?(?:\d{1,5}[a-z]?|[a-z]\d{1,4})",
        rf"(?! ?{_UNIT})\b|p\.? ?o\.? box (?:\d{{1,8}}|(?:(?:{_DIGIT}) ?){{1,6}}))",
    ),
    _rule(
        "[postcode]",
        r"\b(?:[a-z]{1,2}\d[a-z\d]? ?\d(?!(?:st|nd|rd|th|am|pm)\b)[a-z]{2}|",
        r"[a-z]\d[a-z] ?\d[a-z]\d)\b",
    ),
    _rule(r"\1[postcode]", r"\b((?:zip|post(?:al)?) ?code (?:is )?)[a-z]{1,2}\d{1,2}[a-z]?\b"),
)
_AS_IN = rf"{_LETTER} as in \w{{1,20}}"
_CODES = (
    _rule("[code]", r"\b[a-z]{2}\d{2}(?: ?(?=[a-z]{0,4}\d)[a-z\d]{4}){2,7}(?: ?[a-z\d]{1,4}\b)?"),
    _rule("[code]", rf"{_AS_IN}(?:,? (?:{_AS_IN}|{_SPELT})){{0,20}}"),
    _rule(
        "[code]",
        r"(?<![\w'’])([a-z]) (?:for|like) \1\w{1,20}",
        r"(?:,? (?:and )?([a-z]) (?:for|like) \2\w{1,20}){1,20}",
    ),
    _rule(
        r"\1 [code]",
        r"\b(spelled|spelt|spell it|name(?: is|['’]s)|initials(?: are)?) ",
        rf"{_SPELT}(?:{_NEXT}{_SPELT}){{1,30}}",
    ),
    _rule(_spelt, rf"(?![ai]\b(?! [b-hj-z]\b)){_SPELT}(?:{_NEXT}{_SPELT}){{2,40}}(?<! [ai])"),
    _rule(
        "[code]",
        r"\b(?:[a-z]{2,4}-?\d{3,}[\w\-]{0,20}|(?=\w{5,20}\b)[a-z]*\d{1,8}[a-z]{1,8}\d\w*)\b",
    ),
)
_NUMBERS = (
    _rule(
        _number,
        rf"(?:(?:\d|\b(?:{_DIGIT})\b)[ \-./(),]{{0,3}}",
        r"(?:\b(?:uh|um|er|erm|dash|hyphen|slash|then)\b[ ,]{0,2}){0,2}){4,}",
    ),
    _rule(
        r"\1[code]",
        r"\b((?:my|the|new) (?:password|passcode|pin|user ?name|login|user id) (?:is|was) )",
        rf"(?!(?:{STATES})\b)(?!\w{{1,20}}(?:ing|ed)\b)[\w\-!#$%&*]{{2,40}}",
    ),
    _rule(
        r"\1[number] ",
        rf"\b((?:{_NUMBERED})(?: number| code| id| no\.?)?(?: is| was|['’]s)?",
        r"(?: ending| ends| starting| starts)?(?: in| with)?[ :#]{1,3})",
        rf"(?:\d{{2,}}|(?:(?:{_DIGIT}) (?:{_DIGIT}|and )\b ?){{1,6}}|",
        rf"(?:{_SPELT} ){{2,12}}{_SPELT})(?![\d,]|[.:]\d| ?{_UNIT}| (?:am|pm)\b)",
    ),
    _rule(
        r"\1[number] ",
        r"\b((?:ending|ends|last (?:four|three|two)(?: digits)?)(?: in| with| of| are| is)? )",
        rf"(?:\d{{2,}}|(?:(?:{_DIGIT})\b ?){{2,6}})",
    ),
)
_RULES = (*_EMAILS, *_DATES, *_ADDRESSES, *_CODES, *_NUMBERS)


def redact(text: str) -> str:
    """The text without what could name a person: fit for a record."""
    text = re.sub(r"\s{1,1000}", " ", text)
    for pattern, put in _RULES:
        text = pattern.sub(put, text)
    return " ".join(without_names(text).split())


_COUNTED = _pattern(rf"\b(?!(?:one|oh|o|first|second)\b)(?:{_DIGIT}|{_ORDINAL}|{_NATO})\b")
"""Numbers in words. "One moment" and "just a second" are none."""


def impersonal(text: str) -> bool:
    """Whether a written text can be said to anybody: it has no number, no name, nothing that
    ``redact`` takes out, and none but common words. In doubt it is not."""
    if any(map(str.isnumeric, text)) or _COUNTED.search(text) or not ordinary(text):
        return False
    return redact(text) == " ".join(text.split())


_FRAMES = _pattern(
    r"(?:\b(?:hi|hello|hey)\b,? ?)?\b(?:(?:my|the) (?:[\w']{1,20} ){0,2}(?:is|was)|"
    r"my name['’]s|this is|i am|i['’]m|it['’]s|it is) (?:for )?(?:\[\w{1,20}\] ?){1,3}"
    r"(?:\b(?:speaking|calling|here)\b ?)?(?:\b(?:and|from|,)\b ?)?"
)


def wording(text: str) -> str:
    """A redacted text as it can be a question of an entry: without placeholders, and without the
    phrases that only held one ("my name is [name] and")."""
    text = re.sub(r"\[\w{1,20}\]", " ", _FRAMES.sub(" ", text))
    return " ".join(text.split())
