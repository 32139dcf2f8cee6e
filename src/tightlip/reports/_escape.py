"""Makes what a peer could use to steer a terminal or to mislead the eye visible: controls, escapes, bidi marks."""

import re

# C0 and C1 controls and DEL steer terminals (ECMA-48). The rest is invisible or turns the reading direction round
# (Unicode 9 bidi controls, zero-width and variation marks, tags, soft hyphen, line and paragraph separators), or
# cannot be encoded (lone surrogates).
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)

# In JSON text every C0 control is escaped already; these would still reach a terminal that shows the file.
_UNSAFE_IN_JSON = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    r"""``text`` on one line with every control or invisible character written out as ``\x1b`` or ``\u202e``."""
    return _UNSAFE.sub(_written_out, text) if _UNSAFE.search(text) else text


def visible_bytes(data: bytes) -> str:
    r"""Peer bytes as text: UTF-8 where they are, else every byte over 0x7e as ``\xNN``; controls written out."""
    try:
        return visible(data.decode())
    except UnicodeDecodeError:
        return visible(data.decode("ascii", "backslashreplace"))


def safe_json(text: str) -> str:
    r"""JSON text whose invisible and C1 characters are ``\uNNNN`` escapes: the same values, safe to look at."""
    if text.isascii() and "\x7f" not in text:
        return text
    return _UNSAFE_IN_JSON.sub(_json_escape, text)


def _written_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _json_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))
