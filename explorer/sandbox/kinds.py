"""The kinds of call: what people say in each. Alternatives are parted by `` | ``.

A kind is written as lines. ``open`` is the customer's problem, ``purpose`` the agent saying what
the call is about, pairs of ``A`` and ``C`` are exchanges in the order of the plot, of which a
call has as many as its length allows, ``end`` resolves it and ``glad``/``sore`` is the
customer's reaction. Names in braces are filled in for each call.
"""

from __future__ import annotations

from dataclasses import dataclass

DELIVERY = """
open: Hi, yes, I ordered a {product} on {date} and it still hasn't turned up. The order number is {order}. | I'm calling about a delivery. Order {order}. It was meant to be here {day} and I took the whole morning off for it. | So my parcel says delivered, but nobody was home and there is nothing on the doorstep. That's {order}. | Hello, it's about the {product} I bought. The tracking hasn't moved for {count} days now.
purpose: So you're calling to find out where order {order} has got to, is that right? | Right, so the purpose of today's call is to trace your {product}. | Just to confirm what we're doing on this call, we're tracking down the delivery of your {product}.
A: Could you read me the delivery address, please? | And which address should it have gone to?
C: {house} {street}, {city}, {postcode}. | It's {house} {street}, that's in {city}.
A: I can see it left our depot near {city} at {time} and then there is a gap. | The last scan was at {time}, the driver marked it as nobody in.
C: That can't be right, I was at home the entire day. | Well, somebody was in. My {relative} was here until the evening.
A: Was there a card through the door, or maybe a message on your phone? | Did the driver leave a photo or a card with you?
C: No card. I got a text with a photo, but that's not my door, it's a green one and mine is {colour}. | Nothing at all. I checked the bins too, because they've done that before.
A: Could it be with a neighbour? Sometimes they go to number {house2}. | Have you had a chance to ask at number {house2}?
C: I asked on both sides and they haven't seen a thing. | I did, and the lady there says no. She's usually in all day.
A: What I can do is open a trace with the carrier. The trace number is {ref}. | I'm opening a search with the courier now, reference {ref}.
C: And how long does that take? I need it before {day}. | Hang on, let me get a pen. {ref}, okay.
A: They have {count} working days to answer. After that we send another one without waiting. | Normally two to {count} working days, and I'll keep an eye on it myself.
C: That's a long time for something I've already paid {amount} for. | Hmm. And if they say it was delivered, what then?
A: Then I'd send out a replacement the same day, no charge to you. | If it doesn't surface, you choose, a new {product} or the {amount} back.
C: I'd rather have the {product}, to be honest. | The refund, I think. I've lost a bit of faith in it.
A: May I add a safe place to your account for next time? | Would a pick-up shop in {city} be easier for the next one?
C: Put down the shed on the left, please. | No, leave it as it is, thanks.
end: So the trace is open under {ref}, and you'll hear from us by {day}. | I've set it up so that a new {product} leaves the depot on {day} if nothing has turned up.
glad: Brilliant, that's all I wanted. | Oh, that's much easier than I expected, thank you. | Perfect, thanks for sorting it so quickly.
sore: Well, I'll believe it when I see it. | This is the second time I've had to call about it, I hope it's the last. | All right, but I'm not happy about taking another day off.
"""

