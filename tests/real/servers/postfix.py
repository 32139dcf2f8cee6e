"""Postfix: SMTP and submission, NTLM from either of its SASL back ends, Cyrus SASL (or its GSSAPI) or Dovecot."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.real.servers import gssapi
from tests.real.servers.certificate import write_certificate, write_old_certificate
from tests.real.servers.contract import FIXED, LEAKY, Listener, ServerFailed, fill, template
from tests.real.servers.dovecot import Dovecot
from tests.real.servers.etc import write_etc
from tests.real.servers.namespace import Namespace, Stage, overlays
from tests.real.servers.ports import free_listeners, port_places
from tests.real.servers.prefix import prefix
from tests.real.servers.ready import CHALLENGED, REFUSED, wait_for_listeners, wait_for_ntlm

PACKAGES = ["postfix", "sasl2-bin", "libsasl2-modules", "libsasl2-modules-db"]
USERS = ["postfix:postfix", ":postdrop"]
_SCHEMES = ["smtp", "submission", "smtps"]
_SET_PASSWORD = 'printf bobpw | saslpasswd2 -p -c -f "$0" -u pf01.lab.test bob; chown postfix "$0"'

_NO_FILTER = "!external, static:rest"
_TLS = {"CERT": "cert.pem", "KEY": "key.pem", "TLS_PROTOCOLS": ">=TLSv1.2", "TLS_CIPHERS": "aNULL:-aNULL:HIGH"}
_OLD_TLS = {
    "CERT": "old-cert.pem",
    "KEY": "old-key.pem",
    "TLS_PROTOCOLS": "<=TLSv1",
    # TLS 1.0 signs with SHA-1, which OpenSSL allows at its lowest level only.
    "TLS_CIPHERS": "ALL:@SECLEVEL=0",
}
_LEAKY = {
    "AUTH_ONLY": "no",
    "FILTER": _NO_FILTER,
    "MECH_LIST": "mech_list: PLAIN LOGIN NTLM",
    "KEYTAB": "",
    "PROXY": "",
    "SUBMISSION_OWN": "",
    "CHROOT": "n",
} | _TLS
_FIXED = _LEAKY | {"AUTH_ONLY": "yes", "MECH_LIST": "mech_list: PLAIN LOGIN"}
_GSSAPI = _FIXED | {"MECH_LIST": "mech_list: PLAIN LOGIN GSSAPI"}
_VARIANTS = {
    LEAKY: _LEAKY,
    FIXED: _FIXED,
    # Without a list Cyrus SASL offers every plugin it finds, NTLM among them.
    "unlisted": _LEAKY | {"MECH_LIST": ""},
    # Blanks alone part the words: NTLM is the only one that is a mechanism.
    "commas": _LEAKY | {"MECH_LIST": "mech_list: PLAIN, LOGIN, NTLM"},
    # The filter acts on what EHLO announces only; AUTH NTLM is still answered.
    "hidden": _LEAKY | {"FILTER": "!ntlm, static:rest"},
    "tls-required": _LEAKY | {"AUTH_ONLY": "yes"},
    # A server nobody has touched for years: no TLS above 1.0, a small key, an expired certificate.
    "old-tls": _LEAKY | _OLD_TLS,
    # No NTLM is listed, and with gss-ntlmssp beside it GSSAPI is NTLM.
    "gssapi": _GSSAPI,
    # The filter hides it from EHLO; AUTH GSSAPI is still answered.
    "gssapi-hidden": _GSSAPI | {"FILTER": "!gssapi, static:rest"},
    # Where Kerberos works as well.
    "gssapi-keytab": _GSSAPI | {"KEYTAB": "keytab: @LAB@/krb5.keytab"},
    "kerberos": _GSSAPI | {"KEYTAB": "keytab: @LAB@/krb5.keytab"},
    "gss-spnego": _GSSAPI | {"MECH_LIST": "mech_list: PLAIN LOGIN GSS-SPNEGO"},
    # The services run in the queue directory, where all that NTLM takes was copied, and the host registers it no more.
    "gssapi-chroot": _GSSAPI | {"CHROOT": "y"},
    # With a keytab there.
    "gssapi-chroot-keytab": _GSSAPI | {"CHROOT": "y"},
    # As Debian has them: there is nothing in it.
    "gssapi-empty-chroot": _GSSAPI | {"CHROOT": "y"},
    # Nobody is greeted who does not come through the proxy.
    "proxied": _LEAKY | {"PROXY": "haproxy"},
    # Nobody on one port, that is.
    "proxied-submission": _LEAKY | {"SUBMISSION_OWN": "  -o smtpd_upstream_proxy_protocol=haproxy"},
}
_STARTED_ANEW = gssapi.VARIANTS | {"proxied", "proxied-submission"}
# What the Dovecot behind it is set to meanwhile; every other variant is Postfix' own matter.
_BACKEND_VARIANTS = {FIXED: FIXED, "gssapi": "gssapi"}


_FILLED = frozenset({"gssapi-chroot", "gssapi-chroot-keytab"})
# The list, the plugin with its libraries, and UTF-16.
_FILL_CHROOT = """
set -e
mkdir -p "$0/etc/gss/mech.d"
mv /etc/gss/mech.d/*.conf "$0/etc/gss/mech.d"
plugin=$(echo /usr/lib/*/gssntlmssp/gssntlmssp.so)
for file in $plugin $(ldd $plugin | grep -o '/[^ ]*'); do
    mkdir -p "$0${file%/*}"
    cp -L "$file" "$0$file"
