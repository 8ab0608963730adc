"""What the API found on a call: compliance, quality and coaching."""

from __future__ import annotations

from random import Random
from typing import Any

from explorer.sandbox.conversation import Course, Transcript
from explorer.sandbox.kinds import Kind
from explorer.sandbox.stories import Quirks

IDENTITY_WITHIN_S = 15.0
PURPOSE_WITHIN_TURNS = 4

_ADVICE = {
    "greeting": (
        "Open with a greeting and the company's name before anything else.",
        "Start the call with the standard greeting; it was skipped here.",
    ),
    "identity": (
        "Say your name within the first 15 seconds.",
        "Introduce yourself before asking for the customer's details.",
    ),
    "disclosure": (
        "Read every disclosure that the call needs before it ends.",
        "Keep the disclosure card open; one of them was not read.",
    ),
    "purpose": (
        "State what the call is about within your first four turns.",
        "Sum up the reason for the call early, so that the customer can correct you.",
    ),
    "language": (
        "Avoid promises and pressure; say what you can do instead.",
        "Rephrase absolutes such as 'guarantee' or 'never'.",
    ),
    "privacy": (
        "Stop customers before they read out card numbers or passwords.",
        "Use the secure keypad entry for payment details.",
    ),
    "empathy": (
        "Acknowledge the trouble before you solve it.",
        "Use the customer's name and name the feeling once.",
    ),
    "listening": (
        "Let the customer finish; there were interruptions.",
        "Wait for a second of silence before you answer.",
    ),
    "effort": (
        "Offer the solution at once instead of asking for the same details twice.",
        "Take ownership: ring back yourself rather than ask the customer to.",
        "Explain the next step and its date, so that no second call is needed.",
    ),
    "praise": (
        "Good pace and clear summary at the end; keep it up.",
        "The explanation of the next step was easy to follow.",
        "Nice recovery after the pause.",
    ),
}
_PRIORITY = {"identity": "high", "disclosure": "high", "language": "high", "privacy": "high"}


def results(
    draw: Random, kind: Kind, course: Course, transcript: Transcript, effort: int, quirk: Quirks
) -> dict[str, Any]:
    """The results of one completed analysis, quirks included."""
    compliance = _compliance(kind, course, transcript, quirk)
    return {
        "compliance": compliance,
        "quality": _quality(draw, course, transcript, effort),
        "coaching": _coaching(draw, compliance, course, transcript, effort, quirk),
    }


def _compliance(
    kind: Kind, course: Course, transcript: Transcript, quirk: Quirks
) -> dict[str, Any]:
    stated_at = transcript.first_start("name")
    identity: dict[str, Any] = {
        "verified": stated_at is not None,
        "timestamp": stated_at,
        "flagged": stated_at is None or stated_at > IDENTITY_WITHIN_S or quirk.flagged_in_time,
    }
    matched = [name for name in kind.disclosures if name in course.disclosures]
    missing = [name for name in kind.disclosures if name not in course.disclosures]
    purpose = transcript.marked.get("purpose")
    turn = transcript.agent_turns.index(purpose[0][0]) + 1 if purpose else None
    prohibited = _instances(transcript, "prohibited", "category", "phrase")
    sensitive = _instances(transcript, "sensitive", "type", "text")
    return {
        "identity_verification": identity,
        "mandatory_disclosures": {
            "read": not missing and not quirk.unread_none_missing,
            "matched_disclosures": [] if quirk.unread_none_missing else matched,
            "missing_disclosures": [] if quirk.unread_none_missing else missing,
        },
        "purpose_declaration": {
            "disclosed": turn is not None,
            "interaction_number": turn,
            "flagged": turn is None or turn > PURPOSE_WITHIN_TURNS,
        },
        "prohibited_phrases": {
            "used": bool(prohibited) or quirk.used_no_instance,
            "instances": [] if quirk.used_no_instance else prohibited,
        },
        "sensitive_data": {"shared": bool(sensitive), "instances": sensitive},
    }


def _instances(transcript: Transcript, mark: str, kind: str, text: str) -> list[dict[str, Any]]:
    found = []
    for place, detail in transcript.marked.get(mark, ()):
        segment = transcript.segments[place]
        found.append(
            {
                kind: detail,
                text: segment["text"],
                "timestamp": segment["start"],
                "speaker": segment["speaker"],
            }
        )
    return found


