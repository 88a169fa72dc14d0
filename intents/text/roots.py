"""One form for the forms of an English word: "cancelled" and "cancels", "paid" and "pays"."""

from __future__ import annotations

from functools import lru_cache

_IRREGULAR = """
pay: paid | send: sent | spend: spent | buy: bought | take: took taken | make: made | get: got
gotten | give: gave given | lend: lent | sell: sold | lose: lost | find: found | go: went gone
come: came | keep: kept | say: said | tell: told | drive: drove driven | withdraw: withdrew
withdrawn | bring: brought | choose: chose chosen | write: wrote written | break: broke broken
begin: began begun | fly: flew flown | see: saw seen | speak: spoke spoken | eat: ate eaten
wear: wore worn | steal: stole stolen | leave: left | meet: met | hold: held | win: won | do: did
done does | have: has had | forget: forgot forgotten | run: ran | teach: taught | feed: fed
throw: threw thrown | show: shown | grow: grew grown | catch: caught | fall: fell fallen
draw: drew drawn | build: built | ride: rode ridden | hide: hid hidden | know: knew known
use: used uses using | child: children | person: people | man: men | woman: women
"""


def _table() -> dict[str, str]:
    found: dict[str, str] = {}
    base = ""
    for word in _IRREGULAR.replace("|", " ").split():
        if word.endswith(":"):
            base = word[:-1]
        else:
            found[word] = base
    return found


_BASE = _table()
_ENDINGS = (("ing", 2), ("ed", 2), ("es", 3), ("s", 3))
"""With the least letters that must be left."""


@lru_cache(maxsize=16384)
def root(word: str) -> str:
    """The word without its ending. Not always a word: "expire" and "expires" give "expir"."""
    word = _BASE.get(word, word)
    for ending, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least and word[-2:] != "ss":
            word = word[: -len(ending)]
            break
    if word.endswith("i"):  # "tries", "tried"
        word = f"{word[:-1]}y"
    if len(word) > 2:
        word = word.removesuffix("e")
    while len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word


def participle(word: str) -> bool:
    """Whether it may be the past of a verb: "booked", "taught"."""
    return word.endswith("ed") or word in _BASE