BILLING = """
open: I've got my bill here and it says {amount}, when it's normally {amount2}. I don't understand it. | There's a charge on my account for {amount} that I never agreed to. | You've taken {amount} twice this month, on {date} and then again two days later. | Hello. I'm looking at invoice {ref} and it just doesn't add up.
purpose: Okay, so we're going through invoice {ref} together today. | The reason for this call, as I understand it, is the charge of {amount}. | So what I'd like to do on this call is explain the {amount} and correct it if it's wrong.
A: Do you have the second page in front of you? There's a table at the bottom. | If you look under 'adjustments', what does yours say?
C: Um, one second. It says 'plan change', and then {amount}. | I see 'service fee' three times, that's the odd part.
A: That comes from {date}, when the plan was changed in the middle of the month. | I think I can see it. The old plan ran for {count} days next to the new one.
C: Nobody told me I'd pay for both. | So I paid for two at the same time?
A: Yes, for {count} days. It should have been credited and it wasn't. | In effect, yes. The credit is sitting there unapproved.
C: Right. So I was right to call. | That's quite a mistake, isn't it?
A: Did you get the letter we sent on {date}? | We did announce the new prices by e-mail on {date}, did that reach you?
C: I got something, but it looked like advertising so I binned it. | No, nothing. Is the address still {house} {street}?
A: I'm taking off the {amount} now. You'll see it as a credit. | I've raised a correction for {amount}, the reference is {ref}.
C: Will I get it back or is it just off the next bill? | And when does that show up?
A: It comes off the next one, unless you'd like it back on the card. | Three to five working days for the card, or straight away as a credit.
C: Back on the card, please, the one ending {digits}. | Off the next bill is fine.
A: Shall I set an alert for when a bill is more than, say, {amount2}? | Would you like to get the bill by e-mail from now on, so that this is easier to spot?
C: Yes, that would help. | No, I prefer it on paper.
A: Is there anything else on there that looks wrong to you? | Let's check the rest. The line rental, {amount2}, is that as you expect it?
C: No, the rest looks like it always does. | That's the old price, yes.
end: So that's {amount} back to you and the next bill will be {amount2} again. | It's all noted under {ref}, and the corrected invoice goes out on {day}.
glad: Great, thank you for explaining that, it makes sense now. | That was painless. Thanks ever so much. | Lovely, I was expecting an argument.
sore: I still think somebody should have told me. | It's taken three calls to get here, you know. | Fine, but I'll be checking the next one line by line.
"""

BROADBAND = """
open: My internet keeps dropping out, every evening around {time}. | Hi, I've had no connection since {day} morning, the little light is just red. | It's terribly slow. I pay for a hundred and I get about {count}. | The new router you sent doesn't talk to anything, I've been at it for two hours.
purpose: So today we want to get your broadband running again. | The purpose of the call is to find out why the line drops, so I'll run some tests with you. | Right, so this is about the connection at {street}, and we'll go through it step by step.
A: Which lights are on at the front of the router? | Could you tell me what colour the light on the left is?
C: It's {colour}, and it blinks. Three times and then a pause. | There's one steady and the other is, um, sort of {colour}.
A: Are you on the wireless or is there a cable to the computer? | Is it every device, or just the one?
C: Wireless. The {relative}'s tablet does the same. | Everything. Even the telly.
A: Let me run a line test from here, it takes about a minute. | I'm sending a test down the line, you may lose the connection for a moment.
C: Well, there isn't much to lose. | Okay. It's gone off now. Is that you?
A: I'm seeing {count} drops in the last day, so you aren't imagining it. | The test says there's noise on the line, {count} errors in a minute.
C: I knew it! Everybody tells me to turn it off and on again. | So it's not my equipment then?
A: Could you unplug it, count to thirty, and plug it in again? I know, I know. | Please take the filter off the phone socket and plug the router straight in.
C: I did that {count} times yesterday, but all right. Done. | Hold on, it's behind the sofa. Right, it's straight in the wall now.
A: Do you see a small screw panel on the main socket? There's a test socket behind it. | Has anybody done work in the house lately, drilling, a new alarm?
C: I'd need a screwdriver. Give me a minute. Okay, got it. | We had the kitchen done on {date}, actually.
A: I'm changing the channel and setting your profile to a steadier one. | There's new firmware for it, I'm pushing that now.
C: The light's gone green. | It says restarting. How long should I wait?
A: What does a speed test show now? | Try to open a page for me, any page.
C: Over ninety, would you believe it. | It opens, but it thinks about it for a while.
A: I'd still like an engineer to look at the cable. Is {day} at {time} any good? | I can book a technician, {day} between {time} and the hour after.
C: {day} works. Will he ring first? | I'm at work then. Could he come on Saturday?
end: The line is stable as of now, and the ticket {ref} stays open for a week. | So the engineer is booked for {day}, {time}, ticket {ref}.
glad: It's working! You're a star. | Oh, that's so much faster. Thank you for your patience. | Excellent, I can get back to work now.
sore: If it drops tonight I'm leaving, I mean that. | That's another week of this, then. | I've heard that before, to be honest.
"""

