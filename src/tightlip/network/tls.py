"""The TLS stage: bytes in, bytes out through memory, so that STARTTLS and implicit TLS are the same act.

Nothing is verified on purpose: a bad certificate, an old version, a small key are facts to report, never a
reason to stop reading. What this OpenSSL cannot speak at all ends as a TlsFailure with OpenSSL's own reason.
"""

import contextlib
import re
import ssl
import warnings
from collections.abc import Iterable
from functools import cache

from tightlip.model.facts import TlsState
from tightlip.network.certificate import read_certificate

# Labels of letters, digits and hyphens, the last of them no number (RFC 1123 section 2.1); one is a name too, as
# Exchange's own certificates have it.
_HOST_NAME = re.compile(r"(?=.{1,253}$)(?:(?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)*(?!\d+$)(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_LEGACY_SERVER_CONNECT = 0x4  # SSL_OP_LEGACY_SERVER_CONNECT; the ssl module names it from Python 3.12 on


class TlsFailure(Exception):
    """The handshake came to nothing; the text is OpenSSL's reason in lower case, such as ``wrong_version_number``."""


class TlsStage:
    """One TLS client conversation over memory; ``has_ended`` once the peer said that nothing more will come."""

    __slots__ = ("_host", "_incoming", "_outgoing", "_tls", "has_ended", "is_up")

    def __init__(self, host: str, server_name: str | None) -> None:
        """Get ready to talk to ``host``, which the certificate is held against; ``server_name`` goes out as SNI."""
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._host = host
        self._tls = lenient_context().wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self.is_up = False
        self.has_ended = False

    def handshake(self, data: bytes) -> TlsState | None:
        """Feed handshake bytes; the state once TLS is up, None while it is not; TlsFailure when it fails."""
        if data:
            self._incoming.write(data)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return None
        except (ssl.SSLError, ValueError) as error:
            raise TlsFailure(_reason(error)) from error
        self.is_up = True
        return self._state()

    def decrypt(self, data: bytes) -> bytes:
        """Feed bytes and take what they hold in clear; b"" while a record is not whole."""
        if data:
            self._incoming.write(data)
        pieces = []
        try:
            while piece := self._tls.read(65_536):
                pieces.append(piece)
            self.has_ended = True  # no bytes, and not "want read": the peer's close_notify
        except (ssl.SSLWantReadError, ssl.SSLEOFError):
            pass
        except ssl.SSLError as error:
            if not pieces:
                raise TlsFailure(_reason(error)) from error
        return b"".join(pieces)

    def encrypt(self, data: bytes) -> None:
        """Put clear bytes in; take_outgoing() gives the records. TlsFailure after the peer's fatal alert."""
        try:
            self._tls.write(data)
        except ssl.SSLError as error:
            raise TlsFailure(_reason(error)) from error

    def take_outgoing(self) -> bytes:
        """The bytes to put on the wire."""
        return self._outgoing.read()

    def farewell(self) -> bytes:
        """The close_notify that ends our side (RFC 8446 section 6.1), without waiting for the peer's."""
        with contextlib.suppress(ssl.SSLError, ValueError):
            self._tls.unwrap()
        return self._outgoing.read()

    def _state(self) -> TlsState:
        cipher = self._tls.cipher()
        der = self._tls.getpeercert(binary_form=True)
        version = self._tls.version() or "unknown"
        return read_certificate(der or b"", self._host, version, cipher[0] if cipher else "unknown")


def sni_of(host: str, address: str) -> str | None:
    """The name to send: without its trailing dot, none for an address literal (RFC 6066 section 3) or no host name."""
    if host == address:
        return None
    name = host.removesuffix(".")
    try:
        return name if name.encode("idna") else None
    except UnicodeError:
        return None


def certified_names(names: Iterable[str]) -> list[str]:
    """Those of a certificate's names that can be sent by SNI: host names, no wildcards, no addresses."""
    return [name.lower() for name in dict.fromkeys(names) if _HOST_NAME.fullmatch(name)]


@cache
def lenient_context() -> ssl.SSLContext:
    """A client that accepts everything this OpenSSL can still speak: TLS 1.0, small keys, legacy renegotiation."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:COMPLEMENTOFALL:!eNULL:@SECLEVEL=0")
    context.options |= _LEGACY_SERVER_CONNECT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0 is asked for on purpose
        context.minimum_version = ssl.TLSVersion.TLSv1
    return context


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return str(reason or error).lower().replace(" ", "_")