done
cp -r --parents /usr/lib/*/gconv/gconv-modules* /usr/lib/*/gconv/UTF-16.so "$0"
"""


class Postfix:
    """Postfix on Cyrus SASL with the user bob (password bobpw), or on a Dovecot of its own."""

    variants = tuple(_VARIANTS)

    def __init__(
        self, folder: Path, backend: Dovecot | None = None, listeners: tuple[Listener, ...] | None = None
    ) -> None:
        """Without listeners, one for each scheme on a free port; those that are given are all on one address."""
        self.folder = folder
        self.backend = backend
        self.name = folder.name
        self.listeners = listeners or free_listeners(_SCHEMES)
        self.namespace = Namespace(folder)
        self._running = ""

    def start(self, variant: str) -> None:
        """Unpack, configure and run Postfix' master, after the Dovecot it asks."""
        root = self._prefix(variant)
        self._running = variant
        if self.backend:
            self.backend.start(_BACKEND_VARIANTS.get(variant, LEAKY))
        self.prepare()
        self.configure(variant)
        self.namespace.start(
            Stage(
                argv=self.command,
                first=[*self.first, *self._filling(variant)],
                overlays=overlays(root, write_etc(self.folder, USERS)),
                empty=["/run"],
                binds=gssapi.own_registrations(self.folder, root),
            )
        )
        wait_for_listeners(self.listeners, self.namespace)

    def reconfigure(self, variant: str) -> None:
        """Mend or break the back end first, then Postfix; without its reload nothing changes.

        What needs other packages, or cannot be asked whether it has begun, is started anew.
        """
        if _STARTED_ANEW & {variant, self._running}:
            self.stop()
            self.start(variant)
            return
        self._running = variant
        if self.backend:
            self.backend.reconfigure(_BACKEND_VARIANTS.get(variant, LEAKY))
        self.configure(variant)
        done = self.namespace.run("postfix", "-c", str(self.folder / "conf"), "reload")
        if done.returncode != 0:
            raise ServerFailed(f"postfix reload: {done.stdout}")
        wait_for_ntlm(self.listeners, REFUSED if variant == FIXED else CHALLENGED, self.namespace)

    def stop(self) -> None:
        """End Postfix and the Dovecot it asked."""
        self.namespace.stop()
        if self.backend:
            self.backend.stop()

    @property
    def command(self) -> list[str]:
        """What runs its master in the foreground."""
        return ["/usr/sbin/postfix", "-c", str(self.folder / "conf"), "start-fg"]

    @property
    def first(self) -> list[list[str]]:
        """What has to be done on its own host before that."""
        return [
            ["cp", "/etc/postfix/postfix-files", str(self.folder / "conf")],
            ["chown", "postfix", str(self.folder / "data")],
            ["sh", "-c", _SET_PASSWORD, str(self.folder / "sasldb2")],
        ]

    def prepare(self) -> None:
        """Lay everything out that does not depend on the variant."""
        write_certificate(self.folder)
        write_old_certificate(self.folder)
        gssapi.write_keytab(self.folder / "krb5.keytab", "pf01.lab.test", ["smtp"])
        for name in ("conf/sasl", "conf/dynamicmaps.cf.d", "conf/postfix-files.d", "queue", "data"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "queue" / "pid" / "master.pid").unlink(missing_ok=True)
        for name in ("etc", "usr", "lib", "lib64"):
            shutil.rmtree(self.folder / "queue" / name, ignore_errors=True)

    def configure(self, variant: str) -> None:
        """Write this variant of the configuration."""
        sasl = {"SASL_TYPE": "cyrus", "SASL_PATH": "smtpd"}
        if self.backend:
            sasl = {"SASL_TYPE": "dovecot", "SASL_PATH": f"inet:127.0.0.1:{self.backend.auth_port}"}
        values = _VARIANTS[variant] | sasl | {"LAB": str(self.folder), "ADDRESS": self.listeners[0].host}
        places = {"main.cf": "main.cf", "master.cf": "master.cf", "sasl-smtpd.conf": "sasl/smtpd.conf"}
        for name, place in places.items():
            text = fill(template(name), values | port_places(self.listeners))
            (self.folder / "conf" / place).write_text(text, encoding="utf-8")

    def _filling(self, variant: str) -> list[list[str]]:
        """What puts into the chroot what GSSAPI takes there to carry NTLM."""
        queue = self.folder / "queue"
        if variant == "gssapi-chroot-keytab":
            (queue / "etc").mkdir()
            gssapi.write_keytab(queue / "etc" / "krb5.keytab", "pf01.lab.test", ["smtp"])
        return [["sh", "-c", _FILL_CHROOT, str(queue)]] if variant in _FILLED else []

    def _prefix(self, variant: str) -> Path:
        if variant in gssapi.VARIANTS:
            return prefix("postfix-gssapi", [*PACKAGES, "libsasl2-modules-gssapi-mit", *gssapi.PACKAGES[variant]])
        return prefix("postfix", PACKAGES)
