"""Words that mean the same in a request, for ``wording``: one group a line.

A plus joins the words of a phrase. Words are canonical and stand for their forms: "change" for
"changes", "changed" and "changing".
"""

from __future__ import annotations

SYNONYMS = """
tell+me let+me+know check look+up show+me give+me find+out figure+out
tell say communicate share relay explain describe define
read tell say recite
forecast report outlook prediction
confirm ensure make+sure check
able capable
nice lovely pleasant great good
speak chat converse talk
add put include insert
erase delete remove clear
search look find
search+for look+for buy+tickets+for book find
bump raise increase
creation existence life
spot place
retrieve collect
suggest recommend advise propose
bad poor
funny hilarious
revert restore return+to revert+to switch+back go+back+to restore+to
revert restore reset return go+back turn+back change+back switch+back put+back
default original initial factory
gas gasoline
reveal find
discontinue stop
move switch move+over switch+over change+to
show+me pull+up
handle do deal
decline reject refuse deny
accept agree approve
agree+with be+happy+with accept
owe due
leave go depart
come arrive
enter go+into get+into
live stay reside
eat dine
drink beverage
food meal
price pricing
go travel fly
go+to visit travel+to fly+to
eligible qualify entitled
entitled allowed
permit permission
join become
missing absent
cover covered include included pay+for
require take
bring take carry
hear listen
recent latest last
clever smart
buy purchase order get
get receive have obtain acquire
get+hold+of reach contact
find locate look+up see view check look+at track+down search
find+out know learn hear figure+out discover work+out
show display see view give tell list bring+up
tell say explain describe reveal give inform
make do create perform put+in submit file
make book reserve arrange schedule set+up
set+up create open start turn+on enable activate begin
turn+on switch+on enable activate
turn+off switch+off disable deactivate stop
sign+up register enroll apply join subscribe enrol
cancel terminate end stop close quit get+rid+of rid drop
close shut shut+down terminate
delete remove erase take+off clear get+rid+of rid
change modify update alter switch edit amend correct
change adjust set reset
set make create begin start put+on open
plan schedule arrange prepare
think believe suppose guess reckon feel
love want wish
leave put lay place
put turn switch
owe pay
paycheck paycheque salary wage check
song tune track music melody
joke funny humor
laugh giggle chuckle smile
erase wipe
measure gauge
understand hear catch get
commence start
use switch+to go+into change+to turn+on enter
employ work
change swap exchange trade
fix repair mend
replace reissue renew
send mail ship post deliver transfer
send+back return
bring+back return
give+back return refund
transfer move send wire
move relocate transfer shift
pay settle pay+off
pay cost charge
cost charge fee price
reset recover restore
recover restore retrieve get+back
use apply redeem cash+in spend
use utilize
accept take allow honor
allow permit let
allowed permitted able possible
need require want must
want wish like
call phone ring telephone
talk speak chat
contact reach call
help assist aid support
begin start
finish end complete
stop end halt cease
put+on+hold pause suspend freeze
block freeze lock stop
report notify alert tell inform let+know
notify alert inform warn tell
increase raise lift boost up
decrease reduce lower cut
verify confirm check validate
pick+up collect
drop+off leave hand+in
fill+in fill+out complete
go+to visit come
work function operate
last remain stay
expire run+out end lapse
happen occur
choose pick select
improve build raise boost better
play put+on hear listen+to
try use
purpose point meaning
stolen robbed taken
lose misplace
lost misplaced missing stolen
broken damaged defective faulty
first initial
final last
nearest closest
cheapest least+expensive lowest
dear expensive pricey
fast quick rapid speedy
big large
small little tiny
quickest fastest
amount sum total
rate score rating
kind type sort category
status state progress
way method means option
reason cause
problem issue trouble
error mistake fault
rule policy regulation
guideline rule instruction
duration length
opening business working open
number digits
staff employee worker personnel
boss manager supervisor
form application document
paper document
sum amount
start beginning
several multiple many
totally completely entirely
automatic automated
advance upfront
another different other
assistance help support
attorney lawyer
baggage luggage bags
bag suitcase
bin trash garbage rubbish
cab taxi
cell mobile
client customer
company business firm
course class lesson
crime offence
deadline due cutoff
deal offer
entrance entry admission
exam test
excess deductible
flat apartment
garden yard
gas petrol fuel
holiday vacation
illness sickness disease
job position role vacancy
kid child
lift elevator
medicine medication drug
motorway highway
mum mother mom
dad father
note message
nursery daycare kindergarten
pal friend
partner spouse
pension retirement
permit licence license
physician doctor gp
postcode zip
pound quid
queue line
railway train
rent hire lease
rubbish trash
salary pay wage
seat place
shop store
sight vision
sickness illness
statement bill invoice
surgery practice clinic
tap faucet
telly tv television
term period
trip journey travel
tuition fees
wait waiting
zip postcode
occupied busy
near close
reschedule move postpone
renew extend prolong
extend lengthen prolong
link connect pair attach
link connect sync
sync synchronize
upgrade switch
photo picture image
guest visitor
dish meal
safe secure
wage salary
expected due supposed scheduled
earn make get
spend use
keep hold
hold store keep
waive drop
request ask+for
unverified not+verified
swallowed ate kept
log+out sign+out
log+in sign+in
postponed put+off delayed
leaking dripping
during over
crowded busy
insured covered
twice double
quickly soon fast
offer give
fare price
pupil student
pram pushchair stroller buggy
software program
discount reduction
engineer technician
teen teenager
penalty fine
direct nonstop
late overdue
suitcase luggage
smallest lowest least minimum
largest biggest highest longest maximum
withdraw take+back
remain be+left
"""


def groups() -> dict[str, frozenset[int]]:
    """Word or phrase to the numbers of its groups."""
    found: dict[str, set[int]] = {}
    for number, line in enumerate(SYNONYMS.strip().splitlines()):
        for word in line.split():
            found.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}
