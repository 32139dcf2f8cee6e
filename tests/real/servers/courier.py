"""Courier: POP3 and IMAP, which advertise NTLM when told to and never answer it."""

from __future__ import annotations

from pathlib import Path

from tests.real.servers.certificate import write_certificate
from tests.real.servers.contract import FIXED, LEAKY, fill, template
from tests.real.servers.etc import write_etc
from tests.real.servers.namespace import Namespace, Stage, overlays
from tests.real.servers.ports import free_listeners, port_places
from tests.real.servers.prefix import prefix
from tests.real.servers.ready import wait_for_listeners

_PACKAGES = ["courier-pop", "courier-imap", "courier-authdaemon", "exim4-daemon-light"]
_SCHEMES = ["pop3", "pop3s", "imap", "imaps"]
_VARIANTS = {
    LEAKY: {"MECHANISMS": "PLAIN LOGIN NTLM", "IMAP_MECHANISMS": "AUTH=PLAIN AUTH=NTLM"},
    FIXED: {"MECHANISMS": "PLAIN LOGIN", "IMAP_MECHANISMS": "AUTH=PLAIN"},
}


class Courier:
    """Courier's POP3 and IMAP servers and the authentication daemon they ask."""

    name = "courier"
    variants = tuple(_VARIANTS)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.listeners = free_listeners(_SCHEMES)
        self.namespace = Namespace(folder)

    def start(self, variant: str) -> None:
        """Unpack, configure and run Courier's daemons."""
        root = prefix(self.name, _PACKAGES)
        write_certificate(self.folder)
        both = (self.folder / "key.pem").read_text() + (self.folder / "cert.pem").read_text()
        (self.folder / "both.pem").write_text(both, encoding="utf-8")
        values = {"LAB": str(self.folder)} | _VARIANTS[variant]
        script = self.folder / "courier.sh"
        script.write_text(fill(template("courier.sh"), values | port_places(self.listeners)), encoding="utf-8")
        self.namespace.start(
            Stage(
                argv=["sh", str(script)],
                overlays=overlays(root, write_etc(self.folder, ["courier:courier"])),
                empty=["/run"],
            )
        )
        wait_for_listeners(self.listeners, self.namespace)

    def reconfigure(self, variant: str) -> None:
        """Start anew: Courier's settings are its environment, which no signal changes."""
        self.stop()
        self.start(variant)

    def stop(self) -> None:
        """End Courier."""
        self.namespace.stop()
