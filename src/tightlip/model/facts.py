"""Facts: what one conversation can teach, one frozen value per kind of thing learned."""

from datetime import datetime
from enum import StrEnum
from typing import final

from msgspec import Struct

from tightlip.model.disclosure import Disclosure, Implementation
from tightlip.model.oddity import Oddity


class Standing(StrEnum):
    """What a refusal says, as far as its text is understood.

    ``no_such_mechanism``, ``tls_required`` and ``no_authentication`` are understood, and prove something of NTLM;
    ``temporary`` is "not now", ``banned`` "not you", ``unclear`` anything else. ``permanent`` is a "no" for good to our
    greeting or our name; 0.1.0 wrote it for every refusal that asked for neither patience nor TLS.
    """

    PERMANENT = "permanent"
    TEMPORARY = "temporary"
    TLS_REQUIRED = "tls_required"
    NO_SUCH_MECHANISM = "no_such_mechanism"
    NO_AUTHENTICATION = "no_authentication"
    BANNED = "banned"
    UNCLEAR = "unclear"


class Asked(StrEnum):
    """Which of our questions a reply answered."""

    GREETING = "greeting"
    CAPABILITIES = "capabilities"
    STARTTLS = "starttls"
    MECHANISM = "mechanism"
    MESSAGE = "message"


class Door(StrEnum):
    """The ways by which a type 1 message can reach a server; ``ntlm.via`` lists those that answered."""

    AUTH = "auth"
    SPNEGO = "spnego"
    X_EXPS = "x-exps"
    GENERIC = "generic"
    TRANSACT = "transact"
    MSN = "msn"
    GSSAPI = "gssapi"


NEGOTIATED = frozenset({Door.SPNEGO, Door.GSSAPI})
"""Mechanisms that carry Kerberos too, so that taking them says nothing of NTLM."""


class Opening(StrEnum):
    """How a mechanism was asked for: by its name alone, or with the first message in the same line (RFC 4422 4)."""

    NAME = "name"
    INITIAL_RESPONSE = "initial_response"


class Control(StrEnum):
    """What is asked only to learn what a refusal means."""

    UNKNOWN_MECHANISM = "unknown_mechanism"
    LISTED_MECHANISM = "listed_mechanism"
    UNKNOWN_COMMAND = "unknown_command"
    KNOWN_COMMAND = "known_command"


@final
class OtherProtocol(Struct, frozen=True, gc=False, tag="other_protocol"):
    """The first line was not of the protocol asked for."""

    text: str


@final
class Unanswered(Struct, frozen=True, gc=False, tag="unanswered"):
    """A further connection, made for the door ``via``, ended without an answer to our question."""

    via: Door
    cause: str


@final
class Banner(Struct, frozen=True, gc=False, tag="banner"):
    """The server's greeting, without its status word, as it came."""

    text: str


@final
class Mechanisms(Struct, frozen=True, gc=False, tag="mechanisms", omit_defaults=True):
    """The SASL mechanisms a server listed for one door in the state asked, upper case, in its order.

    No names means that the server's list names none; where no list could be read there is no such fact. ``spelled``
    are the names in each way that the server wrote them, empty where all are in upper case.
    """

    names: tuple[str, ...]
    via: Door = Door.AUTH
    spelled: tuple[str, ...] = ()


@final
class LoginCommand(Struct, frozen=True, gc=False, tag="login_command"):
    """The server lets the protocol's own clear-text login be used in this state: POP3 USER, IMAP LOGIN."""

    name: str


@final
class Upgrade(Struct, frozen=True, gc=False, tag="upgrade"):
    """What became of STARTTLS: listed or not, and taken or not when it was asked for."""

    offered: bool
    accepted: bool
    text: str = ""


@final
class TlsOffer(Struct, frozen=True, gc=False, tag="tls_offer"):
    """Whether the list of capabilities that was read without TLS offers to upgrade."""

    listed: bool


@final
class Acceptance(Struct, frozen=True, gc=False, tag="acceptance"):
    """The server took the mechanism and waited for the type 1 message."""

    via: Door


@final
class Challenge(Struct, frozen=True, gc=False, tag="challenge", omit_defaults=True):
    """A type 2 message, raw and decoded; ``why`` says what ``implementation`` was concluded from."""

    via: Door
    raw: bytes
    disclosure: Disclosure
    implementation: Implementation
    why: str = ""
    oddities: tuple[Oddity, ...] = ()


@final
class Refusal(Struct, frozen=True, gc=False, tag="refusal", omit_defaults=True):
    """A "no": to what, what it says, and the peer's words; ``mechanism`` as it was asked for, and how."""

    asked: Asked
    standing: Standing
    text: str
    via: Door | None = None
    mechanism: str = ""
    opening: Opening = Opening.NAME


@final
class ControlAnswer(Struct, frozen=True, gc=False, tag="control"):
    """What became of a control: what was sent, whether the server went along with it, and its words."""

    control: Control
    sent: str
    taken: bool
    text: str


@final
class Kerberos(Struct, frozen=True, gc=False, tag="kerberos"):
    """GSSAPI was begun and answered without NTLM: it carries Kerberos alone, as far as it was asked."""

    via: Door
    text: str


@final
class ErrorLimit(Struct, frozen=True, gc=False, tag="error_limit"):
    """The server closed after ``refusals`` of one connection and greeted the next: it limits errors and bans nobody."""

    refusals: int


@final
class LeftUnasked(Struct, frozen=True, gc=False, tag="left_unasked"):
    """What would have had to be asked as well, by the limits of this asking was not."""

    via: Door
    what: str


@final
class PasswordWanted(Struct, frozen=True, gc=False, tag="password_wanted"):
    """Asked for a login by ``by`` (PLAIN, USER) the server waited for the password, which was not sent."""

    by: str


@final
class PasswordRefused(Struct, frozen=True, gc=False, tag="password_refused"):
    """Asked for a login by ``by`` the server wanted no password: for how long, and the peer's words."""

    by: str
    standing: Standing
    text: str


@final
class LoginAnswer(Struct, frozen=True, gc=False, tag="login_answer"):
    """What became of a test login: by what it was made (PLAIN, LOGIN, USER), whether it worked, the server's words.

    No scan makes one: it takes an account that somebody gave for the purpose.
    """

    by: str
    taken: bool
    text: str


@final
class TlsState(Struct, frozen=True, gc=False, tag="tls", omit_defaults=True):
    """What TLS came to. Verification failures are facts here and stop nothing.

    ``name_matches`` is None where the target was an address that the certificate does not list, or where
    the certificate could not be read. Times are UTC.
    """

    version: str
    cipher: str
    subject_names: tuple[str, ...] = ()
    issuer: str | None = None
    not_after: datetime | None = None
    self_signed: bool | None = None
    name_matches: bool | None = None


Fact = (
    Banner
    | OtherProtocol
    | Unanswered
    | Mechanisms
    | LoginCommand
    | Upgrade
    | TlsOffer
    | Acceptance
    | Challenge
    | Refusal
    | ControlAnswer
    | Kerberos
    | ErrorLimit
    | LeftUnasked
    | PasswordWanted
    | PasswordRefused
    | LoginAnswer
    | TlsState
    | Oddity
)
