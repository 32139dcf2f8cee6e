"""Cyrus' cyrus.conf: its sections and entries as a lens, and what the lines of SERVICES start."""

import re
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from tightlip.products._options import read_permuted
from tightlip.syntax.lines import Line, Unreadables, lines, oversized, spoken, strange, trimmed
from tightlip.syntax.reading import Entry, Form, Kind, Lens, Path, Reading
from tightlip.syntax.spans import Span, Splice

SERVICES = "SERVICES"
MOST_SERVICES = 200

_OPENING = re.compile(rb"([A-Za-z0-9]+)\s*\{\Z")
_ENTRY = re.compile(rb"([A-Za-z0-9]+)\s+(\S.*)\Z", re.DOTALL)
_ARGUMENT = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s"]+))')
_DIGITS = re.compile(r"\d{1,9}", re.ASCII)
# Options with a value: of every service, and of those that talk to people (external protection).
_WITH_VALUES = "CUTp"

# By the program's name: the protocol plug that asks it, and its usual ports in /etc/services.
_PROTOCOLS = {
    "imapd": "imap",
    "proxyd": "imap",
    "pop3d": "pop3",
    "pop3proxyd": "pop3",
    "nntpd": "nntp",
    "timsieved": "managesieve",
    "lmtpd": "lmtp",
    "lmtpproxyd": "lmtp",
}
_PORTS = {
    "imap": 143,
    "imap2": 143,
    "imaps": 993,
    "pop3": 110,
    "pop3s": 995,
    "nntp": 119,
    "nntps": 563,
    "sieve": 4190,
    "lmtp": 24,
}


class Started(Struct, frozen=True, kw_only=True):
    """A line of SERVICES; ``words`` are the arguments of its program."""

    name: str
    program: str
    words: tuple[str, ...]
    listen: str
    is_udp: bool
    entry: Entry

    @property
    def config(self) -> str | None:
        """The imapd.conf that its own ``-C`` names, the last one."""
        return read_permuted(self.words, _WITH_VALUES).get("C") or None

    @property
    def outer(self) -> int:
        """What its ``-p`` says; to atoi(3), what is no number is 0."""
        digits = _DIGITS.match(read_permuted(self.words, _WITH_VALUES).get("p", ""))
        return int(digits[0]) if digits else 0

    def has(self, switch: str) -> bool:
        """Whether a switch of the program itself is on: seen on 3.6, one that shares its word is lost."""
        return f"-{switch}" in self.words

    @property
    def is_local(self) -> bool:
        """Whether it listens on a UNIX socket."""
        return self.listen.startswith("/")


class Server(Struct, frozen=True, kw_only=True):
    """A line of SERVICES that serves one of our protocols over TCP.

    ``port`` is None where it is a name that is not known here. ``implicit`` tells TLS from the first byte;
    ``trusting`` takes mail from everybody without a login (lmtpd's ``-a``). ``outer`` is the strength of a layer around
    it that another program is in charge of, such as stunnel (``-p``).
    """

    name: str
    protocol: str
    address: str
    port: int | None
    listen: str
    implicit: bool
    config: str | None
    entry: Entry
    trusting: bool = False
    outer: int = 0


def started(reading: Reading) -> Iterator[Started]:
    """What the section SERVICES starts, MOST_SERVICES at most."""
    lines = (each for each in reading.entries if each.kind is Kind.SETTING and each.path == (SERVICES,))
    return map(_started, islice(lines, MOST_SERVICES))


def servers(reading: Reading) -> Iterator[Server]:
    """The servers of our protocols; those on UNIX sockets are not of the network."""
    for each in started(reading):
        protocol = _PROTOCOLS.get(each.program)
        if protocol and each.listen and not each.is_local and not each.is_udp:
            yield _server(each, protocol)


def _started(entry: Entry) -> Started:
    arguments = {name: quoted or bare for name, quoted, bare in _ARGUMENT.findall(entry.value)}
    program, *words = arguments.get("cmd", "").split() or [""]
    return Started(
        name=entry.name,
        program=program.rpartition("/")[2],
        words=tuple(words),
        listen=arguments.get("listen", ""),
        is_udp=arguments.get("proto", "tcp").startswith("udp"),
        entry=entry,
    )