CANCEL = """
open: I'd like to cancel my contract, please. The number is {ref}. | Yes, hi, I want to leave. I've found it cheaper somewhere else. | We're moving abroad on {date}, so I need to end everything. | I tried to cancel on the website and it sends me round in circles.
purpose: So we're talking about ending contract {ref} today. | Okay. This call is about your cancellation, and I'll take you through what happens next. | I understand you'd like to leave us, so that's what we'll deal with on this call.
A: May I ask what made you decide? | Was there something that went wrong, if you don't mind my asking?
C: It's the price, mainly. {monthly} a month is a lot. | I was on hold for forty minutes the last time. That did it.
A: Who are you going to, if I may ask? | What did they offer you?
C: I'd rather not say. | They'd do the same for {monthly2}.
A: I could bring yours down to {monthly2} for {months} months. | There is a loyalty rate, {monthly2} a month, if you stay {months} months.
C: Why does that only exist when I want to leave? | Hmm. And after that it goes back up, I suppose.
A: It does go to the standard rate afterwards, yes. I'd rather tell you now. | You'd get a reminder a month before it ends.
C: No. I've made up my mind. | Let me think. Could you send me that in writing?
A: Your minimum term ended on {date}, so there is nothing to pay. | There are {count} weeks left in the term, so an early fee of {monthly} would apply.
C: Good, I was worried about that. | {monthly}? For what?
A: The last day would be {date2}. Do you want to keep the e-mail address? | Should the service end at once, or at the end of the month, {date2}?
C: No, I've already moved the e-mail. | End of the month, please.
A: We'll send you a box for the router. It's free to return it. | The equipment has to come back within {count} days, I'm afraid.
C: It's still in its box somewhere. Fine. | Can I drop it off in {city}?
A: You'll get a final bill of about {monthly2}. | The direct debit stops by itself after the final bill.
C: You're not going to chase me for it in half a year? | As long as I get that by e-mail.
end: I've entered the cancellation for {date2}, and the confirmation number is {ref}. | So I've put you on the {monthly2} rate and nothing is cancelled for now.
glad: That was far less painful than I thought. Thank you. | Okay, you've talked me round. Thanks. | Thanks for not making it difficult.
sore: I'll say it frankly, that's why people leave. | I shouldn't have to threaten to leave to get a fair price. | Just make sure it's really cancelled this time.
"""

UPGRADE = """
open: I had a letter about the new {plan} plan and wanted to ask what it would cost me. | Hi, I think my contract is up and I'd like a better deal. | I'm thinking of adding a second line for my {relative}. | I saw the {product} offer online, is that for existing customers as well?
purpose: So the reason we're talking is the move to {plan}. | I'd like to use this call to find the right plan for you and your {relative}. | Just so that it's clear, this is a sales call about {plan}, and you can say no at any point.
A: How many of you use it at home? | What do you mostly use it for?
C: Four of us, and everyone streams at the same time. | Work, mostly. Video calls, all day long.
A: Then I'd look at {plan}. It's {monthly} a month over {months} months. | {plan} would be {monthly}, that's {amount3} more than today.
C: And what do I get for that? | That's more than I thought, if I'm honest.
A: Twice the speed, and the {product} is included. | You get the {product} and calls to mobiles on top.
C: Is the {product} really free or do I pay it off? | I don't need the calls. Can you leave them out?
A: It's part of the monthly price, there's nothing hidden. | I can do it without, then it's {monthly2}.
C: All right, {monthly} then. And the set-up? | Okay, that sounds better already.
A: Set-up is {amount3}, once. I could waive half of it. | There's no set-up fee for existing customers.
C: Waive all of it and we have a deal. | Good. Because the last time there was.
A: Can I check your usage for the last three months? | I see you went over the limit in two of the last {count} months.
C: Go on. | That was when my {relative} was staying with us.
A: When would you want it to start? We could do {date2}. | The switch can happen on {day}, you'd be offline for ten minutes.
C: {date2} is fine. | Not before {date2}, we're on holiday.
A: Shall I send the contract summary to your e-mail first? | I'll send you the summary now, take your time to read it.
C: Please do, I don't sign anything on the phone. | It's arrived. Let me see. Yes.
A: Are you happy for me to place the order? | So shall we go ahead?
C: Yes, I'm happy with that. | Go on, let's do it.
end: The order is in, {order}, and it starts on {date2}. | It's placed under {ref}, and the start is {date2}.
glad: Wonderful, I'm looking forward to it. | That's a good deal, thank you. | You've been really clear, I appreciate that.
sore: I feel I've been talked into something. | I'll have to see what it really costs in the end. | You people always have something to sell.
"""

