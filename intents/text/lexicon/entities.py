"""Names that every line of business knows: places, brands, languages, colours, relatives.

``FAMILIES``: one line per family, its members apart by spaces; a member is one name or several for
the same thing (``uk/england/britain``), of several words with plus signs (``new+york``).
``SYNONYMS``: words that name the same thing, as people say them. ``GENERAL``: words that describe a
thing without naming another one. All words are canonical (``intents.text.spoken``).
"""

from __future__ import annotations

from intents.text.english import words

PLACES = """
place: boston austin dallas houston chicago denver seattle portland miami orlando tampa atlanta
 nashville memphis detroit cleveland columbus cincinnati philadelphia pittsburgh baltimore
 washington/dc phoenix tucson albuquerque sacramento oakland omaha minneapolis milwaukee
 indianapolis charlotte raleigh richmond jacksonville louisville honolulu anchorage springfield
 new+york/nyc/manhattan los+angeles san+francisco san+diego san+jose san+antonio las+vegas
 salt+lake+city new+orleans kansas+city st+louis brooklyn queens bronx london manchester leeds
 liverpool bristol glasgow edinburgh dublin paris lyon berlin munich hamburg frankfurt rome
 milan madrid barcelona lisbon vienna zurich geneva brussels amsterdam copenhagen oslo stockholm
 helsinki warsaw prague budapest athens istanbul moscow cairo dubai mumbai delhi bangkok singapore
 tokyo osaka seoul beijing shanghai hong+kong sydney melbourne toronto montreal vancouver calgary
 alaska hawaii california texas florida arizona nevada oregon colorado utah georgia virginia ohio
 michigan illinois indiana wisconsin minnesota iowa missouri kansas oklahoma nebraska montana idaho
 wyoming louisiana alabama mississippi tennessee kentucky pennsylvania massachusetts maryland
 delaware connecticut vermont maine new+jersey new+mexico new+hampshire rhode+island puerto+rico
 north+carolina south+carolina north+dakota south+dakota
 usa/america/united+states canada mexico uk/england/britain/united+kingdom scotland wales ireland
 france germany spain italy portugal switzerland austria belgium netherlands/holland denmark norway
 sweden finland poland greece russia ukraine egypt israel india pakistan bangladesh china
 japan korea taiwan vietnam thailand indonesia philippines malaysia australia new+zealand brazil
 argentina chile peru colombia cuba jamaica nigeria kenya ghana south+africa morocco iceland
 hungary romania bulgaria croatia serbia
 europe asia africa
"""
FAMILIES = """
language: spanish english french german italian portuguese chinese/mandarin cantonese japanese
 korean arabic russian hindi vietnamese polish dutch tagalog turkish hebrew
currency: dollars euros pounds yen francs pesos yuan rupees bitcoin
network: visa mastercard american+express/amex discover
wallet: paypal venmo zelle apple+pay google+pay cash+app klarna afterpay western+union
phone: iphone/ios/ipad android samsung pixel huawei
computer: mac/macbook windows linux chromebook
browser: chrome safari firefox
carrier: verizon sprint att tmobile vodafone
courier: ups fedex usps dhl
social: facebook instagram twitter tiktok youtube linkedin whatsapp telegram
assistant: alexa siri
shop_site: amazon ebay walmart target costco ikea
insurer: aetna cigna humana medicare medicaid blue+cross kaiser united+healthcare
tier: gold silver platinum bronze diamond basic/standard premium/deluxe starter plus pro
color: red blue green yellow black white brown pink purple orange gray beige
relative: wife/husband/spouse son/daughter/child/kid/children/kids/baby/sons/daughters
 mother/father/mom/dad brother/sister grandmother/grandfather friend/friends
 roommate neighbor
pet: dog/dogs/puppy cat/cats/kitten bird/birds rabbit/rabbits horse/horses
paper: passport drivers+license/driving+license/license birth+certificate social+security+card
limb: knee hip shoulder ankle wrist elbow foot hand neck
organ: heart/cardiology eye/eyes skin/dermatology ear/ears tooth/teeth/dental lung/lungs
test: blood+test urine+test eye+test pregnancy+test hearing+test covid+test
shot: flu+shot tetanus+shot covid+shot measles+shot
drug: ibuprofen aspirin tylenol/acetaminophen penicillin insulin amoxicillin
loan: mortgage/home+loan car+loan/auto+loan student+loan personal+loan
contact: phone/telephone/mobile email/email+address/emails address
named_day: columbus+day presidents+day labor+day memorial+day veterans+day
bank: bank+of+america chase wells+fargo citibank/citi barclays hsbc capital+one
garment: shoes/sneakers shirt/shirts dress/dresses jacket/coat pants/jeans/trousers hat/hats
furniture: sofa/couch bed/beds mattress/mattresses table/tables chair/chairs wardrobe desk lamp
vehicle: car/cars truck/trucks motorcycle bike/bicycle/bikes boat
appliance: fridge/refrigerator oven dishwasher washer/washing+machine dryer microwave
device: router modem laptop tablet printer tv/television headphones camera
meal: breakfast lunch dinner
room: pool gym sauna spa restaurant bar
travel: flight/plane train bus taxi/cab ferry
utility: electricity/power gas water internet
study: math english+class history physics chemistry biology
"""

