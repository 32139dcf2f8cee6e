"""What only Exim itself can decide: conditions of its build, and what it expands when a client connects."""

import re
from collections.abc import Iterator

from tightlip.model.posture import FromLoopback, Note, NoteKind
from tightlip.products._exim import admitting
from tightlip.products._exim.conditions import Gate, spares_itself
from tightlip.products._exim.configuration import Authenticator, Configuration
from tightlip.products._exim.proxying import HOSTS_PROXY, proxy_header
from tightlip.products._exim.serving import (
    AUTH_HOSTS,
    condition_of,
    gate_of,
    perhaps_let_through,
    serving,
)
from tightlip.products._exim.statements import Statement
from tightlip.syntax.lenses.doubts import Macros
from tightlip.syntax.reading import Form


def doubts(known: Configuration) -> Iterator[Note]:
    """Conditions on which the offers hang and that only Exim itself can decide; macros and directives in them."""
    if place := known.of_the_build:
        text = "whether this counts depends on what Exim was built with (exim -bP macros)"
        yield Note(kind=NoteKind.UNREAD, text=text, file=place.file, line=place.line)
    if any(serving(known)):
        yield from admitting.uncertain(known)
    hosts = known.options.get(AUTH_HOSTS)
    if hosts and gate_of(known) is Gate.UNCERTAIN:
        text = "what it comes to is decided when a client connects: who may log in without TLS is not known"
        yield doubt(hosts, text)
    if hosts and spares_itself(hosts.value, known.lists):
        text = "without TLS only clients on this machine itself are offered logins: asked from here, it shows them"
        yield Note(kind=NoteKind.HARMLESS, text=text, file=hosts.file.path, line=hosts.entry.line)
    for each in perhaps_let_through(known):
        yield doubt(each, "Exim expands this when a client connects: it may let logins through that are not advertised")
    for block in serving(known):
        if block.is_misnamed:
            text = f"{block.public_name} is what {block.name} is called: driver {block.driver} answers no NTLM"
            driver = block.options["driver"]
            yield Note(kind=NoteKind.HARMLESS, text=text, file=driver.file.path, line=driver.entry.line)
        condition = block.options.get("server_advertise_condition")
        if condition and condition_of(block) is Gate.UNCERTAIN:
            yield doubt(condition, f"{block.name}: this is decided when a client connects, also without TLS")
        if why := next(filter(None, _uncertain(block)), ""):
            yield doubt(block.head, f"authenticator {block.name} {why}")
    header = proxy_header(known, "")
    if header and header.from_loopback is FromLoopback.UNKNOWN:
        text = "could not tell whether a client on this machine has to send a PROXY header"
        yield doubt(known.options[HOSTS_PROXY], text)
    for name in ("auth_advertise_hosts", "tls_advertise_hosts", "daemon_smtp_ports"):
        if name in known.options and (why := _put_in(known.options[name])):
            yield doubt(known.options[name], f"{name} {why}")


def _uncertain(block: Authenticator) -> Iterator[str]:
    """What makes it uncertain that a block answers, what, and when."""
    for each in (block.head, *block.options.values()):
        yield "" if each.entry.is_apart else each.doubt
    if condition := block.options.get("server_advertise_condition"):
        yield _put_in(condition)


def _put_in(option: Statement) -> str:
    """What is uncertain of an option whose macros have been put in: one that is not known, or that changes quotes."""
    is_quoted = option.entry.form is Form.QUOTED and re.search(r'["\\]', option.value)
    if option.value != option.entry.value and (is_quoted or option.value.startswith('"')):
        return option.doubt
    return Macros(frozenset()).doubt(option.value.encode())


def doubt(statement: Statement, text: str) -> Note:
    """A doubt at a statement."""
    return Note(kind=NoteKind.DOUBT, text=text, file=statement.file.path, line=statement.entry.line)
