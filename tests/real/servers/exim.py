"""Exim: SMTP and submission, NTLM through its `spa` authenticator, whose challenge names nothing."""

from __future__ import annotations

from pathlib import Path

from tests.real.servers.certificate import write_certificate
from tests.real.servers.contract import FIXED, LEAKY, fill, template
from tests.real.servers.etc import write_etc
from tests.real.servers.namespace import Namespace, Stage, overlays
from tests.real.servers.ports import free_listeners, port_places
from tests.real.servers.prefix import prefix
from tests.real.servers.ready import CHALLENGED, REFUSED, wait_for_listeners, wait_for_ntlm

_SCHEMES = ["smtp", "submission", "smtps"]
_SPA = """\
spa_ntlm:
  driver = spa
  public_name = @NAME@
  server_password = ${if eq{$auth1}{bob}{bobpw}fail}
  server_set_id = $auth1
"""
_UNDER_TLS = "${if eq{$tls_in_cipher}{}{}{*}}"
_LEAKY = {"SPA": _SPA, "NAME": "NTLM", "ADVERTISE": "*", "PROXY": ""}
_VARIANTS = {
    LEAKY: _LEAKY,
    FIXED: _LEAKY | {"SPA": "", "ADVERTISE": _UNDER_TLS},
    "tls-required": _LEAKY | {"ADVERTISE": _UNDER_TLS},
    # The same authenticator by the name that clients of the nineties asked for.
    "msn": _LEAKY | {"NAME": "MSN", "ADVERTISE": _UNDER_TLS},
    # Clients on this machine are greeted after a PROXY header.
    "proxied": _LEAKY | {"PROXY": "127.0.0.0/8"},
    # Clients of another network are, and all others without one.
    "proxied-elsewhere": _LEAKY | {"PROXY": "10.0.0.0/8"},
}


class Exim:
    """Exim with the user bob (password bobpw) written in its configuration."""

    name = "exim"
    variants = tuple(_VARIANTS)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.listeners = free_listeners(_SCHEMES)
        self.namespace = Namespace(folder)

    def start(self, variant: str) -> None:
        """Unpack, configure and run Exim's daemon."""
        root = prefix(self.name, ["exim4-daemon-heavy"])
        write_certificate(self.folder)
        self._configure(variant)
        self.trust()
        (self.folder / "spool").mkdir(exist_ok=True)
        self.namespace.start(
            Stage(
                argv=["/usr/sbin/exim4", "-C", str(self.folder / "exim.conf"), "-bdf"],
                first=[["chown", "-R", "Debian-exim:Debian-exim", str(self.folder / "spool")]],
                overlays=overlays(root, write_etc(self.folder, ["Debian-exim:Debian-exim"])),
                empty=["/run"],
            )
        )
        wait_for_listeners(self.listeners, self.namespace)

    def reconfigure(self, variant: str) -> None:
        """Write the other configuration; Exim's daemon starts itself anew after a HUP.

        What cannot be asked whether it has begun is started anew.
        """
        if variant == "proxied":
            self.stop()
            self.start(variant)
            return
        self._configure(variant)
        self.namespace.hang_up()
        outcome = REFUSED if variant == FIXED else CHALLENGED
        wait_for_ntlm(self.listeners, outcome, self.namespace, _VARIANTS[variant]["NAME"])

    def trust(self, *files: str) -> None:
        """Name its configuration, or these files instead, in the list of those that it may be given by its own user."""
        trusted = self.folder / "etc" / "exim4" / "trusted_configs"
        trusted.parent.mkdir(parents=True, exist_ok=True)
        trusted.write_text("".join(f"{each}\n" for each in files or (self.folder / "exim.conf",)), encoding="utf-8")
        trusted.chmod(0o644)

    def stop(self) -> None:
        """End Exim."""
        self.namespace.stop()

    def _configure(self, variant: str) -> None:
        values = {"LAB": str(self.folder)} | _VARIANTS[variant]
        path = self.folder / "exim.conf"
        path.write_text(fill(template("exim.conf"), values | port_places(self.listeners)), encoding="utf-8")
        path.chmod(0o644)
