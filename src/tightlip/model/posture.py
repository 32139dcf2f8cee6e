"""A posture: what a host's configuration means, each part with the setting that makes it so."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from tightlip.model.endpoint import Security
from tightlip.model.finding import InstanceOf, Place

# Mechanisms by which a client of today logs in without NTLM; a list without any of them locks everybody out.
USABLE = frozenset(
    """PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS SCRAM-SHA-512
    OAUTHBEARER XOAUTH2 GSSAPI GS2-KRB5 EXTERNAL""".split()
)

# What NTLM can come in: by itself, or inside SPNEGO, where that is not Kerberos' alone.
NTLM_CARRIERS = frozenset({"NTLM", "GSS-SPNEGO"})

# Between several provisos of one offer.
AND_IF = "; "


class FromLoopback(StrEnum):
    """What a client on the same machine gets from a listener that expects a PROXY header."""

    TRUSTED = "trusted"  # it is greeted after its header
    UNTRUSTED = "untrusted"  # it is not greeted, whatever it sends
    EXEMPT = "exempt"  # it is greeted without a header, which only certain other clients have to send
    UNKNOWN = "unknown"  # the configuration does not tell


class ProxyHeader(Struct, frozen=True, kw_only=True):
    """The setting by which a listener expects a PROXY header before it greets; see docs/scanning.md."""

    place: Place
    from_loopback: FromLoopback


class Listener(Struct, frozen=True, kw_only=True):
    """One socket of a service: ``address`` as written ("" stands for every address), and the TLS states it has.

    ``proxy_header`` is None where every client is greeted without one.
    """

    address: str
    port: int
    states: tuple[Security, ...]
    place: Place
    proxy_header: ProxyHeader | None = None

    @property
    def asks_for_header(self) -> bool:
        """Whether a client on the same machine is greeted after a PROXY header, and not without one."""
        return self.proxy_header is not None and self.proxy_header.from_loopback is FromLoopback.TRUSTED

    @property
    def is_out_of_reach(self) -> bool:
        """Whether a client on the same machine is not greeted, or nobody knows whether it is."""
        reach = self.proxy_header.from_loopback if self.proxy_header else FromLoopback.EXEMPT
        return reach in (FromLoopback.UNTRUSTED, FromLoopback.UNKNOWN)


class Offer(Struct, frozen=True, kw_only=True):
    """One SASL mechanism (upper case) that a service accepts, and in which TLS states it does.

    ``place`` is the setting that makes it so. ``hidden_by`` is a filter that takes it out of the list that clients
    are shown, while it is accepted all the same. ``names_host``: its first answer names the machine.
    ``called`` is what clients have to call it, where that is not its name (Exim's ``spa`` as MSN).
    ``kerberos_only``: it is SPNEGO of a kind that no NTLM comes in. ``only_listed`` are the states in which
    clients are shown it and it is never answered. ``unsure`` are those of ``states`` in which only the product itself
    knows whether it is accepted: a note says why, and no finding is made of them. ``through`` is the line that
    registers gss-ntlmssp with the GSSAPI library that answers it, so that NTLM comes in it. ``proviso`` is what it
    needs besides and could not be seen.
    """

    name: str
    states: tuple[Security, ...]
    place: Place
    hidden_by: Place | None = None
    names_host: bool = False
    called: str = ""
    kerberos_only: bool = False
    only_listed: tuple[Security, ...] = ()
    unsure: tuple[Security, ...] = ()
    through: Place | None = None
    proviso: str = ""

    def is_sure_in(self, state: Security) -> bool:
        """Whether it is accepted in a TLS state, without a doubt."""
        return state in self.states and state not in self.unsure

    def provided(self, proviso: str) -> "Offer":
        """The same with one more proviso, where NTLM can come in it."""
        told = ", ".join(filter(None, (self.proviso, proviso)))
        return replace(self, proviso=told) if self.carries_ntlm else self

    @property
    def carries_ntlm(self) -> bool:
        """Whether NTLM can come in it."""
        return self.through is not None or (self.name in NTLM_CARRIERS and not self.kerberos_only)


class Tls(Struct, frozen=True, kw_only=True):
    """The TLS side of a service.

    ``place`` is the setting that switches TLS on, or off where ``available`` is false. ``demand`` is the setting that
    decides whether a login has to wait for TLS, ``required`` what it decides. ``cleartext`` is the setting that lets
    passwords go before TLS, where that is another and it does; ``withholds`` the one that does not. ``exempts`` lets
    some clients in as if they had TLS. ``certificate`` is the certificate
    file's path as the host knows it; ``oldest`` the oldest version allowed (``TLSv1.2``), None for the library's own.
    ``chain`` are the files, in order, of which any may hold the certificate, where the setting names keys besides.
    """

    available: bool
    place: Place
    required: bool
    demand: Place
    cleartext: Place | None = None
    withholds: Place | None = None
    exempts: Place | None = None
    certificate: str | None = None
    certificate_place: Place | None = None
    chain: tuple[str, ...] = ()
    oldest: str | None = None
    oldest_place: Place | None = None


class Accounts(Struct, frozen=True, kw_only=True):
    """Who may use a service: everybody, or a list; ``place`` is the setting that says so."""

    limited: bool
    place: Place


class Bar(Struct, frozen=True, kw_only=True):
    """Mechanisms that a setting keeps a service from accepting in these TLS states, whatever is offered to it."""

    names: tuple[str, ...]
    states: tuple[Security, ...]
    place: Place


class AuthSocket(Struct, frozen=True, kw_only=True):
    """A socket at which one product asks another about logins: its absolute path, or else a TCP port.

    ``address`` is where the port is, "" for every address of this machine.
    """

    path: str = ""
    address: str = ""
    port: int = 0


class Delegation(Struct, frozen=True, kw_only=True):
    """A service that lets another product decide on logins: ``product`` by name, ``socket`` as written.

    ``at`` is what the socket may mean, none where that could not be told. ``answered_by`` is the main file of the
    instance that answers there, once that was followed.

    What the service itself makes of the other's mechanisms: ``hides`` it takes out of the list that clients are shown
    (``hidden_by`` is the filter) and accepts all the same; ``bars`` are those that it does not accept. Where it
    announces its own offers, whatever the other has, ``proviso`` is that of those which the other has to answer.
    """

    product: str
    socket: str
    place: Place
    at: tuple[AuthSocket, ...] = ()
    answered_by: str = ""
    hides: tuple[str, ...] = ()
    hidden_by: Place | None = None
    bars: tuple[Bar, ...] = ()
    proviso: str = ""


class Service(Struct, frozen=True, kw_only=True):
    """One service of a product, called as the product calls it (``pop3``, ``submission/inet``).

    ``protocol`` is the name of a protocol plug. ``offers`` is empty where a ``delegation`` has not been followed yet.
    ``public_mx``: it takes mail of strangers, so that TLS must never be demanded of everybody on it.
    ``must_announce``: its server ends in a TLS state that takes logins where it has no mechanism to announce.
    """

    name: str
    protocol: str
    listeners: tuple[Listener, ...]
    offers: tuple[Offer, ...]
    tls: Tls
    accounts: Accounts | None = None
    delegation: Delegation | None = None
    public_mx: bool = False
    must_announce: bool = False


class NoteKind(StrEnum):
    """Why something about a configuration is worth saying besides its settings."""

    UNREAD = "unread"  # what could not be read, a stretch or a file: audited as far as read, never edited
    MISSING = "missing"  # a certificate, or a file that need not be there, is not there
    DOUBT = "doubt"  # a macro, a condition: the meaning is not certain
    MANAGED = "managed"  # written by Ansible, Puppet, a container's start script: change the source instead
    BREAKS_ON_UPGRADE = "breaks_on_upgrade"  # works today, fails with the product's next version
    CONTRADICTION = "contradiction"  # the files say one thing, the product's own view another
    HARMLESS = "harmless"  # taken for a cause by many, and none here
    UNKNOWN = "unknown"  # what the product's version or other files would have to say


class Note(Struct, frozen=True, kw_only=True):
    """Something about the configuration that is no setting; ``line`` is None where it is not one line's matter."""

    kind: NoteKind
    text: str
    file: str
    line: int | None = None


class Certificate(Struct, frozen=True, kw_only=True):
    """A certificate file as it was found: when it ends (UTC), or what is wrong with it."""

    path: str
    not_after: datetime | None = None
    problem: str | None = None


class Posture(Struct, frozen=True, kw_only=True):
    """What one instance of a product is set to do.

    ``product`` is the plug's name; ``config`` the path of the instance's main file; ``version`` what the product
    said of itself, or its files show. ``backend``: offers for services of other products that ask this one
    (Dovecot's auth socket, Cyrus SASL's ``smtpd.conf``), ``backend_at`` the sockets where they ask; ``backend_unsure``
    says why there may be others. ``beside`` are files, and folders with a slash at their end,
    that are the whole host's and were looked at whole: what is not told of them is not so. ``home`` is what stands for
    the instance where its main file may be another one next time, ``machine`` for the host that it was read on.
    ``absent`` are files, and patterns of files, that were not there; the host, of which this is a copy, may have them.
    """

    product: str
    config: str
    version: str | None
    services: tuple[Service, ...]
    backend: tuple[Offer, ...] = ()
    backend_at: tuple[AuthSocket, ...] = ()
    backend_unsure: str = ""
    notes: tuple[Note, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    beside: tuple[str, ...] = ()
    home: str = ""
    machine: str = ""
    absent: tuple[str, ...] = ()

    @property
    def instance(self) -> InstanceOf:
        """Which instance it is, as findings of its settings remember it."""
        return InstanceOf(self.product, self.home or self.config, self.machine)
