"""An endpoint: one host, port, protocol and TLS state that can be asked."""

from enum import StrEnum

from msgspec import Struct


class Security(StrEnum):
    """How TLS comes into a conversation: never, after an upgrade on the same port, or before the first byte."""

    PLAIN = "plain"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


_SUFFIXES = {Security.PLAIN: "", Security.STARTTLS: "+starttls", Security.IMPLICIT: "s"}


class Endpoint(Struct, frozen=True, gc=False):
    """One state of one service, named as the user targeted it.

    ``host`` is a name or an address literal without brackets, in lower case; ``protocol`` is the name of a
    protocol plug, or ``unknown`` while a port has not been recognised.
    """

    host: str
    port: int
    protocol: str
    security: Security

    def __str__(self) -> str:
        """The text form, port written out: ``pop3+starttls://mail.example.org:110``, ``pop3s://…:995``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.protocol}{_SUFFIXES[self.security]}://{host}:{self.port}"

    @property
    def scheme(self) -> str:
        """The URL scheme of this state: ``pop3``, ``pop3+starttls`` or ``pop3s``."""
        return self.protocol + _SUFFIXES[self.security]


def port_of(text: str) -> str:
    """Host and port of a text form, ``mail.example.org:110``: all that its states and protocols have in common."""
    return text.partition("://")[2]


def service_of(text: str) -> str:
    """The text form of the plain state, where there is an upgrade to TLS; a TLS port is a service of its own."""
    return text.replace("+starttls://", "://", 1)


def read_endpoint(text: str) -> Endpoint:
    """The endpoint of a text form, port written out; ValueError where it is none."""
    scheme, _, rest = text.partition("://")
    host, _, port = rest.rpartition(":")
    security, protocol = Security.PLAIN, scheme
    if scheme.endswith("+starttls"):
        security, protocol = Security.STARTTLS, scheme.removesuffix("+starttls")
    elif scheme.endswith("s"):
        security, protocol = Security.IMPLICIT, scheme.removesuffix("s")
    return Endpoint(host.strip("[]"), int(port), protocol, security)
