"""The few cmdlets by which Exchange is changed, spelled as PowerShell and read back: nothing else gets into a script.

What is spelled is ASCII only: Windows PowerShell reads a script in the machine's code page, where bytes of other
letters can turn into quotes. Such letters are written as ``[char]0x2019``.
"""

import re

from msgspec import Struct

Value = bool | str | tuple[str, ...]

# What may be set by which cmdlet, and the parameters that say whose setting it is.
_TARGETS = {
    "Set-PopSettings": ("Server",),
    "Set-ImapSettings": ("Server",),
    "Set-ReceiveConnector": ("Identity",),
    "Set-CASMailbox": ("Identity",),
    "Set-Service": ("ComputerName", "Name"),
}
_SETTINGS = {
    "Set-PopSettings": frozenset({"EnableGSSAPIAndNTLMAuth", "LoginType"}),
    "Set-ImapSettings": frozenset({"EnableGSSAPIAndNTLMAuth", "LoginType"}),
    "Set-ReceiveConnector": frozenset({"AuthMechanism", "RequireTLS"}),
    "Set-CASMailbox": frozenset({"PopEnabled", "ImapEnabled"}),
    "Set-Service": frozenset({"StartupType", "Status"}),
}

_PIECE = r"'(?:[^'\x00-\x1f\x7f-\U0010ffff]|'')*'"
_TEXT = rf"(?:{_PIECE}|\({_PIECE}(?: \+ (?:\[char\]0x[0-9A-F]{{4}}|{_PIECE}))+\))"
_VALUE = rf"(?:\$true|\$false|{_TEXT}(?:, {_TEXT})*)"
_CALL = re.compile(rf"([A-Z][a-z]+-[A-Za-z]+)((?: -[A-Za-z0-9]+ {_VALUE})+)")
_ARGUMENT = re.compile(rf" -([A-Za-z0-9]+) ({_VALUE})")
_ONE_TEXT = re.compile(_TEXT)
_PARTS = re.compile(rf"\[char\]0x([0-9A-F]{{4}})|({_PIECE})")
_RUNS = re.compile(r"[ -~]+|[^ -~]")


class Cmdlet(Struct, frozen=True):
    """One call: the cmdlet, whose setting it sets (by parameter), and what it sets."""

    name: str
    target: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, Value], ...]


def spell(cmdlet: Cmdlet) -> str:
    """The call as PowerShell, in one line of ASCII."""
    arguments = [f"-{name} {literal(value)}" for name, value in (*cmdlet.target, *cmdlet.settings)]
    return " ".join([cmdlet.name, *arguments])


def parse(text: str) -> Cmdlet | None:
    """The call that spell() has written; None for everything else, other cmdlets and parameters too."""
    call = _CALL.fullmatch(text)
    if call is None:
        return None
    name = call[1]
    arguments = [(found[1], _meant(found[2])) for found in _ARGUMENT.finditer(call[2])]
    target = arguments[: len(_TARGETS.get(name, ()))]
    settings = arguments[len(target) :]
    known = tuple(each for each, _ in target) == _TARGETS.get(name) and settings
    if not known or not {each for each, _ in settings} <= _SETTINGS[name]:
        return None
    owners = tuple((each, value) for each, value in target if isinstance(value, str))
    return Cmdlet(name, owners, tuple(settings)) if len(owners) == len(target) else None


def literal(value: Value) -> str:
    """A value as PowerShell: no letter of it can end the string or be run."""
    match value:
        case bool():
            return "$true" if value else "$false"
        case str():
            return _quoted(value)
        case _:
            return ", ".join(_quoted(each) for each in value)


def words(value: Value) -> tuple[str, ...]:
    """A value as the words in which PowerShell shows it."""
    match value:
        case bool():
            return (str(value),)
        case str():
            return (value,)
        case _:
            return value


def _quoted(text: str) -> str:
    pieces = [_piece(run) for run in _RUNS.findall(text)]
    if len(pieces) <= 1 and text.isascii() and text.isprintable():
        return pieces[0] if pieces else "''"
    # The sum has to begin with a string: [char] + [char] would be a number.
    start = [] if pieces[0].startswith("'") else ["''"]
    flat = " + ".join([*start, *pieces])
    return f"({flat})"


def _piece(run: str) -> str:
    if run.isascii() and run.isprintable():
        return "'" + run.replace("'", "''") + "'"
    units = run.encode("utf-16-be", "surrogatepass")
    halves = [units[at : at + 2] for at in range(0, len(units), 2)]
    return " + ".join(f"[char]0x{half.hex().upper()}" for half in halves)


def _meant(spelled: str) -> Value:
    if spelled.startswith("$"):
        return spelled == "$true"
    texts = tuple(_text(found[0]) for found in _ONE_TEXT.finditer(spelled))
    return texts[0] if len(texts) == 1 else texts


def _text(spelled: str) -> str:
    units = b"".join(
        bytes.fromhex(found[1]) if found[1] else found[2][1:-1].replace("''", "'").encode("utf-16-be")
        for found in _PARTS.finditer(spelled)
    )
    return units.decode("utf-16-be", "surrogatepass")
