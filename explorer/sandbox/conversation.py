"""A transcript: what an agent and a customer say, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from explorer.sandbox import phrases
from explorer.sandbox.kinds import PRIVACY, RECORDING, Exchange, Kind
from explorer.sandbox.names import AGENT_FIRST_NAMES, CITIES, FIRST_NAMES, LAST_NAMES, STREETS

_AGENT, _CUSTOMER = 0, 1
_LABELS = (("A", "B"), ("Agent", "Customer"))
_WORDS_PER_S = 2.7
_LONGEST_STRETCH = 1.3  # slower than this is a pause, not slow speech
_S_PER_LINE = 4.7
_HESITATES = 0.2
_STARTERS = " so okay right well um uh er oh hmm yes yeah hi hello now all "


@dataclass(frozen=True, slots=True)
class Course:
    """What happens on a call; the verdicts say the same."""

    greeting: bool
    name_at: str  # "start", "late" or "never"
    purpose_at: int | None  # the agent turn
    disclosures: tuple[str, ...]
    empathy: int
    prohibited: bool
    sensitive: bool
    glad: bool


@dataclass(slots=True)
class Transcript:
    """The segments, and the marked ones by what they are."""

    segments: list[dict[str, Any]]
    agent_turns: list[int]
    marked: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    interruptions: list[tuple[float, int]] = field(default_factory=list)
    longest_pause_s: float = 0.0

    def first_start(self, mark: str) -> float | None:
        """When the first segment of a mark starts, None when there is none."""
        found = self.marked.get(mark)
        return self.segments[found[0][0]]["start"] if found else None


class _Script:
    """Lines in the making: speaker, template, mark and detail."""

    def __init__(self, draw: Random) -> None:
        self._draw = draw
        self.lines: list[tuple[int, str, str, str]] = []

    def say(self, speaker: int, options: Sequence[str], mark: str = "", detail: str = "") -> None:
        self.lines.append((speaker, _pick(self._draw, options), mark, detail))

    def insert_before_agent_turn(
        self, turn: int, options: Sequence[str], mark: str, detail: str = ""
    ) -> None:
        seen = 0
        line = (_AGENT, _pick(self._draw, options), mark, detail)
        for place, (speaker, *_) in enumerate(self.lines):
            seen += speaker == _AGENT
            if seen == turn and speaker == _AGENT:
                self.lines.insert(place, line)
                return
        self.lines.insert(len(self.lines) - 2, line)


def write(
    draw: Random, kind: Kind, course: Course, agent: int, duration_s: float, hour: int
) -> Transcript:
    """The transcript of one call of ``duration_s`` seconds."""
    script = _Script(draw)
    _open(script, draw, kind, course)
    closing = _closing(draw, kind, course)
    room = int(duration_s / _S_PER_LINE) - len(script.lines) - len(closing.lines)
    _middle(script, draw, kind, course, max(1, room // 2))
    script.lines += closing.lines
    if course.name_at == "late":
        script.insert_before_agent_turn(draw.randint(4, 6), phrases.LATE_NAME, "name")
    if course.purpose_at is not None:
        script.insert_before_agent_turn(course.purpose_at, kind.purpose, "purpose")
    return _spoken(draw, script.lines, _slots(draw, agent, hour), duration_s)


def _open(script: _Script, draw: Random, kind: Kind, course: Course) -> None:
    named = course.name_at == "start"
    if course.greeting:
        pool = phrases.GREETING_WITH_NAME if named else phrases.GREETING_WITHOUT_NAME
    else:
        pool = phrases.NAME_WITHOUT_GREETING if named else phrases.NO_GREETING
    said = {"greeting": course.greeting, "name": named}
    mark = "+".join(name for name, is_said in said.items() if is_said)
    script.say(_AGENT, pool, mark)
    script.say(_CUSTOMER, kind.open)
    if course.empathy:
        script.say(_AGENT, _empathy(kind), "empathy")
    script.say(_AGENT, phrases.VERIFY)
    script.say(_CUSTOMER, phrases.VERIFIED)
    for name in (RECORDING, PRIVACY):
        if name in course.disclosures:
            script.say(_AGENT, phrases.SPOKEN_DISCLOSURES[name], "disclosure", name)
            script.say(_CUSTOMER, phrases.ACKNOWLEDGE)


def _empathy(kind: Kind) -> Sequence[str]:
    return phrases.EMPATHY if kind.effort > 0 else phrases.WARMTH


def _closing(draw: Random, kind: Kind, course: Course) -> _Script:
    script = _Script(draw)
    for name in course.disclosures:
        if name not in (RECORDING, PRIVACY):
            script.say(_AGENT, phrases.SPOKEN_DISCLOSURES[name], "disclosure", name)
            script.say(_CUSTOMER, phrases.ACKNOWLEDGE)
    script.say(_AGENT, kind.end, "resolution")
    script.say(_CUSTOMER, kind.glad if course.glad else kind.sore)
    script.say(_AGENT, phrases.ANYTHING_ELSE)
    script.say(_CUSTOMER, phrases.NOTHING_ELSE)
    script.say(_AGENT, phrases.GOODBYE)
    return script


def _middle(script: _Script, draw: Random, kind: Kind, course: Course, wanted: int) -> None:
    plot: list[Exchange] = list(kind.exchanges)
    while len(plot) > max(2, wanted - 1):
        del plot[int(draw.random() * len(plot))]
    chat = list(phrases.SMALL_TALK)
    draw.shuffle(chat)
    for exchange in chat[: max(0, wanted - len(plot))]:
        plot.insert(int(draw.random() * (len(plot) + 1)), exchange)
    if wanted - len(plot) >= 2 or draw.random() < 0.1:
        place = 1 + int(draw.random() * (len(plot) - 1))
        plot[place:place] = phrases.ON_HOLD
    empathetic = {int(draw.random() * len(plot)) for _ in range(course.empathy - 1)}
    prohibited = int(draw.random() * len(plot)) if course.prohibited else -1
    sensitive = int(draw.random() * len(plot)) if course.sensitive else -1
    for place, exchange in enumerate(plot):
        asked, answered = exchange[int(draw.random() * len(exchange))]
        script.say(_AGENT, (asked,))
        script.say(_CUSTOMER, (answered,))
        if place == sensitive:
            detail, line = phrases.SENSITIVE[int(draw.random() * len(phrases.SENSITIVE))]
            script.say(_CUSTOMER, (line,), "sensitive", detail)
        if place == prohibited:
            detail, line = phrases.PROHIBITED[int(draw.random() * len(phrases.PROHIBITED))]
            script.say(_AGENT, (line,), "prohibited", detail)
        if place in empathetic:
            script.say(_AGENT, _empathy(kind), "empathy")


def _spoken(
    draw: Random, lines: list[tuple[int, str, str, str]], slots: dict[str, str], duration_s: float
) -> Transcript:
    random = draw.random
    texts: list[str] = []
    spoken_s: list[float] = []
    pauses_s: list[float] = []
    for speaker, template, _, _ in lines:
        if random() < _HESITATES and texts and (rest := _continued(template)) is not None:
            pool = phrases.CUSTOMER_HESITATIONS if speaker else phrases.AGENT_HESITATIONS
            template = pool[int(random() * len(pool))] + rest
        text = template.format_map(slots)
        texts.append(text)
        spoken_s.append((text.count(" ") + 1) / _WORDS_PER_S + 0.3)
        pause = random()
        pauses_s.append(0.15 + pause * 0.9 if pause > 0.05 else -0.4)
    pauses_s[-1] = 0.0
    lead_s = 0.4 + 2.2 * random()  # well within the 15 s that the name must be said in
    room_s = duration_s - lead_s - (0.3 + 2.5 * random())
    stretch = min(_LONGEST_STRETCH, room_s / (sum(spoken_s) + sum(pauses_s)))
    silence_s = room_s - stretch * (sum(spoken_s) + sum(pauses_s))
    # Long calls are long for the waiting in them: it is cut into up to three pauses.
    pauses = 1 if silence_s < 45 else 3
    quiet_before = {len(lines) * (n + 1) // 4 + int(random() * 3) for n in range(pauses)}
    silence_s /= len(quiet_before)
    labels = _LABELS[random() < 0.5]
    scored = random() < 0.4
    transcript = Transcript([], [], longest_pause_s=round(max(silence_s, 0.9 * stretch), 1))
    at_s = lead_s
    previous_end = 0.0
    for place, (speaker, _, mark, detail) in enumerate(lines):
        if place in quiet_before:
            at_s += silence_s
        start, end = round(at_s, 2), round(at_s + spoken_s[place] * stretch, 2)
        segment = {"speaker": labels[speaker], "text": texts[place], "start": start, "end": end}
        if scored:
            segment["confidence"] = round(1 - 0.3 * random() ** 3, 3)
        if start < previous_end and speaker != lines[place - 1][0]:
            transcript.interruptions.append((start, speaker))
        if speaker == _AGENT:
            transcript.agent_turns.append(place)
        for name in mark.split("+") if mark else ():
            transcript.marked.setdefault(name, []).append((place, detail))
        transcript.segments.append(segment)
        previous_end = end
        at_s += (spoken_s[place] + pauses_s[place]) * stretch
    return transcript


@cache
def _continued(template: str) -> str | None:
    """The template as it goes on after a hesitation, None when it starts with one already."""
    first = template.partition(" ")[0].strip(",.").lower()
    if f" {first} " in _STARTERS:
        return None
    if template.startswith(("I ", "I'", "{", "'")):
        return template
    return template[0].lower() + template[1:]


def _pick(draw: Random, options: Sequence[str]) -> str:
    return options[int(draw.random() * len(options))]


def _slots(draw: Random, agent: int, hour: int) -> dict[str, str]:
    number = draw.random

    def whole(low: int, high: int) -> int:
        return low + int(number() * (high - low + 1))

    first, amount = _pick(draw, FIRST_NAMES), whole(1500, 48_000) / 100
    month, monthly = whole(0, 11), whole(24, 96)
    letters = "ABCDEFGHJKLMNPRSTUWXY"
    city = _pick(draw, CITIES)
    return {
        "company": "Larkfield",
        "agent": AGENT_FIRST_NAMES[agent % len(AGENT_FIRST_NAMES)],
        "agent2": _pick(draw, AGENT_FIRST_NAMES),
        "first": first,
        "customer": f"{first} {_pick(draw, LAST_NAMES)}",
        "daypart": "morning" if hour < 12 else "afternoon" if hour < 18 else "evening",
        "product": _pick(draw, phrases.PRODUCTS),
        "relative": _pick(draw, phrases.RELATIVES),
        "colour": _pick(draw, phrases.COLOURS),
        "plan": _pick(draw, phrases.PLANS),
        "order": f"{letters[whole(0, 20)]}{letters[whole(0, 20)]}-{whole(10_000, 999_999)}",
        "ref": f"{whole(100, 999)}-{whole(1000, 9999)}-{letters[whole(0, 20)]}",
        "monthly": f"£{monthly}",
        "monthly2": f"£{monthly * 7 // 10}",
        "amount": f"£{amount:.2f}",
        "amount2": f"£{amount * 0.62:.2f}",
        "amount3": f"£{whole(8, 45)}",
        "bigamount": f"£{whole(2, 40)},000",
        "months": str(whole(6, 24)),
        "count": str(whole(3, 14)),
        "date": f"the {whole(4, 20)}th of {phrases.MONTHS[month]}",
        "date2": f"the {whole(4, 20)}th of {phrases.MONTHS[(month + 1) % 12]}",
        "dayofmonth": str(whole(4, 20)),
        "day": _pick(draw, phrases.WEEKDAYS),
        "time": _pick(
            draw, ("half eight", "nine", "ten past ten", "eleven", "noon", "two", "four")
        ),
        "house": str(whole(1, 180)),
        "house2": str(whole(1, 180)),
        "street": _pick(draw, STREETS),
        "city": city,
        "postcode": f"{city[:2].upper()}{whole(1, 28)} {whole(1, 9)}{letters[whole(0, 20)]}{letters[whole(0, 20)]}",
        "digits": f"{whole(0, 9999):04d}",
    }