COMPLAINT = """
open: I want to make a complaint. I've called {count} times and every time it's a different story. | Can I speak to a manager? I've had enough of this. | I'm sorry, but this is unacceptable. The fitter left a hole in my wall on {date}. | You've closed my complaint, {ref}, and nobody even called me.
purpose: I want to use this call to take your complaint down properly. | So this call is about complaint {ref}, and I'd like to understand all of it. | The purpose is to put right what happened on {date}.
A: Would you tell me from the beginning what happened? | Start wherever you like, I'm taking notes.
C: On {date} someone promised me {amount} back. Then it's 'not in the system'. | First nobody came, then two came at once, and neither had the part.
A: Do you remember who you spoke to? | And what were you told when you rang on {day}?
C: A {agent2}, I think. They were polite enough, I'll say that. | That it would be escalated. Whatever that means.
A: I can see the notes, and you're right, it was never passed on. | I have three entries here, and they contradict each other.
C: There you go. | So what are you going to do about it?
A: What would put this right for you? | What would you like to happen?
C: I want the {amount}, and I want someone to say sorry. | I want it repaired by {day}, and in writing.
A: I can approve {amount2} today. For more I need my team leader. | I can offer {amount2} for the trouble, and the repair is on us.
C: {amount2} doesn't even cover the day I lost. | It isn't about the money, it's how I've been treated.
A: Let me ask my team leader, can you hold for two minutes? | I'd like to talk to my supervisor about this, would you hold the line?
C: I've been holding all week, what's two more minutes. | Don't cut me off, please.
A: Thank you for holding. She has agreed to {amount}. | Thanks for waiting. We can do the full {amount}.
C: Why couldn't that happen three weeks ago? | Okay. That's something.
A: You'll have our answer in writing within {count} days. | I'm writing you a summary while we talk, it has the reference {ref}.
C: To {house} {street}, please, not the old address. | And your name on it, please.
end: Your complaint is logged as {ref}, and I'll ring you myself on {day} at {time}. | So that is {amount} to the card ending {digits}, and the fitter on {day}.
glad: You're the first one who has actually listened. Thank you. | All right. Thank you for taking it seriously. | I appreciate that, I really do.
sore: If I don't hear from you I'll go to the ombudsman. | I've got everything recorded, just so that you know. | It shouldn't have come to this.
"""

APPOINTMENT = """
open: I need to move my appointment, it's on {day} at {time}. | Hello, I'd like to book somebody for the yearly boiler check. | The engineer was supposed to be here by {time} and there's no sign of him. | My {relative} booked a visit and I just want to make sure it's still on.
purpose: So we're changing the visit of {day}, is that it? | Then this call is about your appointment, let me open the diary. | The reason you're calling is the visit at {street}, so let's have a look at it.
A: What sort of work is it? | Is it the yearly service or a repair?
C: Just the service. It's been a year and a bit. | It drips. Not much, but it drips.
A: I have {day} at {time}, or the week after. | The next free slot is {date2}, in the morning.
C: Mornings are bad. Anything after four? | {date2}, let me look. No, that's the school play.
A: There's one at {time} on {day}, it has just come free. | If you're flexible I could put you on the waiting list.
C: I'll take that one. | Waiting list, and what are my chances?
A: Will there be somebody over eighteen at home? | Is there parking at {house} {street}?
C: My {relative} will be there. | You need a permit, I'll put one out.
A: How old is the boiler, roughly? | Do you know the model? It's on a plate underneath.
C: It came with the house, so {count} years at least. | Hang on, I'm crawling under it. It says {order}.
A: Any dogs? It's on the form, I have to ask. | Anything the engineer should know about getting in?
C: One, but he's ancient. | The bell doesn't work, he should knock.
A: The visit is {amount2}, and parts come on top. | There's a call-out fee of {amount3} if nobody's in.
C: And if he finds something? | Is that not covered by the plan?
A: He'd ring you with the price first, always. | The plan covers labour, not the parts.
C: Good to know. | Fair enough.
end: So that's {day} at {time}, and the engineer rings half an hour before. | You're booked in for {date2}, booking number {ref}.
glad: Lovely, that was quick. | Great, see him on {day} then. | Thank you, you've been very helpful.
sore: I hope he turns up this time. | That's three weeks without hot water, thank you very much. | So I've wasted a day for nothing.
"""

