"""Hides secrets in configuration text that is shown to people: passwords, keys, and credentials inside of values.

More is hidden than need be rather than less. What cannot be known for a secret by its name or form stays visible.
"""

import re
from collections.abc import Iterator, Sequence

HIDDEN = "‹secret›"
# No person reads a longer one, and looking through it would take its time.
_LONGEST = 4_096

# Settings also stand in comments, behind master.cf's -o, and in quotes.
_START = r"^(?P<before>[\s#;]*(?:-o\s+\{?\s*)?[\"']?"
# Settings whose whole value is a secret, whatever the product.
_NAME = re.compile(
    _START
    + r"""(?:hide\s+\w+
    | [-+!\w.]*? (?: passw(?:or)?d | passphrase | dnpass | bindpw | secret | api_?key | api_header | authorization
        | private_?key | token | credential | nonce | (?:mysql|pgsql|oracle|redis)_servers ) [-\w.]*
    | (?:[-+!\w.]*[-_.])?(?:pass|pw) | client_send ) [\"']?
    \s*[=:]\s* )(?P<value>.*)$""",
    re.IGNORECASE | re.VERBOSE,
)
_COURIER = re.compile(r"^(?P<before>\s*[A-Z_]*(?:PASSWORD|PASSWD|BINDPW|SECRET)\s+)\S.*$")
# Settings that name a file, a scheme or a switch, though they are called after passwords.
_HARMLESS = re.compile(
    _START
    + r""" [-\w.]* (?:
    (?: _file | _path | _scheme | _maps? | _format | _query | _attrs | _mech\w* | _level | _policy | _iterate\w* )
    | password_auth\w* | passwd_?(?:file|check)\w* ) ) \s* [=:] (?! .*\b(?:static|inline): )""",
    re.IGNORECASE | re.VERBOSE,
)
# Credentials inside of a value: connect = host=… password=…, ldap://user:pass@host, hashes of passwords.
_INNER = re.compile(
    r"(?i)(?<![a-z0-9])(?P<before>(?:pass(?:w(?:or)?d|wd|phrase)?|pw|bindpw|secret|dnpass|token)\s*[=:]\s*)"
    r"(?:\"[^\"]*\"|'[^']*'|[^\s;,&]+)"
)
_INSIDE = (
    re.compile(r"(?i)(?P<before>\b[a-z][\w+.-]*://[^\s:/@]*:)[^\s/]+(?=@)"),
    re.compile(r"(?i)(?P<before>\b(?:basic|bearer)\s+)[\w+/=.~-]{8,}"),
    re.compile(r"(?P<before>\{[A-Z][A-Z0-9.-]*\})[^\s{}:;,]+"),
    re.compile(r"(?P<before>)\$(?:[156y]|2[abxy]|argon2\w*)\$[^\s:;,]+"),
    re.compile(r"(?P<before>\b(?:static|inline):).+"),
)
# Exim holds what a client sent against a literal: ${if eq{$auth2}{hunter2}}.
_COMPARED = re.compile(
    r"^(?P<before>[\s#]*+(?:[\w-]+\s*=\s*)?+)(?=.*(?:\$\{?auth\d|eqi?\s*\{\s*\$[123]\b))(?!\$auth\d\s*$).+$"
)
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY-----")
_KEY_BODY = re.compile(r"^\s*[A-Za-z0-9+/=]{40,}\s*$")


def hidden(lines: Sequence[str]) -> list[str]:
    """All lines of one file, in order, as they may be shown: keys and values that go over several lines too."""
    return list(_hidden(lines))


def without_secrets(line: str) -> str:
    """One line, by itself, with what looks like a secret replaced."""
    if len(line) > _LONGEST or _KEY_BODY.match(line) or _KEY_BEGINS.search(line):
        return HIDDEN
    is_harmless = _HARMLESS.match(line)
    for pattern in (_COMPARED, _COURIER):
        if found := pattern.match(line):
            return f"{found['before']}{HIDDEN}"
    if not is_harmless and (found := _NAME.match(line)):
        return f"{found['before']}{HIDDEN}" if found["value"] else line
    for pattern in _INSIDE:
        line = _without(pattern, line)
    if not is_harmless:
        return _without(_INNER, line)
    # What a setting's name says of its value says nothing of a comment behind it.
    value, mark, comment = line.partition("#")
    return value + mark + _without(_INNER, comment)


def _without(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda found: f"{found['before']}{HIDDEN}", text)


def _hidden(lines: Sequence[str]) -> Iterator[str]:
    owner, end = "", None
    for line in lines:
        if end is not None:
            yield HIDDEN
            end = None if end.search(line) else end
        elif owner and _goes_on(owner, line):
            yield HIDDEN
            # The line behind this one belongs to it if this one says so, or by its indent.
            owner = owner.rstrip(" \\") + ("\\" if line.rstrip().endswith("\\") else "")
        else:
            shown = without_secrets(line)
            yield shown
            if line.strip() and not line.lstrip().startswith("#"):
                owner = line if HIDDEN in shown or _is_bare(line) else ""
            end = _end_of(line)


def _is_bare(line: str) -> bool:
    """Whether it names a secret whose value stands in the lines below."""
    found = None if _HARMLESS.match(line) else _NAME.match(line)
    return found is not None and not found["value"]


def _end_of(line: str) -> re.Pattern[str] | None:
    """What ends a secret that goes over lines of any form: a private key, a here-document."""
    if _KEY_BEGINS.search(line) and not _KEY_ENDS.search(line):
        return _KEY_ENDS
    named = None if _HARMLESS.match(line) else _NAME.match(line)
    here = re.search(r"<<<?\s*[\"']?(\w+)", named["value"]) if named else None
    return re.compile(rf"^\s*{here[1]}\s*$") if here else None


def _goes_on(owner: str, line: str) -> bool:
    """Whether a line belongs to the secret above it: behind a backslash, or indented deeper (a folded value)."""
    return owner.rstrip().endswith("\\") or (bool(line.strip()) and _indent(line) > _indent(owner))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