def _quality(draw: Random, course: Course, transcript: Transcript, effort: int) -> dict[str, Any]:
    segments = transcript.segments
    last = len(segments) - 1
    begins = round(-0.15 - 0.1 * effort + draw.uniform(-0.2, 0.2), 2)
    ends = round((0.55 if course.glad else -0.45) - 0.06 * effort + draw.uniform(-0.2, 0.2), 2)
    mean = round((begins + ends) / 2 + 0.1, 2)
    greeted = transcript.marked.get("greeting")
    resolved = transcript.marked["resolution"][0][0]
    agent_s = sum(segments[i]["end"] - segments[i]["start"] for i in transcript.agent_turns)
    talk_s = sum(segment["end"] - segment["start"] for segment in segments)
    by_agent = [start for start, speaker in transcript.interruptions if speaker == 0]
    return {
        "sentiment_analysis": {
            "overall": "positive" if mean > 0.15 else "negative" if mean < -0.15 else "neutral",
            "score": mean,
            "customer": {"start": begins, "end": ends, "improved": ends > begins},
            "timeline": [
                {
                    "timestamp": segments[last * step // 4]["start"],
                    "score": round(begins + (ends - begins) * step / 4, 2),
                }
                for step in range(5)
            ],
        },
        "greeting": {
            "present": greeted is not None,
            "timestamp": transcript.first_start("greeting"),
            "text": segments[greeted[0][0]]["text"] if greeted else None,
        },
        "empathetic_language": {
            "used": course.empathy > 0,
            "count": len(transcript.marked.get("empathy", ())),
            "phrases": [
                {"text": segments[place]["text"], "timestamp": segments[place]["start"]}
                for place, _ in transcript.marked.get("empathy", ())
            ],
        },
        "interruptions": {
            "count": len(transcript.interruptions),
            "by_agent": len(by_agent),
            "by_customer": len(transcript.interruptions) - len(by_agent),
            "timestamps": [start for start, _ in transcript.interruptions],
        },
        "call_structure": {
            "opening": greeted is not None,
            "closing": True,
            "agent_talk_share": round(agent_s / talk_s, 3),
            "longest_pause_seconds": transcript.longest_pause_s,
            "phases": [
                {"name": "opening", "start": segments[0]["start"], "end": segments[2]["end"]},
                {
                    "name": "discussion",
                    "start": segments[3]["start"],
                    "end": segments[resolved - 1]["end"],
                },
                {
                    "name": "resolution",
                    "start": segments[resolved]["start"],
                    "end": segments[last]["end"],
                },
            ],
        },
    }


def _coaching(
    draw: Random,
    compliance: dict[str, Any],
    course: Course,
    transcript: Transcript,
    effort: int,
    quirk: Quirks,
) -> dict[str, Any]:
    reasons = {
        "greeting": not course.greeting,
        "identity": compliance["identity_verification"]["flagged"],
        "disclosure": bool(compliance["mandatory_disclosures"]["missing_disclosures"]),
        "purpose": compliance["purpose_declaration"]["flagged"],
        "language": compliance["prohibited_phrases"]["used"],
        "privacy": compliance["sensitive_data"]["shared"],
        "empathy": course.empathy == 0,
        "listening": len(transcript.interruptions) > 2,
        "effort": effort >= 3,
    }
    subjects = [subject for subject, applies in reasons.items() if applies]
    if not subjects or draw.random() < 0.2:
        subjects.append("praise")
    advice = [(s, _ADVICE[s][int(draw.random() * len(_ADVICE[s]))]) for s in subjects]
    recommendations: list[Any]
    # Both shapes occur in the wild.
    if draw.random() < 0.35:
        recommendations = [text for _, text in advice]
    else:
        recommendations = [
            {
                "recommendation": text,
                "priority": _PRIORITY.get(s, "low" if s == "praise" else "medium"),
                "category": s,
            }
            for s, text in advice
        ]
    return {
        "recommendations": recommendations,
        "customer_effort_score": None if quirk.no_score else effort,
    }
