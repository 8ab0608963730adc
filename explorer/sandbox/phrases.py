"""What is said on every kind of call. Names in braces are filled in for each call."""

from __future__ import annotations

from explorer.sandbox.kinds import CANCELLATION, COMPLAINTS, FEES, PRIVACY, RECORDING


def _options(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


GREETING_WITH_NAME = _options(
    """
    Good {daypart}, thank you for calling {company}, you're speaking with {agent}. How can I help?
    Hello and welcome to {company}, my name is {agent}. What can I do for you today?
    Good {daypart}, {company} customer service, {agent} speaking.
    Hi there, thanks for waiting. This is {agent} at {company}, how are you today?
    {company}, good {daypart}, this is {agent}. What brings you to us?
    """
)
GREETING_WITHOUT_NAME = _options(
    """
    Good {daypart}, thank you for calling {company}. How can I help?
    Hello, welcome to {company}, what can I do for you?
    Hi there, thanks for holding. How may I help you today?
    Good {daypart}, you've come through to the service team at {company}.
    """
)
NAME_WITHOUT_GREETING = _options(
    """
    {agent} at {company}.
    {company}, {agent} here, go ahead.
    Yes, {agent} from the service desk, what's it about?
    """
)
NO_GREETING = _options(
    """
    Service desk, go ahead.
    Yes, customer service?
    Right, what's the problem?
    You're through to the service line, account number please.
    """
)
LATE_NAME = _options(
    """
    Sorry, I should have said, my name is {agent}, I'm with the service team.
    By the way, you're speaking with {agent} from {company}, in case we get cut off.
    I haven't introduced myself, have I? {agent}, from {company}.
    """
)
VERIFY = _options(
    """
    Before I open the account, could you give me your full name and postcode?
    May I take your name and the first line of the address, for security?
    I just need to check who I'm talking to. Your name and the postcode, please?
    Can you confirm the name on the account for me, and the postcode?
    """
)
VERIFIED = _options(
    """
    {customer}, {postcode}.
    It's {customer}, and the postcode is {postcode}.
    The name's {customer}. {house} {street}, {postcode}.
    It's in my {relative}'s name, but I'm {customer}. {postcode}.
    Sure. {customer}. That's {postcode}, {city}.
    """
)
EMPATHY = _options(
    """
    I'm really sorry to hear that, {first}, that must be frustrating.
    I can understand why you're upset, I would be too.
    Oh no, that's the last thing you need. Let's get it sorted.
    I hear you, {first}, and I'm sorry you had to ring about it.
    That sounds stressful. You've done the right thing by calling.
    I completely understand, nobody likes to wait for that.
    """
)
# The same for calls that nobody rings about in anger.
WARMTH = _options(
    """
    Of course, {first}, I'd be happy to look at that with you.
    That makes sense, and I can see why it matters to you.
    I appreciate your patience, {first}, we'll find something that suits you.
    Take all the time you need, there's no hurry.
    """
)
PROHIBITED = (
    ("guarantee", "I guarantee you that price will never go up, you have my word."),
    ("guarantee", "I can promise you a hundred per cent that it won't happen again."),
    ("pressure", "You have to decide right now, otherwise the offer is gone."),
    ("pressure", "Honestly, you'd be stupid not to take it today."),
    ("blame", "Well, that's your own fault for not reading the contract."),
    ("refusal", "There's nothing I can do, you'll just have to live with it."),
)
SENSITIVE = (
    (
        "card_number",
        "The card number? It's [CARD NUMBER REMOVED], and it runs out in {dayofmonth} months.",
    ),
    ("card_number", "Let me read it out, [CARD NUMBER REMOVED]. Did you get that?"),
    ("date_of_birth", "I was born on the [DATE OF BIRTH REMOVED], if that helps."),
    ("password", "I always use the same one, it's [PASSWORD REMOVED]."),
    ("bank_account", "The account is [ACCOUNT NUMBER REMOVED], sort code the usual."),
)
SPOKEN_DISCLOSURES = {
    RECORDING: _options(
        """
        I have to tell you that this call is recorded for training and quality.
        Just so you know, our calls are recorded, so that we can check the quality.
        A quick note that we're being recorded on this line, I hope that's all right.
        """
    ),
    PRIVACY: _options(
        """
        We only use your details for this request, and the data protection notice is on our website.
        For data protection, I'll only open what I need, and you can ask for a copy at any time.
        """
    ),
    CANCELLATION: _options(
        """
        You have the right to cancel this within fourteen days, without giving a reason.
        Should you change your mind, there are fourteen days in which you can cancel.
        And by law you've got fourteen days to cancel, it's on the confirmation as well.
        """
    ),
    FEES: _options(
        """
        I need to mention the fees, there's a late charge of {amount3} if a payment is missed.
        The charges are in the price list, the one to know is {amount3} for a returned payment.
        """
    ),
    COMPLAINTS: _options(
        """
        If you aren't happy with the outcome, you can take it to the ombudsman after eight weeks.
        There is a complaints procedure, and I'll send you the leaflet about it.
        """
    ),
}
ACKNOWLEDGE = _options(
    """
    Okay.
    Yes, that's fine.
    Mm-hm.
    All right, yes.
    Sure, no problem.
    I know, I've heard the tape.
    Fine by me.
    """
)
# Alternatives of what the agent says and what the customer answers to it.
SMALL_TALK = (
    (
        (
            "Bear with me a second, the system is a bit slow today.",
            "No rush, I've got a cup of tea.",
        ),
        (
            "It's loading, sorry, it does that around this time.",
            "It's the same at my work, don't worry.",
        ),
        ("I'm just pulling up your account, {first}.", "Take your time."),
    ),
    (
        ("Would you spell the street for me?", "{street}, just as it sounds."),
        ("Is that number {house} or {house2}?", "Number {house}. Everybody gets it wrong."),
        ("And that's {city}, isn't it?", "Yes, still {city}. We did think about moving."),
    ),
    (
        ("Is {digits} still the end of your phone number?", "Yes, that's my mobile."),
        (
            "And the best number to reach you, does that end in {digits}?",
            "No, that's an old one. Use the one I'm calling from.",
        ),
    ),
    (
        (
            "Can you still hear me? You've gone a little quiet.",
            "I'm walking to the window, is that better?",
        ),
        (
            "Sorry, there's a bit of an echo on the line.",
            "That's my {relative} with the radio. Sorry.",
        ),
        ("I didn't catch that, there was a noise.", "It's the dog. He's after the postman."),
    ),
    (
        ("How's the weather over in {city}?", "Don't ask. It's been raining since {day}."),
        ("Is it as wet in {city} as it is here?", "It's lovely, actually, for once."),
    ),
    (
        ("Let me repeat that to be sure. {ref}, correct?", "Yes, that's what I have here as well."),
        (
            "I'll note that down, just a moment. Okay, got it.",
            "Thanks. I'd rather it was written somewhere.",
        ),
    ),
    (
        (
            "You've been with us for {count} years, I see. Thank you.",
            "Then you'd think it would be easier by now.",
        ),
        ("I can see you rang us on {date} as well.", "That's right, and I was told to ring again."),
        (
            "Did you get the answer to your e-mail, by the way?",
            "I did, but it didn't answer what I asked.",
        ),
    ),
)
# Said one after the other.
ON_HOLD = (
    (
        ("May I put you on hold for a moment?", "Yes, but don't forget me."),
        ("I need to ask a colleague, can you hold for a minute?", "If it's really only a minute."),
        ("Let me check that with the other team, would you hold?", "Okay. Not the music, please."),
    ),
    (
        ("Thanks for holding, {first}, I'm back.", "That was quick."),
        (
            "I'm with you again, thank you for your patience.",
            "I was starting to think you'd gone home.",
        ),
        ("Sorry about the wait, {first}.", "No harm done. I put the kettle on."),
    ),
)
ANYTHING_ELSE = _options(
    """
    Is there anything else I can do for you today?
    Was that everything, {first}?
    Anything else on your mind?
    """
)
NOTHING_ELSE = _options(
    """
    No, that's it. Bye now.
    That's all, thank you, {agent}. Goodbye.
    Nothing else. Have a good one.
    No, thanks. Bye. Bye-bye.
    """
)
GOODBYE = _options(
    """
    Thank you for calling {company}, have a lovely {daypart}.
    Take care, {first}, goodbye.
    Thanks, {first}. Bye for now.
    You're welcome. Enjoy the rest of your {daypart}.
    """
)
AGENT_HESITATIONS = ("Right, ", "Okay, so ", "Um, ", "Let me see, ", "So, ", "Now, ", "Er, ")
CUSTOMER_HESITATIONS = ("Um, ", "Well, ", "Uh, ", "Er, ", "I mean, ", "Yeah, ", "Hmm, ", "Oh, ")
PRODUCTS = _options(
    """
    router
    tablet
    coffee machine
    kitchen scale
    toaster
    headset
    desk lamp
    bicycle
    phone case
    set-top box
    vacuum cleaner
    laptop
    """
)
RELATIVES = (
    "husband",
    "wife",
    "son",
    "daughter",
    "mother",
    "father",
    "neighbour",
    "sister",
    "partner",
)
COLOURS = ("red", "blue", "orange", "white", "purple", "yellow", "grey")
PLANS = ("Family Plus", "Home 300", "Simple M", "Fibre Max", "Anytime", "Duo 24")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = _options(
    """
    January
    February
    March
    April
    May
    June
    July
    August
    September
    October
    November
    December
    """
)
