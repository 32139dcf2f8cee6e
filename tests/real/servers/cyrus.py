"""Cyrus IMAP: POP3, IMAP, NNTP and ManageSieve, NTLM through the Cyrus SASL library's own plugin."""

from __future__ import annotations

from pathlib import Path

from tests.real.servers.certificate import write_certificate
from tests.real.servers.contract import FIXED, LEAKY, fill, template
from tests.real.servers.etc import write_etc
from tests.real.servers.namespace import Namespace, Stage, overlays
from tests.real.servers.ports import free_listeners, port_places
from tests.real.servers.prefix import prefix
from tests.real.servers.ready import CHALLENGED, REFUSED, wait_for_listeners, wait_for_ntlm

_PACKAGES = [
    "cyrus-pop3d",
    "cyrus-imapd",
    "cyrus-nntpd",
    "sasl2-bin",
    "libsasl2-modules",
    "libsasl2-modules-db",
    # Debian's Cyrus depends on some mail transport agent; the smallest is never started.
    "exim4-daemon-light",
]
_SCHEMES = ["pop3", "pop3s", "imap", "imaps", "nntp", "nntps", "managesieve"]
_STATE = "db socket log msg proc ptclient user quota spool news newsspool lock sieve".split()
_SET_PASSWORD = 'printf bobpw | saslpasswd2 -p -c -f "$0" -u cyr01.lab.test bob'

# The proof of a change asks hundreds of questions, and Cyrus' three seconds for each would be all that its tests
# measure; the mended server, which a scan meets, keeps them.
_LEAKY = {"ALLOW_PLAINTEXT": "yes", "TLS_REQUIRED": "no", "MECHANISMS": "PLAIN LOGIN NTLM", "PAUSE": "0"}
_VARIANTS = {
    LEAKY: _LEAKY,
    FIXED: {"ALLOW_PLAINTEXT": "no", "TLS_REQUIRED": "no", "MECHANISMS": "PLAIN LOGIN", "PAUSE": "3"},
    # Forbidding passwords in clear does not cover NTLM: it becomes the only mechanism before TLS.
    "no-plaintext": _LEAKY | {"ALLOW_PLAINTEXT": "no"},
    "tls-required": _LEAKY | {"ALLOW_PLAINTEXT": "no", "TLS_REQUIRED": "yes"},
}


class Cyrus:
    """Cyrus IMAP with the user bob (password bobpw) in a sasldb."""

    name = "cyrus"
    variants = tuple(_VARIANTS)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.listeners = free_listeners(_SCHEMES)
        self.namespace = Namespace(folder)

    def start(self, variant: str) -> None:
        """Unpack, configure and run Cyrus' master."""
        root = prefix(self.name, _PACKAGES)
        write_certificate(self.folder)
        self._configure(variant)
        state = self.folder / "var"
        for name in _STATE:
            (state / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "master.pid").unlink(missing_ok=True)
        conf, services = str(self.folder / "imapd.conf"), str(self.folder / "cyrus.conf")
        master = ["/usr/lib/cyrus/bin/master", "-D", "-M", services, "-C", conf]
        self.namespace.start(
            Stage(
                argv=[*master, "-p", str(self.folder / "master.pid")],
                first=[
                    ["sh", "-c", _SET_PASSWORD, str(state / "sasldb2")],
                    ["chown", "-R", "cyrus:mail", str(state)],
                ],
                overlays=overlays(root, write_etc(self.folder, ["cyrus:mail"])),
                empty=["/run"],
            )
        )
        wait_for_listeners(self.listeners, self.namespace)

    def reconfigure(self, variant: str) -> None:
        """Write the other configuration; the master has its services start anew after a HUP."""
        self._configure(variant)
        self.namespace.hang_up()
        wait_for_ntlm(self.listeners, REFUSED if variant == FIXED else CHALLENGED, self.namespace)

    def stop(self) -> None:
        """End Cyrus."""
        self.namespace.stop()

    def _configure(self, variant: str) -> None:
        values = {"LAB": str(self.folder)} | _VARIANTS[variant] | port_places(self.listeners)
        for name in ("imapd.conf", "cyrus.conf"):
            (self.folder / name).write_text(fill(template(name), values), encoding="utf-8")
