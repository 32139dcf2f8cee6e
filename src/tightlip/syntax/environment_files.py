"""Files of variables as systemd reads them: by no shell, and what is not quoted goes to the end of the line."""

import re

# Quoted pieces come first, blanks between them dropped; then what is not quoted, in which a quote is a letter as any.
_LINE = re.compile(
    r"[ \t]*(?:[#;][^\n]*|(?P<name>[^\s=#;][^\n=]*)="
    r"(?P<quoted>(?:[ \t]++|'[^']*+'|\"(?:\\.|[^\"\\])*+\")*+)(?P<plain>(?:\\.|[^\\\n])*+)\\?|[^\n]*)(?:\n|\Z)",
    re.DOTALL,
)
_PIECE = re.compile(r"'([^']*)'|\"((?:\\.|[^\"\\])*)\"", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_IN_QUOTES = re.compile(r"\\([\"\\`$\n])")


def variables(text: str) -> dict[str, str] | None:
    """The variables of a file, the last of a name; None where a quote is not closed, so that nobody knows them."""
    found: dict[str, str] = {}
    for line in _LINE.finditer(text):
        name = (line["name"] or "").strip()
        if not _NAME.fullmatch(name):
            continue
        if line["plain"].startswith(("'", '"')):
            return None
        quoted = "".join(
            single or _ESCAPED_IN_QUOTES.sub(_kept, double) for single, double in _PIECE.findall(line["quoted"])
        )
        found[name] = quoted + _ESCAPED.sub(_kept, line["plain"]).rstrip(" \t\r")
    return found


def _kept(escaped: re.Match[str]) -> str:
    """The character itself; a line feed is taken away with the backslash."""
    return escaped[1].strip("\n")