def _server(each: Started, protocol: str) -> Server:
    address, port = _listening(each.listen)
    return Server(
        name=each.name,
        protocol=protocol,
        address=address,
        port=port,
        listen=each.listen,
        implicit=each.has("s"),
        config=each.config,
        entry=each.entry,
        trusting=protocol == "lmtp" and each.has("a"),
        outer=each.outer,
    )


def _listening(listen: str) -> tuple[str, int | None]:
    """Address and port of ``imap``, ``143``, ``host:imap``, ``[::1]:143``."""
    head, colon, port = listen.rpartition(":")
    if not colon or listen.endswith("]"):
        head, port = ("", listen) if not colon else (listen, "")
    if port.isascii() and port.isdigit() and len(port) < 6:
        return head.strip("[]"), int(port)
    return head.strip("[]"), _PORTS.get(port)


def read_cyrus_conf(text: bytes) -> Reading:
    """Sections as blocks, their lines as settings; a ``#`` begins a comment wherever it stands."""
    unread, entries = Unreadables(), list[Entry]()
    section: int | None = None
    if why := oversized(text):
        unread.add(1, why)
        return Reading(lens=CYRUS_CONF, text=text, entries=(), unread=unread.all())
    for line in lines(text):
        if unread.ends(line.number, entries):
            break
        span = _content(text, line)
        content = text[span.start : span.end]
        if why := strange(text[line.start : line.end]):
            unread.add(line.number, why)
        elif content == b"}" and section is not None:
            entries[section] = _closed(entries[section], span.end)
            section = None
        elif content and section is None:
            section = _open(entries, unread, line, span, content)
        elif content and section is not None:
            _take(entries, unread, line, span, content, section)
    if section is not None:
        unread.add(entries[section].line, "a section that is not closed")
    return Reading(lens=CYRUS_CONF, text=text, entries=tuple(entries), unread=unread.all())


def _content(text: bytes, line: Line) -> Span:
    comment = text.find(b"#", line.start, line.end)
    return trimmed(text, Span(line.start, comment if comment >= 0 else line.end))


def _open(entries: list[Entry], unread: Unreadables, line: Line, span: Span, content: bytes) -> int | None:
    found = _OPENING.match(content)
    if found is None:
        unread.add(line.number, "outside of a section, or more than a section's name and its brace")
        return None
    at = Span(span.end, span.end)
    name = spoken(found[1]).upper()
    entries.append(Entry(kind=Kind.BLOCK, name=name, value="", span=span, at=at, line=line.number))
    return len(entries) - 1


def _closed(block: Entry, end: int) -> Entry:
    return Entry(
        kind=Kind.BLOCK,
        name=block.name,
        value="",
        span=Span(block.span.start, end),
        at=Span(block.at.start, end - 1),
        line=block.line,
    )


def _take(entries: list[Entry], unread: Unreadables, line: Line, span: Span, content: bytes, section: int) -> None:
    found = _ENTRY.match(content)
    # The server ends a section at any brace, and even at one in quotes.
    if found is None or b"}" in content or b"{" in content:
        unread.add(line.number, "not a name with its arguments")
        return
    at = Span(span.start + found.start(2), span.start + found.end(2))
    entries.append(
        Entry(
            kind=Kind.SETTING,
            name=spoken(found[1]),
            value=spoken(found[2]),
            span=span,
            at=at,
            line=line.number,
            path=(entries[section].name,),
            within=section,
            pieces=(at,),
        )
    )


def _spell(value: str, form: Form) -> bytes:
    return value.encode("utf-8", "replace") if form is Form.PLAIN else b'"' + value.encode("utf-8", "replace") + b'"'


def _add(reading: Reading, path: Path, name: str, value: bytes) -> Splice | str:
    return f"nothing is ever added to {reading.lens.name}: {'/'.join((*path, name))}, {len(value)} bytes"


CYRUS_CONF = Lens(name="cyrus.conf", read=read_cyrus_conf, spell=_spell, add=_add)
