"""One object that a cmdlet gave, as it was collected: its values, each with its place."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from msgspec import Struct

from tightlip.model.finding import Place
from tightlip.syntax.reading import Entry, Form

POP = "Get-PopSettings"
IMAP = "Get-ImapSettings"
CONNECTOR = "Get-ReceiveConnector"
MAILBOXES = "Get-CASMailbox"
CERTIFICATE = "Get-ExchangeCertificate"
SERVER = "Get-ExchangeServer"
SERVICE = "Win32_Service"
PROBLEM = "problems"


class Record(Struct, frozen=True):
    """One object that a cmdlet gave: values by name, lists by name, and where it stands."""

    file: str
    cmdlet: str
    values: Mapping[str, Entry]
    lists: Mapping[str, tuple[Entry, ...]]

    @property
    def owner(self) -> str:
        """What the object is called: a connector's identity, else its server."""
        name = "Identity" if self.cmdlet == CONNECTOR else "Name" if self.cmdlet == SERVER else "Server"
        return self.text(name)

    def text(self, name: str) -> str:
        """A value as text; empty where it is null or not there."""
        entry = self.values.get(name)
        return "" if entry is None or is_null(entry) else entry.value

    def flag(self, name: str) -> bool | None:
        """A yes or no; None where it is neither."""
        return {"true": True, "false": False}.get(self.text(name).lower())

    def number(self, name: str) -> int | None:
        """A whole number; None where it is none."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None

    def words(self, name: str) -> tuple[str, ...]:
        """A list's texts, or the parts of a text with commas, as PowerShell shows flags."""
        if name in self.lists:
            return tuple(entry.value for entry in self.lists[name] if not is_null(entry))
        return tuple(word for part in self.text(name).split(",") if (word := part.strip()))

    def moment(self, name: str) -> datetime | None:
        """A time (UTC); None where it is none."""
        try:
            read = datetime.fromisoformat(self.text(name))
        except ValueError:
            return None
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)

    def place(self, name: str) -> Place:
        """Where a value stands; the line is None where it was not given."""
        entry = self.values.get(name)
        line, value = (None, None) if entry is None else (entry.line, self.text(name) or None)
        if entry is None and self.lists.get(name):
            line, value = self.lists[name][0].line, ", ".join(self.words(name))
        return Place(self.file, line, self._called(name), value)

    def item_place(self, name: str, item: Entry) -> Place:
        """Where one item of a list stands."""
        return Place(self.file, item.line, self._called(name), item.value)

    def _called(self, name: str) -> str:
        """A value as findings name it; what is said of all mailboxes is no server's."""
        return ": ".join(filter(None, (self.owner, f"{self.cmdlet} {name}")))


def is_null(entry: Entry) -> bool:
    """Whether a value is JSON's null."""
    return entry.form is Form.PLAIN and entry.value == "null"


def items(record: Record, name: str) -> Iterator[Entry]:
    """The items of a list."""
    return iter(record.lists.get(name, ()))
