"""Words that turn a question into another one: the table behind the polarity guard.

One line per contrast: a name, then the values that exclude one another, each with its words.
A word of two parts (``turn on``) is a verb and its particle, which may stand apart ("turn it
on"). Words are canonical (``intents.text.spoken``). ``state`` contrasts read "not open" as
"closed".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

CONTRASTS = """
opening: open opens opening opened reopen | close closes closing closed shut shuts
switch: enable enables activate activates activating reactivate unblock unlock unfreeze unsuspend \
turn+on switch+on leave+on | disable disables deactivate deactivates deactivating block blocking \
freeze lock suspend turn+off switch+off
start: start starts starting begin begins | stop stops stopping end ends ending finish finishes
sign: log+in sign+in login | log+out sign+out logout log+off sign+off
visit: book booking schedule scheduling reserve arrange make+appointment make+reservation \
make+booking | cancel cancels cancelling cancelled call+off | reschedule rescheduling move moving \
postpone rearrange change+appointment change+booking
keep: keep keeping | cancel cancels cancelling cancelled get+rid take+away give+up
merge: merge merging merges combine combining | split splitting separate separating
renew: renew renews renewing renewal | lapse lapses lapsing
restore: restore restoring recover recovering undelete | delete deleting erase erasing
length: extend extending lengthen prolong | shorten shortening
public: public publicly | private privately
correct: correct right | incorrect wrong
service: in+service | out+service
stock: in+stock | out+stock
subscribe: subscribe subscribing | unsubscribe unsubscribing cancel
order: buy buys buying purchase | sell sells selling | rent renting hire
send_back: return returning send+back | exchange exchanging swap
money: deposit depositing deposits pay+in | withdraw withdrawing withdrawal withdrawals take+out
send: send sending sends | receive receiving receives
loan: borrow borrowing | lend lending
size: increase increasing increases raise raising | decrease decreasing reduce reducing lower \
lowering
level: higher highest maximum most max | lower lowest minimum least min
grade: upgrade upgrading | downgrade downgrading
load: upload uploading | download downloading
list: add adding | remove removing delete deleting
include: include includes including | exclude excludes excluding
lost: lost lose | found
link: connect connecting link linking pair | disconnect disconnecting unlink
install: install installing | uninstall uninstalling
before: before in+advance | after in+arrears
pause: pause pausing | resume resuming continue continuing unpause
visible: show showing | hide hiding
zoom: zoom+in | zoom+out
opt: opt+in opting+in | opt+out opting+out
checking_in: check+in checkin checking+in | check+out checkout checking+out
member: join joining | leave leaving quit quitting
early: early earlier earliest soonest | late later latest last
inside: inside indoor indoors | outside outdoor outdoors
incoming: incoming inbound | outgoing outbound
arrive: arrive arrival arrives | leave departure departs
up: pick+up collect collecting collection | drop+off
win: win won | lose lost
pass: pass passed | fail failed
import: import importing | export exporting
safe: safe | unsafe dangerous
same: same | different
fixed: fixed | variable
permit: allow allowing permit permitting | prevent preventing forbid forbidding
legal: legal | illegal
cheap: cheap cheapest cheaper | expensive dearest dearer
"""

STATES = """
decision: approve approved accept accepted accepts | reject rejected decline declined deny denied \
refuse refuses refused
allow: allowed permitted | forbidden prohibited banned
possible: possible | impossible
truth: true | false untrue
included: included | excluded
available: available | unavailable
active: active | inactive
valid: valid | invalid expired
taxable: taxable | untaxed
opened: open | closed shut
covered: covered | uncovered
refundable: refundable | nonrefundable
"""

KINDS = """
card: credit | debit | prepaid | gift+card gift+cards
account: checking+account my+checking from+checking to+checking into+checking current+account | \
savings
region: domestic domestically | international internationally abroad overseas foreign
holder: personal | business corporate commercial
share: joint | individual sole
people: adult adults grownup | child children kid kids minor minors teenager teenagers baby \
babies infant infants | senior seniors elderly
sex: men man mens male | women woman womens female
extent: full | partial
day_part: morning mornings | afternoon afternoons | evening evenings night nights tonight
season: summer | winter | in+spring this+spring next+spring last+spring | autumn
customer: new+customer new+customers new+patient new+patients | existing returning+customer \
returning+patient returning+customers returning+patients
channel: online | in+store in+person in+branch | by+phone over+phone
payment: in+cash with+cash pay+cash | by+card with+card pay+card
sight: glasses | contacts contact+lenses
payer: free | paid
device: iphone ios | android
post: standard+delivery standard+shipping | express overnight
image: xray xrays | mri | ultrasound
ticket: single+ticket one+way | return+ticket round+trip
part: username | password passcode | pin
hand: left+handed | right+handed
working_time: full+time | part+time
line: landline | mobile cell
mishap: stolen | damaged broken cracked scratched
floor: upstairs upper | downstairs lower
compass: north northern | south southern | east eastern | west western
age: junior juniors | senior seniors
room: single+room single+rooms | double+room double+rooms | twin+room twin+rooms
class: first+class | second+class | economy | business+class
licence: provisional | full+license
degree: undergraduate undergraduates | postgraduate postgraduates
gears: manual | automatic
cover: hardback hardcover | paperback
sale: wholesale | retail
lasting: temporary | permanent
seat: window | aisle
luggage: hand+luggage carry+on cabin+bag cabin+bags | hold+luggage hold+bag checked+bag \
checked+bags checked+luggage
fuel: petrol | diesel
diet: vegetarian | vegan | halal | kosher
school: primary | secondary
let: tenant tenants | landlord landlords
deal: buyer buyers | seller sellers
"""

NEGATORS = frozenset({"not", "cannot", "no", "never", "without", "none", "nothing", "nobody", "nor",
                      "neither", "unable", "non", "nowhere", "hardly", "stopped", "avoid",
                      "avoiding"})  # fmt: skip

SOFT_NEGATIVES = frozenset(
    {
        "broken", "broke", "fail", "fails", "failed", "failing", "declined", "declines", "denied",
        "rejected", "refused", "forgot", "forgotten", "forget", "lost", "missing", "stuck", "down",
        "problem", "problems", "trouble", "issue", "issues", "instead", "blocked", "locked",
        "late", "delayed", "overdue", "wrong", "error", "faulty", "damaged", "unavailable",
        "closed", "excluded", "miss", "missed", "skip", "lack", "refuse", "expired",
        "stop", "stops", "opt", "unrecognized", "unauthorized", "fraudulent", "unknown",
        "strange", "suspicious", "dead", "crashes", "crashing", "unpaid", "unhappy", "uninsured",
        "still", "waiting", "impossible", "invalid", "inactive", "false", "fraud", "scam",
        "absent", "skipped", "out", "off", "forbidden", "banned", "prohibited", "against",
        "illegal",
    }
)  # fmt: skip
"""Words that say "not" without a negation: "my card is broken" is "my card does not work"."""


GIVING_UP = frozenset(
    {
        "cancel", "cancelling", "end", "stop", "remove", "delete", "close", "closing",
        "unsubscribe",
        "off", "return", "quit", "leave", "terminate", "disable", "deactivate", "out", "skip",
        "drop", "block", "freeze", "lock", "bar", "prevent", "suspend", "abort", "undo", "rid",
        "lapse", "refuse", "decline", "reject", "mute", "hide", "away",
    }
)  # fmt: skip
"""What one does to a thing that one does not want any more."""

FUNCTION = frozenset(
    [
        "a",
        "an",
        "the",
        "my",
        "your",
        "our",
        "his",
        "her",
        "its",
        "their",
        "this",
        "that",
        "these",
        "those",
        "i",
        "you",
        "we",
        "they",
        "it",
        "he",
        "she",
        "me",
        "us",
        "them",
        "is",
        "are",
        "am",
        "was",
        "were",
        "be",
        "been",
        "being",
        "do",
        "does",
        "did",
        "have",
        "has",
        "had",
        "can",
        "could",
        "will",
        "would",
        "should",
        "may",
        "might",
        "must",
        "cannot",
        "not",
        "no",
        "never",
        "without",
        "none",
        "nothing",
        "nobody",
        "nor",
        "neither",
        "to",
        "of",
        "in",
        "on",
        "at",
        "for",
        "from",
        "with",
        "by",
        "about",
        "into",
        "and",
        "or",
        "but",
        "if",
        "so",
        "as",
        "than",
        "then",
        "there",
        "here",
        "what",
        "when",
        "where",
        "who",
        "which",
        "how",
        "why",
        "want",
        "need",
        "like",
        "get",
        "got",
        "just",
        "also",
        "too",
        "very",
        "any",
        "some",
        "all",
        "out",
        "up",
        "off",
        "still",
        "yet",
        "ever",
        "now",
        "much",
        "many",
        "more",
        "please",
        "anymore",
    ]
)
"""Words that carry no meaning of their own."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Values that exclude one another."""

    name: str
    values: tuple[frozenset[str], ...]
    """Words of each value; ``verb+particle`` for two parts."""


