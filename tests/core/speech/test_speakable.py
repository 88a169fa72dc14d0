"""Written text as it is to be spoken."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.core.speech.speakable import speakable

SPOKEN = {
    # markup
    "**Yes**, we _do_ that.": "Yes, we do that.",
    "# Hours\nWe open at nine": "Hours, We open at nine",
    "We have:\n- apples\n* pears;\n+ plums.": "We have: apples, pears; plums.",
    "1. First\n2. Second": "1. First, 2. Second",
    "> quoted\n---\nend": "quoted, end",
    "See [our page](https://x.example/a_(b)) now": "See our page now",
    "![a map](m.png)": "a map",
    "Use `pip` or ```py\nrun\n```": "Use pip or run",
    "| a | b |\n|---|---|\n| 1 | 2 |": "a, b, 1, 2",
    "a<br>b <b>c</b> <!-- d --> e": "a b c e",
    "Q&amp;A": "Q and A",
    "snake_case_name": "snake case name",
    # pictures
    "Great 👍🏽! See you ☀️": "Great! See you",
    "👩‍👩‍👧": "",
    # money
    "It is $1,200.50.": "It is 1,200 dollars and 50 cents.",
    "$1 or $2": "1 dollar or 2 dollars",
    "$0.01, £0.50 and €3.00": "1 cent, 50 pence and 3 euros",
    "5 € or 7.5€": "5 euros or 7.5 euros",
    "USD 5 and 20 EUR": "5 dollars and 20 euros",
    "$3.5 million, $5k": "3.5 million dollars, 5 thousand dollars",
    "¥500, ¥1.50": "500 yen, 1.50 yen",
    "in $ only": "in dollars only",
    # times and dates
    "Open 9:00 to 17:30": "Open 9 o'clock to 17 30",
    "at 10:05 p.m. today": "at 10 oh 5 p m today",
    "from 9am-5 PM": "from 9 a m to 5 p m",
    "at 00:00 and 13:00": "at 0 hundred and 13 hundred",
    "on 2026-05-03": "on May 3, 2026",
    "part 2026-13-03": "part 2 0 2 6, 1 3, 0 3",
    "from 2020-2026": "from 2020 to 2026",
    # numbers
    "Call +1 (555) 123-4567.": "Call plus 1, 5 5 5, 1 2 3, 4 5 6 7.",
    "Call 555-1234": "Call 5 5 5, 1 2 3 4",
    "Account 12345678": "Account 1 2 3, 4 5 6, 7 8",
    "It is 1,234,567 in all": "It is 1,234,567 in all",
    "about 123456 of them": "about 123456 of them",
    "on 03.05.2026": "on 03.05.2026",
    "3.5 and -4": "3.5 and minus 4",
    "2-3 days": "2 to 3 days",
    "No. 5 and #6": "number 5 and number 6",
    # units and symbols
    "5 kg, 1 km, 10GB": "5 kilograms, 1 kilometer, 10 gigabytes",
    "20°C, 6 ft, 1 mph, 60 mph": "20 degrees Celsius, 6 feet, 1 mile per hour, 60 miles per hour",
    "5% & more": "5 percent and more",
    "e.g. this vs. that": "for example this versus that",
    "half = ½": "half equals one half",
    "a — b – c": "a, b, c",
    # addresses
    "Write to a.b@c.example.": "Write to a dot b at c dot example.",
    "See https://www.x.example/a-b?c=1.": (
        "See www dot x dot example slash a dash b question mark c equals 1."
    ),
    "www.x.example/": "www dot x dot example",
    # marks
    "What?!! Well... so": "What? Well. so",
    " , yes ( ) ,": "yes,",
}


@pytest.mark.parametrize(("text", "said"), SPOKEN.items(), ids=str)
def test_what_is_said(text: str, said: str) -> None:
    assert speakable(text) == said
    assert speakable(said) == said


def test_other_languages_get_only_what_is_right_in_all() -> None:
    assert speakable("**Das** kostet 5 € 👍\nund 3 % mehr", words=False) == (
        "Das kostet 5 €, und 3 % mehr"
    )


def test_acronyms_as_wanted() -> None:
    ways = {"FAQ": "F A Q", "SQL": "sequel"}
    assert speakable("The FAQ of SQL, not FAQs", acronyms=ways) == "The F A Q of sequel, not FAQs"


PARTS = st.sampled_from(
    [*SPOKEN, *"*_`#>|-+~\n[]()$€%&@.:,;!?/ 0159½°am", "5 m", "p.m.", "http://", "&lt;", "\u200d"]
)


@given(st.lists(PARTS, max_size=12).map("".join) | st.text(max_size=60))
@example("$" * 20 + "5")
@example("&amp;amp;lt;b&gt;")
def test_once_is_enough(text: str) -> None:
    said = speakable(text)
    assert speakable(said) == said
    assert said == said.strip()
    assert not re.search(r"[\n*_`#|$€£@&%<>\[\]{}]|  ", said)
    plain = speakable(text, words=False)
    assert speakable(plain, words=False) == plain


@given(st.text("abcdefgh ,?!'", max_size=80))
def test_words_are_left_alone(text: str) -> None:
    assert re.sub(r"[,?!]+|\s", "", speakable(text)) == re.sub(r"[,?!]+|\s", "", text)
