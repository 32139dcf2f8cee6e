"""Dovecot 2.3: POP3, IMAP, submission and ManageSieve, NTLM through its ntlm_auth helper seat or through GSSAPI."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.real.servers import gssapi
from tests.real.servers.certificate import write_certificate
from tests.real.servers.contract import FIXED, LEAKY, ServerFailed, fill, template
from tests.real.servers.disclosure import disclose, install_helper
from tests.real.servers.etc import write_etc
from tests.real.servers.namespace import Namespace, Stage, overlays
from tests.real.servers.ports import free_listeners, free_ports, port_places
from tests.real.servers.prefix import prefix
from tests.real.servers.ready import CHALLENGED, REFUSED, wait_for_listeners, wait_for_ntlm

PACKAGES = ["dovecot-pop3d", "dovecot-imapd", "dovecot-submissiond", "dovecot-managesieved", "python3"]
USERS = ["dovecot:dovecot", "dovenull:dovenull"]
_SCHEMES = ["pop3", "pop3s", "imap", "imaps", "submission", "smtps", "managesieve"]

_SERVICES = ["pop", "imap", "submission", "sieve"]
# What the configuration says of this host, and what gss-ntlmssp asks the kernel for where it says nothing.
_HOSTNAME = "popsrv01.lab.test"

_LEAKY = {
    "SSL": "yes",
    "DISABLE_PLAINTEXT": "no",
    "MECHANISMS": "plain login ntlm",
    "WINBIND": "yes",
    "GSSAPI": "",
    "PROXY": "",
}
_FIXED = _LEAKY | {"SSL": "required", "DISABLE_PLAINTEXT": "yes", "MECHANISMS": "plain login", "WINBIND": "no"}
_GSSAPI = _FIXED | {"MECHANISMS": "plain gssapi", "GSSAPI": 'auth_gssapi_hostname = "$ALL"'}
_KEYTAB = f"auth_gssapi_hostname = {_HOSTNAME}\nauth_krb5_keytab = @LAB@/krb5.keytab"
_NO_PENALTY = "service anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}"
LISTENERS = {
    "pop3": ["pop3", "pop3s"],
    "imap": ["imap", "imaps"],
    "submission": ["submission", "submissions"],
    "managesieve": ["sieve"],
}


def behind_proxy(trusted: str, *services: str) -> str:
    """The listeners of these services greet whoever comes through a proxy of the trusted networks."""
    return f"haproxy_trusted_networks = {trusted}\n" + "".join(
        f"service {service}-login {{\n  inet_listener {listener} {{\n    haproxy = yes\n  }}\n}}\n"
        for service in services
        for listener in LISTENERS[service]
    )


_VARIANTS = {
    LEAKY: _LEAKY,
    FIXED: _FIXED,
    # What many guides call the fix: TLS is required and the challenge is still given, after the upgrade.
    "tls-required": _LEAKY | {"SSL": "required", "DISABLE_PLAINTEXT": "yes"},
    # No NTLM is configured, and with gss-ntlmssp beside it GSSAPI is NTLM.
    "gssapi": _GSSAPI,
    # Where Kerberos works as well. A change's proof is refused some hundred times, and need not wait longer each time.
    "gssapi-keytab": _GSSAPI | {"GSSAPI": f"{_KEYTAB}\n{_NO_PENALTY}"},
    "kerberos": _GSSAPI | {"GSSAPI": _KEYTAB},
    # Nobody is greeted who does not come through the proxy.
    "proxied": _LEAKY | {"PROXY": behind_proxy("127.0.0.0/8", *LISTENERS)},
    # IMAP greets nobody on this machine, whatever it sends.
    "proxied-elsewhere": _LEAKY | {"PROXY": behind_proxy("10.0.0.0/8", "imap")},
}
_STARTED_ANEW = gssapi.VARIANTS | {"proxied", "proxied-elsewhere"}


class Dovecot:
    """Dovecot with the stand-in helper, or, for helper `samba`, with Samba's real ntlm_auth."""

    variants = tuple(_VARIANTS)

    def __init__(self, folder: Path, helper: str = "stand-in") -> None:
        self.folder = folder
        self._helper = helper
        self.name = "dovecot" if helper == "stand-in" else f"dovecot-{helper}"
        self.listeners = free_listeners(_SCHEMES)
        # Where other servers (Postfix) may ask this Dovecot to authenticate for them.
        self.auth_port = free_ports(1)[0]
        self.namespace = Namespace(folder)
        self._running = ""

    def start(self, variant: str) -> None:
        """Unpack, configure and run Dovecot."""
        root = self._prefix(variant)
        self._running = variant
        self.prepare()
        self.configure(variant)
        etc = write_etc(self.folder, USERS)
        self.namespace.start(
            Stage(
                argv=["/usr/sbin/dovecot", "-F", "-c", str(self.folder / "dovecot.conf")],
                overlays=overlays(root, etc),
                empty=["/run"],
                binds=gssapi.own_registrations(self.folder, root),
                hostname=_HOSTNAME if variant in gssapi.VARIANTS else "",
            )
        )
        wait_for_listeners(self.listeners, self.namespace)

    def reconfigure(self, variant: str) -> None:
        """Write the other configuration and have it reloaded with Dovecot's own command.

        What needs other packages, or cannot be asked whether it has begun, is started anew.
        """
        if _STARTED_ANEW & {variant, self._running}:
            self.stop()
            self.start(variant)
            return
        self._running = variant
        self.configure(variant)
        done = self.namespace.run("doveadm", "-c", str(self.folder / "dovecot.conf"), "reload")
        if done.returncode != 0:
            raise ServerFailed(f"doveadm reload: {done.stdout}")
        wait_for_ntlm(self.listeners, REFUSED if variant == FIXED else CHALLENGED, self.namespace)

    def disclose(self, told: Mapping[str, Any]) -> None:
        """Have the stand-in helper say this from now on."""
        disclose(self.folder, told)

    def stop(self) -> None:
        """End Dovecot."""
        self.namespace.stop()

    def prepare(self) -> None:
        """Lay everything out that does not depend on the variant."""
        write_certificate(self.folder)
        for name in ("mail", "run", "state", *(f"samba/{part}" for part in ("private", "lock", "state", "cache"))):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        shutil.chown(self.folder / "mail", "mail", "mail")
        (self.folder / "run" / "master.pid").unlink(missing_ok=True)
        install_helper(self.folder)
        gssapi.write_keytab(self.folder / "krb5.keytab", _HOSTNAME, _SERVICES)
        (self.folder / "smb.conf").write_text(fill(template("smb.conf"), {"LAB": str(self.folder)}))
        wrapper = f'#!/bin/sh\nexec /usr/bin/ntlm_auth --configfile={self.folder}/smb.conf "$@"\n'
        (self.folder / "ntlm_auth").write_text(wrapper, encoding="utf-8")
        (self.folder / "ntlm_auth").chmod(0o755)

    def configure(self, variant: str) -> None:
        """Write this variant of the configuration."""
        helper = self.folder / ("ntlm_auth" if self._helper == "samba" else "ntlm_helper.py")
        own = {"LAB": str(self.folder), "HOSTNAME": _HOSTNAME, "HELPER": str(helper), "AUTH": str(self.auth_port)}
        text = fill(template("dovecot.conf"), _VARIANTS[variant] | own | port_places(self.listeners))
        (self.folder / "dovecot.conf").write_text(text, encoding="utf-8")

    def _prefix(self, variant: str) -> Path:
        if variant in gssapi.VARIANTS:
            return prefix("dovecot-gssapi", [*PACKAGES, "dovecot-gssapi", *gssapi.PACKAGES[variant]])
        if self._helper == "samba":
            return prefix("dovecot-samba", [*PACKAGES, "winbind"])
        return prefix("dovecot", PACKAGES)