CLAIM = """
open: I need to report a water leak, it's come through the ceiling. | I'd like to know what's happening with my claim, {ref}. | Someone drove into my car outside {street} on {date}. | My {product} was stolen and I've got it on the home cover, I think.
purpose: So this call is about claim {ref}. | I'll be taking down the details of your claim today, it takes about ten minutes. | What we need to do on this call is register what happened on {date}.
A: First of all, is everybody all right? | Is it safe where you are now?
C: Yes, yes. Just a bit shaken. | We're fine. The carpet isn't.
A: When did you notice it? | At about what time was that?
C: On {date}, around {time}. | I came home at {time} and stood in a puddle.
A: Did you get the other driver's details, or any witness? | Has anyone been out to look at it yet?
C: I've got a photo of the plate, and a neighbour saw it. | A plumber. He charged {amount2} to turn a tap.
A: Could you send me pictures and the receipt? | Please keep the receipt, and don't throw anything away.
C: I took about {count} pictures. Where do they go? | It's all in bags in the garage.
A: You have an excess of {amount3}, so that's what you'd pay. | The policy covers up to {bigamount}, minus {amount3} excess.
C: I thought that was for accidents only. | Okay. And does my premium go up?
A: It may at renewal, I won't pretend otherwise. | The no-claims bonus would drop by one step.
C: Then I need to think about whether it's worth it. | That's what I was afraid of.
A: An assessor will ring you, {day} or the day after. | I'm sending someone to {street} on {day}.
C: The sooner the better, it smells already. | Will they be able to say yes or no?
A: Do you need somewhere to stay in the meantime? | Would a hire car help you?
C: We're with my {relative} for now. | Yes please, I've got to be in {city} on {day}.
A: Have you told the police? I'd need the crime number. | Was it reported anywhere else?
C: Yes, it's {order}. | Not yet. Should I?
end: The claim is open, {ref}, and the assessor has your number. | I've approved the first {amount}, it should be with you by {day}.
glad: Thank you, you've calmed me down. | That's a weight off my mind. | You've been very kind.
sore: You're quick enough to take the money every month. | I've been waiting for {count} weeks now. | So I'm out of pocket and my premium goes up. Marvellous.
"""

ARRANGEMENT = """
open: I got a letter saying I owe {amount} and I can't pay it all at once. | I've lost some hours at work and I'm going to be late with this month. | You've sent me a final notice, but I already paid {amount2} on {date}. | Hello, um, this is a bit awkward. I'm behind with my bill.
purpose: Then let's use this call to find a payment you can manage. | This call is about the balance of {amount} on your account. | So the purpose of today's call is to agree on a plan for the {amount}.
A: Thanks for ringing us about it, that's the right thing to do. | You'd be surprised how many people are in the same position.
C: I've put it off for weeks, to be honest. | I didn't sleep much.
A: May I ask what comes in and goes out in a month, roughly? | Has something changed, if you don't mind telling me?
C: I'm on {count} days a week now, it used to be five. | My {relative} was ill and I had to stop working for a while.
A: What could you pay without going short yourself? | Is there an amount that would feel comfortable?
C: {amount3} a month, maybe. | After rent there's not much. {amount3}?
A: Over {months} months that would come to {amount}. | I can spread it over {months} months with no interest.
C: And the letters stop? | That I can do.
A: The letters stop as soon as the first payment is in. | I'm putting a hold on the account for {count} weeks.
C: That's a relief. | I don't want the bailiffs at my {relative}'s door.
A: Which day of the month suits you? | Shall we say the day after you're paid?
C: The {dayofmonth}th. I'm paid the day before. | The end of the month is best.
A: Could you pay something today, even a little? | If you start with {amount3} today, the fee falls away.
C: I could do {amount3}. On the card ending {digits}. | Not until {day}.
A: There are people who give free advice on debts, shall I send you the number? | You may be able to get some help with it, have you checked that?
C: Yes, why not. | I've spoken to them already.
A: If anything changes, ring before the date and we'll move it. | Please don't just stop paying, call us and we'll sort it.
C: I will. I promise. | It won't come to that, I hope.
end: So that's {amount3} on the {dayofmonth}th, {months} times, under {ref}. | The plan is set up, and a letter with all of it goes to {house} {street}.
glad: Thank you for not making me feel small. | I feel a lot better now. | That's very decent of you.
sore: I shouldn't have been charged a fee in the first place. | You've sent me {count} letters in a week, that's harassment. | I've told all of this to somebody before, twice.
"""

