"""Small mail servers on loopback that rendered scripts ask: healthy ones, and some that die where a change does it."""

import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path

from msgspec import Struct

from tightlip.lab.certificates import write_certificate
from tightlip.model.endpoint import Endpoint, Security

HOST = "127.0.0.1"


class Health(Enum):
    """How far a server comes."""

    WELL = "answers"
    MUTE = "says nothing"
    DIES_WHEN_ASKED = "dies when it is asked"
    REFUSES = "refuses when it is asked"
    DIES_OVER_TLS = "dies when it is asked over TLS"
    REFUSES_CONNECTIONS = "greets with a refusal"
    FLOODS = "greets with a line that has no end"


class Manner(Struct, frozen=True):
    """What one protocol says; ``@`` stands for the tag of a command of IMAP's."""

    greeting: bytes
    asked: bytes
    answer: bytes
    upgrade: bytes = b"STARTTLS"
    ready: bytes = b"220 go\r\n"
    refusal: bytes = b"421 4.3.0 away\r\n"


_SIEVE = b'"SIEVE" "fileinto"\r\n"STARTTLS"\r\nOK "hello"\r\n'
MANNERS = {
    "pop3": Manner(
        b"+OK hello\r\n", b"CAPA", b"+OK\r\nSASL PLAIN\r\nSTLS\r\n.\r\n", b"STLS", b"+OK go\r\n", b"-ERR away\r\n"
    ),
    "imap": Manner(
        b"* OK hello\r\n",
        b"CAPABILITY",
        b"* CAPABILITY IMAP4rev1 STARTTLS\r\n@ OK done\r\n",
        ready=b"@ OK go\r\n",
        refusal=b"* BYE away\r\n",
    ),
    "smtp": Manner(b"220-hello\r\n220 hello\r\n", b"EHLO", b"250-here\r\n250-STARTTLS\r\n250 HELP\r\n"),
    "lmtp": Manner(b"220 hello\r\n", b"LHLO", b"250-here\r\n250 STARTTLS\r\n"),
    "nntp": Manner(
        b"200 hello\r\n", b"CAPABILITIES", b"101 list:\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n", ready=b"382 go\r\n"
    ),
    "managesieve": Manner(_SIEVE, b"CAPABILITY", _SIEVE, ready=b'OK "go"\r\n', refusal=b'BYE "away"\r\n'),
}


@contextmanager
def listening(
    folder: Path, protocol: str, security: Security, health: Callable[[], Health] = lambda: Health.WELL
) -> Iterator[str]:
    """A server, and how well it is at each connection; the text form of its endpoint."""
    certificate = folder / "certificate.pem"
    if not certificate.exists():
        write_certificate(certificate, HOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    manner = MANNERS[protocol]

    class Conversation(socketserver.StreamRequestHandler):
        """One connection."""

        def handle(self) -> None:
            """To its end."""
            with suppress(OSError):
                if security is Security.IMPLICIT:
                    self._secure()
                self._converse(security is Security.IMPLICIT, health())
            self.connection.close()

        def _converse(self, secured: bool, health: Health) -> None:
            if health is Health.MUTE:
                self.rfile.read()
            while health is Health.FLOODS:
                self.wfile.write(b"A" * 65_536)
            self.wfile.write(manner.refusal if health is Health.REFUSES_CONNECTIONS else manner.greeting)
            while line := self.rfile.readline():
                tag, _, rest = line.rstrip().partition(b" ") if protocol == "imap" else (b"", b"", line.rstrip())
                word = rest.partition(b" ")[0]
                if word == manner.upgrade:
                    self.wfile.write(manner.ready.replace(b"@", tag))
                    self._secure()
                    secured = True
                    if protocol == "managesieve":
                        word = manner.asked
                if word == manner.asked:
                    if health is Health.DIES_WHEN_ASKED or (secured and health is Health.DIES_OVER_TLS):
                        return
                    answer = manner.refusal if health is Health.REFUSES else manner.answer
                    self.wfile.write(answer.replace(b"@", tag))
                elif word in (b"QUIT", b"LOGOUT"):
                    return

        def _secure(self) -> None:
            self.request = context.wrap_socket(self.request, server_side=True)
            self.setup()

    with socketserver.ThreadingTCPServer((HOST, 0), Conversation) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield str(Endpoint(HOST, server.server_address[1], protocol, security))
        finally:
            server.shutdown()