def _parse(table: str) -> tuple[Contrast, ...]:
    rows = []
    for line in table.strip().splitlines():
        name, _, values = line.partition(":")
        parts = tuple(frozenset(value.split()) for value in values.split("|"))
        rows.append(Contrast(name.strip(), parts))
    return tuple(rows)


Index = dict[str, tuple[tuple[str, int], ...]]


def _index(contrasts: tuple[Contrast, ...]) -> Index:
    """Word (or verb+particle) to the (contrast, value) pairs it names."""
    found: dict[str, list[tuple[str, int]]] = {}
    for contrast in contrasts:
        for number, words in enumerate(contrast.values):
            for word in words:
                found.setdefault(word, []).append((contrast.name, number))
    return {word: tuple(places) for word, places in found.items()}


POLARITY_INDEX = _index(_parse(CONTRASTS))
STATE_INDEX = _index(_parse(STATES))
KIND_INDEX = _index(_parse(KINDS))
PAIR_STARTS = frozenset(
    word.partition("+")[0]
    for index in (POLARITY_INDEX, KIND_INDEX)
    for word in index
    if "+" in word
)
WORDS = {
    (contrast.name, number): min(words)
    for contrast, (number, words) in (
        pair
        for table in (CONTRASTS, STATES, KINDS)
        for contrast in _parse(table)
        for pair in product([contrast], enumerate(contrast.values))
    )
}
"""A word for each value, for reasons shown to people."""