ACCESS = """
open: I can't get into my account, it says the password's wrong and it isn't. | I've got a new phone and the code doesn't come through. | I think somebody's been in my account, there's an order I don't know, {order}. | My {relative} passed away and I need to get at the bills.
purpose: So we want to get you back into your account today. | This call is about the access to your online account, then. | I'll be helping you to sign in again, that's what this call is for.
A: What exactly does the page say? | Is there a message in red?
C: 'Something went wrong', and a long number. {ref}. | 'Too many attempts, try again later.' It's later now.
A: Which e-mail do you sign in with? | Is it the same e-mail as the one on the bills?
C: It's {first} dot something at, oh, I changed that in spring. | Should be. It's the only one I've got.
A: I'm sending a code to the number ending {digits}. | You should get a text in a moment.
C: Nothing yet. Oh, there it is. | That's the old number, that's the whole trouble.
A: Please don't read the code out to me, just type it in. | You'll never be asked to tell anybody that code, not even us.
C: Oops, right. Typed it. | Good that you say so.
A: Now choose a new password, at least twelve characters. | It's asking you for a new password now, isn't it?
C: It says it's too like the old one. | Done. I've written it on the back of an envelope.
A: I see a sign-in from another country on {date}, at {time}. | There's a device on here called '{product}', is that yours?
C: That wasn't me! | It's the old one, my {relative} has that now.
A: I've signed out every device and stopped order {order}. | I'm locking it for a moment and then we start clean.
C: Did they get my card? | Okay, do what you have to.
A: The card number isn't shown in full anywhere, so no. | I'd still ask your bank for a new card.
C: Thank goodness. | I'll do that this afternoon.
A: Shall we turn on the second step with an app? | There's a safer way to sign in, it takes two minutes to set up.
C: Go on then, while I've got you. | One thing at a time, please.
end: You're in, and I've noted it under {ref}. | The account is yours again, and there's a note on it so that nobody asks twice.
glad: I'm in! Thank you so much. | Oh, you've saved my day. | You explained that really well.
sore: Why does it have to be so complicated? | An hour of my life for a password. | And nobody could do that by chat?
"""


Exchange = tuple[tuple[str, str], ...]
"""Alternatives of what the agent says and the customer answers."""


@dataclass(frozen=True)
class Kind:
    """One kind of call, its lines read into alternatives."""

    name: str
    effort: float
    disclosures: tuple[str, ...]
    open: tuple[str, ...]
    purpose: tuple[str, ...]
    exchanges: tuple[Exchange, ...]
    end: tuple[str, ...]
    glad: tuple[str, ...]
    sore: tuple[str, ...]


def _read(name: str, effort: float, disclosures: tuple[str, ...], text: str) -> Kind:
    named: dict[str, tuple[str, ...]] = {}
    spoken: list[tuple[str, ...]] = []
    for line in text.strip().splitlines():
        label, _, alternatives = line.partition(": ")
        options = tuple(option.strip() for option in alternatives.split(" | "))
        if label in ("A", "C"):
            spoken.append(options)
        else:
            named[label] = options
    # The first alternative answers the first, the second the second.
    exchanges = tuple(
        tuple(zip(asked, answered, strict=True))
        for asked, answered in zip(spoken[::2], spoken[1::2], strict=True)
    )
    return Kind(name, effort, disclosures, exchanges=exchanges, **named)


RECORDING = "Call recording notice"
PRIVACY = "Data protection notice"
CANCELLATION = "Right to cancel within 14 days"
FEES = "Fees and charges"
COMPLAINTS = "Complaints procedure"

KINDS = (
    _read("delivery", 0.3, (RECORDING, PRIVACY), DELIVERY),
    _read("billing", 0.4, (RECORDING, PRIVACY, FEES), BILLING),
    _read("broadband", 0.5, (RECORDING,), BROADBAND),
    _read("cancellation", 0.2, (RECORDING, CANCELLATION), CANCEL),
    _read("upgrade", -0.5, (RECORDING, CANCELLATION, FEES), UPGRADE),
    _read("complaint", 1.2, (RECORDING, COMPLAINTS), COMPLAINT),
    _read("appointment", -0.6, (RECORDING, CANCELLATION), APPOINTMENT),
    _read("claim", 0.5, (RECORDING, PRIVACY, COMPLAINTS), CLAIM),
    _read("payment arrangement", 0.1, (RECORDING, CANCELLATION, FEES), ARRANGEMENT),
    _read("account access", 0.0, (RECORDING, PRIVACY), ACCESS),
)
