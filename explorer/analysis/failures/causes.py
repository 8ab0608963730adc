"""The one line of a message that says why: of a trace its last cause, of other text the first."""

from __future__ import annotations

import re

from explorer.redact import HIDDEN

MAX_READ = 4_000
"""Characters of a message that are masked; a reason does not need a whole log."""

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{1,40}-----(?:[\s\S]*?-----END [A-Z0-9 ]{1,40}-----|[\s\S]*+)"
)
_CHAIN = re.compile(
    r"[\s|+-]{0,20}(?:Caused by|Root cause|\[cause\]|\[errors\]|-{2,3}>|panic|Next)(?::|(?<=>)|(?<=t))[ \t]{1,4}(?=\S)"
)
_EXCEPTION = re.compile(
    r"[\s|+-]{0,20}(?:Exception in thread \"[^\"\n]{0,80}\" |(?:PHP )?Fatal error: {1,3}Uncaught |"
    r"Uncaught (?:exception: )?|Unhandled exception[.:] )?"
    r"(?=(?:[A-Za-z_$][\w$]{0,80}(?:\.|::|\\|/)){0,12}[A-Z][\w$]{0,80}?"
    r"(?:Error|Exception|Timeout|Fault|Warning|Failure|Interrupt|Exit)(?:[:\s(]|$))"
)
_PYTHON = re.compile(r"[\s|+]{0,20}Traceback \(most recent call last\):")
_RUST = re.compile(r"thread '[^'\n]{0,80}' (?:\(\d+\) )?panicked at .*:$")
_NUMBERED = re.compile(r"\s{1,8}(?:\d{1,3}: )?(?=\S)")
_LOGGED = re.compile(
    r"(?i)(?:\S{1,40} ){0,4}?\[?(?:error|fatal|fatal error|critical|panic|fehler|erreur)\]?:"
)
_WRITTEN_OUT = re.compile(r"(?:\\r)?\\n")
_TRACE_MARK = re.compile(r"Traceback \(most|\\n\s{0,8}(?:\\t)?at |\\nCaused by:|\\ngoroutine ")


def excerpt(message: str) -> str:
    """What is read of a message: all of a short one, start, last cause and end of a long one.

    Long ones are cut between words, or between lines where their middle begins, so that a secret
    whose beginning is cut away is not taken for text.
    """
    if len(message) <= MAX_READ:
        return message
    if "-----BEGIN" in message:  # a key over several lines is none in its single lines
        message = _PEM.sub("<key …>", message)
    third = MAX_READ // 3
    parts = [_until_a_break(message[:third])]
    cause = message.rfind("\nCaused by:")
    if cause >= 0:
        parts.append(_until_a_break(message[cause + 1 : cause + third]))
    tail = message[-third:]
    parts.append(tail[tail.find("\n") + 1 :] if "\n" in tail else "")
    return "\n".join(parts).strip() or HIDDEN


def _until_a_break(text: str) -> str:
    """`text` without its last word, which the cut may have divided."""
    return text[: max(text.rfind(end) for end in " \n\"',;&") + 1]


def cause_of(text: str) -> str:
    """The line of `text` that names the cause, without words such as "Caused by:".

    Python, Java, Node, .NET, PHP, Go and Rust put the cause that matters last in a chain of them.
    """
    if "\n" not in text and "\\n" in text and _TRACE_MARK.search(text):
        text = _WRITTEN_OUT.sub("\n", text).replace("\\t", "\t")
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) <= 1:
        return text
    found = _last_of_a_trace(lines)
    if found:
        return found
    logged = [line for line in lines if _LOGGED.match(line)]
    return logged[-1] if logged else lines[0]


def _last_of_a_trace(lines: list[str]) -> str:
    for place in range(len(lines) - 1, -1, -1):
        line = lines[place]
        if (
            line.strip() == "Caused by:"
        ):  # Rust's anyhow: numbered lines below, the last is the root
            return _root_below(lines[place + 1 :])
        if _RUST.match(line):
            return lines[place + 1] if place + 1 < len(lines) else line
        start = _CHAIN.match(line)
        if start and _PYTHON.match(line) is None:
            return _without_decoration(line[start.end() :])
        start = _EXCEPTION.match(line)
        if start:
            return _without_decoration(line[start.end() :])
        if _PYTHON.match(line):  # an exception whose name does not say so
            return next((below for below in lines[place + 1 :] if not below[0].isspace()), "")
    return ""


def _root_below(lines: list[str]) -> str:
    root = ""
    for line in lines:
        numbered = _NUMBERED.match(line)
        if numbered is None or line.strip().startswith(("at ", "Stack backtrace")):
            break
        root = line[numbered.end() :]
    return root


def _without_decoration(line: str) -> str:
    return line.removesuffix(" {").removesuffix(" [recovered]")
