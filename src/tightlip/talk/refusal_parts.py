"""A refusal in its parts: the code or status, the code beside it, and the text of all its lines as one."""

import re
from typing import NamedTuple

BY_NUMBER = ("smtp", "lmtp", "nntp")
"""The protocols whose replies begin with three digits."""

STATUSES = ("no", "bad", "bye", "-err")
"""The words by which the others refuse."""

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")
_WORD = re.compile(r"[\w'-]+")
# A version, what Postfix says where its SASL gives no reason, and advice to use something else.
_NO_TIME = re.compile(r" or later|\(reason unavailable\)|try again with (?:a|an|another)\b")


class RefusalParts(NamedTuple):
    """Lower case: ``code`` is three digits or a status word, ``detail`` a code beside it."""

    code: str
    detail: str
    text: str


def parted(protocol: str, reply: str) -> RefusalParts:
    """``reply``, lower case, in its parts by the grammar of the protocol."""
    if protocol in BY_NUMBER:
        return _numbered(reply)
    first, _, rest = reply.partition(" ")
    if first not in STATUSES:  # a tag, or the star of an untagged answer
        second, _, further = rest.partition(" ")
        if second in STATUSES:
            first, rest = second, further
    rest = rest.lstrip()
    detail = ""
    opened, closed = "()" if protocol == "managesieve" else "[]"
    if rest.startswith(opened) and closed in rest:
        detail, _, rest = rest[1:].partition(closed)
    return RefusalParts(first, detail.partition(" ")[0], _unquoted(rest.strip()))


def _numbered(reply: str) -> RefusalParts:
    """The code, the enhanced code (RFC 2034), and the texts of all lines as one.

    All lines of a reply have one code (RFC 5321 section 4.2.1): where they differ, it is one for now, or none.
    """
    codes, details, texts = {reply[:3]}, [""], []
    for line in reply.split("\n"):
        text = line
        if line[:3].isdigit():
            codes.add(line[:3])
            text = line[3:].lstrip(" -")
        enhanced = _ENHANCED.match(text)
        if enhanced is not None:
            details.append(enhanced[0])
            text = text[enhanced.end() :]
        texts.append(text.strip())
    return RefusalParts(_one_of(codes, reply[:3]), _one_of(set(details[1:]), details[-1]), " ".join(texts))


def _one_of(codes: set[str], usual: str) -> str:
    """The one code of all lines; of several the one that says "not now", if any does."""
    if len(codes) < 2:
        return usual
    return min((code for code in codes if code.startswith("4")), default="")


def _unquoted(text: str) -> str:
    """A ManageSieve string without its quotes, a literal without its count."""
    if text.startswith("{"):
        text = text.partition("}")[2].strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def words_of(text: str) -> list[str]:
    """The words, but for those that look like a time and are none."""
    return _WORD.findall(_NO_TIME.sub(" ", text))
