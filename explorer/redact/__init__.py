"""Takes secrets out of text and documents before anything shows, stores or exports them.

What counts as a secret: the signature and every other query value of a link, credentials inside
a link, API keys, tokens, passwords and the like in any of the usual spellings. What is taken out
is replaced by ``…``, so that the text still reads and can be compared. Where it is in doubt it
hides a word too many rather than a secret too few.
"""

from explorer.redact.documents import redact
from explorer.redact.links import redact_link
from explorer.redact.names import PASSWORD_ELSEWHERE
from explorer.redact.text import redact_text
from explorer.redact.words import HIDDEN, encodable

__all__ = [
    "HIDDEN",
    "PASSWORD_ELSEWHERE",
    "encodable",
    "redact",
    "redact_link",
    "redact_text",
]
