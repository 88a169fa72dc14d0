"""What the callers of the speech set say: whole turns, as they are spoken on a telephone."""

from __future__ import annotations

SHORT = (
    "do you have a table for four people tonight",
    "where can i buy fresh flowers around here",
    "which language do they speak in brazil",
    "is it possible to grow tomatoes on a balcony",
    "can you recommend a good book about gardening",
    "what is the best way to cook a salmon",
    "how long does it take to learn the piano",
    "please tell me who won the football game",
    "who painted the picture in your office",
    "can i bring my dog to the park",
    "when does the museum close on sundays",
    "do you know a good dentist in oxford",
    "what should i wear to a wedding",
    "how do i get to the train station",
    "is there a swimming pool near the hotel",
    "could you play some music for me",
    "why is the sky blue",
    "how old is the cathedral",
    "does the bus stop at the hospital",
    "i would like to know how tall the tower is",
    "i need a plumber for my kitchen",
    "my neighbour's dog keeps barking at the mailman",
    "the train to the airport leaves at noon",
    "we painted the kitchen a lovely shade of green",
    "my sister is getting married next spring",
    "i think it is going to rain this afternoon",
    "the children are playing in the garden",
    "somebody parked a van in front of my door",
    "i lost my umbrella on the bus this morning",
    "the heating in my flat does not work",
)
"""Turns that a bank's catalogue does not answer."""

LONG = (
    "i would like to know whether my parents can use the card when they travel",
    "could you explain to me how the interest on a savings account is worked out",
    "my husband and i want to open an account together before the end of the month",
    "the last time i called someone told me that the branch would be closed",
    "i am trying to find out if there is a charge for sending money to my son in canada",
    "we moved to a new house last week and i need to change the address you have for me",
    "yesterday i tried to pay in a shop and the machine did not accept my card at all",
    "before i come to the branch i want to be sure that i bring the right papers",
    "is there anything i have to do if i want to take out more cash than usual",
    "when my new card arrives do i have to do something to make it work",
    "hi my name is anna and i wanted to ask about the letter you sent me on friday",
    "my father is in hospital and i would like to pay his bills from my account",
    "i was charged twice for the same thing and nobody could tell me why",
    "can you tell me what happens to my savings if i move to another country",
    "i have been waiting for a call from your office since monday morning",
    "the man at the counter said that i have to fill in another form",
    "is it true that you will close the branch in our village next year",
    "i would like to give my daughter some money for her first car",
    "we are going to italy in june and i want to know which card to take",
    "somebody called me and said that they were from the bank and wanted my code",
)
"""Long ones: a pause may be anywhere in them."""

ANSWERS = (
    "yes please",
    "no that was all",
    "the second one",
    "on monday morning",
    "two hundred pounds",
    "my wife did it",
)
"""Short ones, to something that was asked."""

RESTARTS = (
    ("i want to i mean", "i would like to change my appointment"),
    ("can you um", "can you tell me where the meeting is"),
    ("do you have no sorry", "is there a bakery next to the church"),
    ("what is the what was", "the name of the man i spoke to"),
    ("how do i er", "how do i get a new bicycle"),
    ("my son has well", "my daughter has lost her school bag"),
)
"""Begun, broken off, and begun again after a pause."""

BACKGROUND = (
    "and then she said that the whole thing had been a mistake from the very beginning",
    "did you see the match last night it was the best one of the season by far",
    "put the blue boxes over there next to the window and mind the step please",
    "it has been raining for three days and the river is higher than ever before",
    "next please ticket number forty seven counter number three on the left",
)
"""What others in the room say."""
