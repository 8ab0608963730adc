"""Who is on the phone: agents, contacts and the names they use on calls."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.sandbox.mixing import mix

COACHED_AGENT = "agent_007"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


# Ids that break careless code: commas, quotes, markup, Markdown, formulas, other scripts.
ODD_AGENTS = (
    'O\'Neil, Shauna "Sho"',
    "<b>Bram</b> & Söhne",
    "Мария Петрова",
    "田中 美咲",
    "**night shift** $x$ :red[late]",
    '=HYPERLINK("https://example.invalid","agent")',
)
ODD_CONTACTS = (
    'Smith, John "JJ"',
    "<script>alert(1)</script>",
    "=2+5+cmd|' /C calc'!A0",
    "Łukasz Żółć",
    "عمر فاروق",
    "Ελένη Παπαδοπούλου",
    "[click](javascript:alert(1)) `code` $E=mc^2$",
    "O'Brien; DROP TABLE calls;--",
    ":red[VIP] **gold** _tier_",
    "-1+1",
    "@SUM(A1:A9)",
    "100% \\ back_slash",
)
SECOND_AGENTS = (
    "berlin-astrid",
    "berlin-jonas",
    "berlin-leyla",
    "lisbon-ines",
    "lisbon-rui",
    "lisbon-tomas",
    "tallinn-kadri",
    "tallinn-marek",
)

AGENT_FIRST_NAMES = _words(
    """
    Priya Daniel Moira Tomasz Aisha Callum Yuki Rosa Henrik Fatima Gareth Lena Omar
    Bridget Sanjay Chloe Mateo Ingrid Kwame Naomi Patrick Zofia Elias Harriet
    """
)
FIRST_NAMES = _words(
    """
    James Olivia Noah Amelia Leo Grace Arthur Freya Oscar Isla Theo Maya Samuel Ruby Ethan
    Nadia Adam Carmen Felix Joyce Victor Imani Stuart Paula Dennis Beth Malik Sylvia
    Graham Tessa Ivan Monica Derek Anya Trevor Wendy Hassan Louise Peter Celia
    """
)
LAST_NAMES = _words(
    """
    Whitlock Okafor Brennan Castell Dunmore Eriksen Farrow Goldsmith Hargreave Ibrahim
    Jansen Kowalski Lindley Marchetti Nakamura Ogden Pemberton Quigley Rosario Sandhu
    Thackeray Underhill Vasquez Westwood Yardley Zimmer Ashdown Birkett Coleridge
    Delacroix Ellery Fenwick
    """
)
CITIES = _words(
    """
    Leeds Bristol Cardiff Dundee Exeter Norwich Derby Galway Truro Lincoln York Swansea
    Perth Carlisle Ipswich
    """
)
STREETS = _lines(
    """
    Mill Lane
    Church Road
    Station Street
    Orchard Close
    Victoria Terrace
    Canal Walk
    Beech Avenue
    Priory Court
    Tanner's Row
    Harbour View
    Cobden Street
    Elm Grove
    """
)


@dataclass(frozen=True)
class Vocabulary:
    """The ids an account uses; a column holds positions in these tuples."""

    agents: tuple[str, ...]
    agent_weights: tuple[float, ...]
    contacts: tuple[str, ...]


def _contact_numbers(seed: int, count: int) -> list[str]:
    """``count`` different ids; the founding document's two come first."""
    ids = {"customer_12345": None, "customer_67890": None}
    step = 0
    while len(ids) < count:
        ids[
            f"customer_{10_000 + mix(seed, 301, step) % (90_000 if count < 20_000 else 9_000_000)}"
        ] = None
        step += 1
    return list(ids)[:count]


def main_vocabulary(seed: int, analyses: int) -> Vocabulary:
    """24 agents and 400 contacts; above 20,000 analyses the contacts grow with the account."""
    agents = tuple(f"agent_{n:03d}" for n in range(1, 19)) + ODD_AGENTS
    weights = [1.6 if n in (0, 6) else 0.7 + (mix(seed, 302, n) % 60) / 100 for n in range(18)]
    contacts = _contact_numbers(seed, max(400, analyses // 50) - len(ODD_CONTACTS))
    for place, odd in enumerate(ODD_CONTACTS):
        contacts.insert(3 + place * 9, odd)
    return Vocabulary(agents, (*weights, *[0.35] * len(ODD_AGENTS)), tuple(contacts))


def second_vocabulary(seed: int, analyses: int) -> Vocabulary:
    """Eight agents that the first account does not have, and contacts of another form."""
    count = max(60, analyses // 50)
    contacts = tuple(f"client-{n:05d}" for n in range(1, count + 1))
    return Vocabulary(SECOND_AGENTS, tuple([1.0] * len(SECOND_AGENTS)), contacts)


def plain_vocabulary(seed: int, analyses: int) -> Vocabulary:
    """Ordinary ids only; so many agents that none has 100 of the account's 600 calls."""
    agents = tuple(f"agent_{n:03d}" for n in range(1, 13))
    contacts = ["customer_12312", "customer_12377", *_contact_numbers(seed, 118)]
    return Vocabulary(agents, tuple([1.0] * len(agents)), tuple(dict.fromkeys(contacts)))
