"""What is asked on a connection: a path into NTLM, a control that tells what a refusal means, or a login."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Protocol, final

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import Control, Door, Opening


class Subject(StrEnum):
    """What a state is asked about: NTLM, or whether a password would be taken. None is ever sent."""

    NTLM = "ntlm"
    PASSWORDS = "passwords"


class Variation(StrEnum):
    """How one asking of a state differs from the one before, for servers that answer by order or by form.

    ``USUAL``: NTLM first, each path by its name. ``SECOND``: the same after a mechanism that does not exist.
    ``WITH_MESSAGE``: so too, each further path with its first message in the same line. ``ALONE``: each path by its
    name, and each further one with its first message, as the first question of a connection.
    """

    USUAL = "usual"
    SECOND = "second"
    WITH_MESSAGE = "with_message"
    ALONE = "alone"


class FirstMessage(StrEnum):
    """The type 1 message: that of a current client, the older one without a version, or the current one in SPNEGO."""

    CURRENT = "current"
    OLDER = "older"
    WRAPPED = "wrapped"


@final
class PathProbe(Struct, frozen=True, gc=False):
    """Ask for ``mechanism``, spelled as the server lists it, and send the type 1 message."""

    via: Door = Door.AUTH
    mechanism: str = "NTLM"
    message: FirstMessage = FirstMessage.CURRENT
    opening: Opening = Opening.NAME


@final
class ControlProbe(Struct, frozen=True, gc=False):
    """Ask for something whose answer tells what a refusal of NTLM means; ``sent`` is a mechanism or a command.

    A listed mechanism is begun by its name alone and cancelled at once: no password is ever sent.
    """

    control: Control
    sent: str


@final
class PasswordProbe(Struct, frozen=True, gc=False):
    """Ask whether a password would be taken without TLS, and send none."""


@final
class SaslLogin(Struct, frozen=True, gc=False):
    """Log in for real by a SASL mechanism, with these messages (before base64). No scan does."""

    mechanism: str
    messages: tuple[bytes, ...]

    def __repr__(self) -> str:
        """Without the password: a traceback may show it."""
        return f"SaslLogin({self.mechanism!r})"


@final
class CommandLogin(Struct, frozen=True, gc=False):
    """Log in for real by the protocol's own command: USER and PASS of POP3, LOGIN of IMAP. No scan does."""

    user: bytes
    password: bytes

    def __repr__(self) -> str:
        """As above."""
        return f"CommandLogin({self.user!r})"


Probe = PathProbe | ControlProbe | PasswordProbe | SaslLogin | CommandLogin

INVENTED_MECHANISM = "X-TIGHTLIP"
# Not with an X: Cyrus IMAP asks a stranger to log in first where the letter is none of its commands before a login.
INVENTED_COMMAND = "STIGHTLIP"


class Inquirer(Protocol):
    """Who knows what to ask next; a dialogue takes one probe after the other until there is none."""

    has_disclosed: bool
    """Whether a challenge has named the host: nothing that follows can make it clean."""

    @property
    def variation(self) -> Variation:
        """How this asking differs from others; a protocol may have ways of its own to differ."""

    def next_probe(self) -> Probe | None:
        """The next probe for this connection, None when it is to be left."""


@final
class Listed:
    """Hands out the given probes in order, whatever they are answered."""

    def __init__(self, *probes: Probe) -> None:
        """None at all where the conversation is wanted for something else."""
        self._probes: Iterator[Probe] = iter(probes)
        self.variation = Variation.USUAL
        self.has_disclosed = False

    def next_probe(self) -> Probe | None:
        """The next of them."""
        return next(self._probes, None)


class Question(Struct, frozen=True, gc=False):
    """What one connection is for.

    ``ehlo_name`` is what EHLO and LHLO say of us; ``tag`` begins the tags of IMAP commands and cannot be guessed.
    """

    security: Security
    inquirer: Inquirer
    ehlo_name: str = "[127.0.0.1]"
    tag: str = "a"
