"""TLS between a practice server's socket and its player: bytes in, plain text and bytes out, through MemoryBIO."""

import ssl
from contextlib import suppress


class TlsLayer:
    """The server's side of one TLS connection; ``ssl.SSLError`` leaves from every call that reads."""

    def __init__(self, context: ssl.SSLContext) -> None:
        """Begin before the client's hello."""
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.is_up = False

    def shake(self, data: bytes) -> bool:
        """Take bytes of the handshake; True once it is done (what follows is then asked for by ``read(b"")``)."""
        self._incoming.write(data)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        self.is_up = True
        return True

    def read(self, data: bytes) -> bytes | None:
        """The plain text in these bytes; None when the client said goodbye."""
        self._incoming.write(data)
        plain = b""
        while True:
            try:
                piece = self._tls.read(65_536)
            except ssl.SSLWantReadError:
                return plain
            except ssl.SSLZeroReturnError:
                return plain or None
            if not piece:
                return plain or None
            plain += piece

    def write(self, plain: bytes) -> None:
        """Encrypt; ``outgoing`` has the result."""
        self._tls.write(plain)

    def close(self) -> None:
        """Say goodbye without waiting for the client's."""
        with suppress(ssl.SSLError):
            self._tls.unwrap()

    def outgoing(self) -> bytes:
        """What the network must carry now."""
        return self._outgoing.read()