WITHIN = """
usa: boston austin dallas houston chicago denver seattle miami orlando atlanta las+vegas new+york
 los+angeles san+francisco san+diego hawaii california texas florida arizona nevada oregon colorado
 washington/dc philadelphia alaska
uk: london manchester leeds liverpool bristol glasgow edinburgh scotland wales
france: paris lyon
germany: berlin munich hamburg frankfurt
italy: rome milan
spain: madrid barcelona
japan: tokyo osaka
china: beijing shanghai hong+kong
india: mumbai delhi
canada: toronto montreal vancouver calgary
australia: sydney melbourne
ireland: dublin
portugal: lisbon
europe: france germany italy spain portugal ireland uk greece austria belgium netherlands poland
 paris lyon berlin munich rome milan madrid barcelona london dublin lisbon vienna brussels amsterdam
"""
"""What lies in a place: who goes to florida and asks what calls cost asks about america too."""

WHOLE_PLACES = frozenset(
    words(
        "abroad overseas international internationally foreign country countries worldwide global "
        "anywhere where locations travel travelling trip nationwide states state city cities "
        "another area region destination vacation"
    )
)
"""A question with one of these is about every place."""

SYNONYMS = """
kid child kids children son daughter baby minor | doctor physician provider |
clinic office practice | bill invoice statement | fee charge cost price rate |
package parcel order delivery shipment item | store shop branch location | car vehicle auto |
phone telephone mobile cell | email mail message | refund reimbursement money |
purchase order | promo discount coupon voucher | delivery shipping postage |
visit appointment booking reservation consultation checkup | lab laboratory |
medicine medication drug prescription pill meds | password passcode | site website page |
ticket pass | checking current | wire bank money international | medical health patient |
lost missing stolen misplaced | broken damaged defective faulty | client customer member |
staff employee worker | app application | holiday vacation trip | apartment flat home house |
partner spouse wife husband | id identification document | result report | limit maximum cap |
credit loan | interest rate | song tune music track | default original initial factory |
minimum least lowest smallest | maximum most highest largest biggest longest | cash money bill |
hours times schedule | address location |
yearly annual | gift present | parking garage lot | support service help |
agent representative person | plan subscription membership package contract |
picture photo image | movie film | couch sofa | line number | specialist doctor |
device phone machine | balance amount | savings deposit | scan test |
insurance coverage policy plan | account profile login | warranty guarantee | size fit |
spending credit | purchase transaction payment | pharmacy drugstore |
shot vaccine vaccination jab | transfer payment | papers documents forms paperwork |
supermarket grocery | trash garbage rubbish | job position role | woman female women |
man male men | laptop computer | tv television | fare price | pupil student |
pram pushchair stroller buggy | software program | discount reduction | engineer technician |
bigger larger | teen teenager | fine penalty charge | stain spot | direct nonstop | late overdue |
luggage suitcase baggage bag | lift elevator | entrance door | term semester
"""
"""Groups between bars."""

NOUNS = frozenset(
    words(
        "family assembly supply reply jelly lily parking building wedding training heating cooling "
        "housing clothing bedding lighting flooring roofing plumbing wiring cleaning grooming "
        "swimming fishing hiking skiing cycling boxing dining catering hearing nursing bowling "
        "painting engineering banking trading billing roaming gaming printing seed feed bed shed"
    )
)
"""Names that end as adverbs and verbs do."""

GENERAL = frozenset(
    words(
        "new old current recent nearest closest next last first second other another different "
        "same own right wrong correct whole full entire actual real certain particular regular "
        "normal "
        "usual general main local available possible extra additional replacement existing lost "
        "stolen missing broken damaged latest upcoming following good bad best better big small "
        "large little great long short quick fast easy free low high specific special single "
        "proper active valid physical online mobile digital personal daily monthly annual yearly "
        "total average exact customer bank way thing things something someone somebody anything "
        "anyone stuff kind type sort lot bit part one ones time times day days week weeks month "
        "months year years today tomorrow now people person number details information info help "
        "question questions problem problems issue reason chance idea minute moment person "
        "company place area home work advance total item product service services several few "
        "most every each both either sorry hello mail email back again away"
    )
)
"""Never a name."""
