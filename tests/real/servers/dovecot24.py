"""Dovecot 2.4 from a chroot of the next Debian: the same protocols, and the same helper seat, as Dovecot 2.3."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.real.servers.certificate import write_certificate
from tests.real.servers.chroot import chroot
from tests.real.servers.contract import FIXED, LEAKY, ServerFailed, fill, template
from tests.real.servers.disclosure import disclose, install_helper
from tests.real.servers.dovecot import LISTENERS, behind_proxy
from tests.real.servers.namespace import Namespace, Stage
from tests.real.servers.ports import free_listeners, port_places
from tests.real.servers.ready import CHALLENGED, REFUSED, wait_for_listeners, wait_for_ntlm

RELEASE = "trixie"
PACKAGES = ["dovecot-pop3d", "dovecot-imapd", "dovecot-submissiond", "dovecot-managesieved", "python3"]
_SCHEMES = ["pop3", "pop3s", "imap", "imaps", "submission", "smtps", "managesieve"]

_LEAKY = {"SSL": "yes", "ALLOW_CLEARTEXT": "yes", "MECHANISMS": "plain login ntlm", "WINBIND": "yes", "PROXY": ""}
_VARIANTS = {
    LEAKY: _LEAKY,
    FIXED: _LEAKY | {"SSL": "required", "ALLOW_CLEARTEXT": "no", "MECHANISMS": "plain login", "WINBIND": "no"},
    "tls-required": _LEAKY | {"SSL": "required", "ALLOW_CLEARTEXT": "no"},
    # Nobody is greeted who does not come through the proxy.
    "proxied": _LEAKY | {"PROXY": behind_proxy("127.0.0.0/8", *LISTENERS)},
}


class Dovecot24:
    """Dovecot 2.4 with the stand-in helper; its folder has the same path inside the chroot as outside."""

    name = "dovecot-2.4"
    variants = tuple(_VARIANTS)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.listeners = free_listeners(_SCHEMES)
        self.namespace = Namespace(folder)

    def start(self, variant: str) -> None:
        """Make or find the chroot, configure and run Dovecot."""
        root = chroot(RELEASE, PACKAGES)
        write_certificate(self.folder)
        install_helper(self.folder)
        for name in ("mail", "run", "state"):
            (self.folder / name).mkdir(exist_ok=True)
        shutil.chown(self.folder / "mail", "mail", "mail")
        (self.folder / "run" / "master.pid").unlink(missing_ok=True)
        self._configure(variant)
        self.namespace.start(
            Stage(
                argv=["/usr/sbin/dovecot", "-F", "-c", self._conf],
                empty=[f"{root}/run", f"{root}/tmp"],
                binds=[(str(self.folder), f"{root}{self.folder}")],
                root=str(root),
            )
        )
        wait_for_listeners(self.listeners, self.namespace)

    def reconfigure(self, variant: str) -> None:
        """Write the other configuration and have it reloaded with Dovecot's own command."""
        self._configure(variant)
        done = self.namespace.run("doveadm", "-c", self._conf, "reload")
        if done.returncode != 0:
            raise ServerFailed(f"doveadm reload: {done.stdout}")
        wait_for_ntlm(self.listeners, REFUSED if variant == FIXED else CHALLENGED, self.namespace)

    @property
    def _conf(self) -> str:
        return str(self.folder / "dovecot.conf")

    def disclose(self, told: Mapping[str, Any]) -> None:
        """Have the stand-in helper say this from now on."""
        disclose(self.folder, told)

    def stop(self) -> None:
        """End Dovecot."""
        self.namespace.stop()

    def _configure(self, variant: str) -> None:
        text = fill(
            template("dovecot24.conf"), _VARIANTS[variant] | port_places(self.listeners) | {"LAB": str(self.folder)}
        )
        (self.folder / "dovecot.conf").write_text(text, encoding="utf-8")
