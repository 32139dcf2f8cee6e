"""Hosts whose Kerberos library has NTLM in it, or not, as dictionaries of files; and the servers that ask it."""

from collections.abc import Mapping

from msgspec import Struct

from tests.unit.products import cases
from tests.unit.products.postfixes import DEBIAN
from tightlip.model.posture import Offer, Posture
from tightlip.products import cyrus, dovecot, exim, postfix
from tightlip.products._product import Instance, Product

FILE = "/etc/gss/mech.d/mech.ntlmssp.conf"
PLUGIN = "/usr/lib/x86_64-linux-gnu/gssntlmssp/gssntlmssp.so"
OID = "1.3.6.1.4.1.311.2.2.10"
COMMENT = b"# To activate the mechanism put this file into /etc/gss/mech.d\n#\n"
LINE = f"gssntlmssp_v1\t\t{OID}\t        {PLUGIN}\n".encode()

NOTHING = {"/etc/gss/mech.d/none.conf": b"# nothing is registered\n"}
REGISTERED = {FILE: COMMENT + LINE}
NTLMSSP = {**REGISTERED, PLUGIN: b"\x7fELF"}
KEYTAB = {"/etc/krb5.keytab": b"secret"}

PLUGINS = {f"/usr/lib/x86_64-linux-gnu/sasl2/lib{name}.so": b"" for name in ("plain", "login", "gssapiv2")}


class Server(Struct, frozen=True, kw_only=True):
    """A product with GSSAPI beside PLAIN: its files, where the mechanism is set, and the words of a keytab."""

    plug: Product
    config: str
    files: Mapping[str, bytes]
    setting: str
    keytab: tuple[str, bytes]
    spnego: bool = True

    @property
    def instance(self) -> Instance:
        """At its usual place."""
        return Instance(product="", config=self.config)


DOVECOT = Server(
    plug=dovecot.PRODUCT,
    config="/etc/dovecot/dovecot.conf",
    files={
        "/etc/dovecot/dovecot.conf": b"protocols = pop3 imap\nssl = required\nssl_cert = </etc/ssl/mail.pem\n"
        b"auth_mechanisms = plain gssapi gss-spnego\n"
    },
    setting="auth_mechanisms",
    keytab=("/etc/dovecot/dovecot.conf", b"auth_krb5_keytab = /etc/dovecot/krb5.keytab\n"),
)
POSTFIX = Server(
    plug=postfix.PRODUCT,
    config="/etc/postfix/main.cf",
    files={
        "/etc/postfix/main.cf": b"smtpd_sasl_auth_enable = yes\nsmtpd_tls_security_level = may\n"
        b"smtpd_tls_cert_file = /etc/ssl/mail.pem\nsmtpd_tls_auth_only = yes\n"
        b"smtpd_sasl_mechanism_filter = !gssapi, !gss-spnego, static:rest\n",
        **DEBIAN,
        "/etc/postfix/master.cf": b"smtp inet n - n - - smtpd\n",
        "/etc/postfix/sasl/smtpd.conf": b"pwcheck_method: saslauthd\nmech_list: PLAIN LOGIN GSSAPI GSS-SPNEGO\n",
        **PLUGINS,
    },
    setting="mech_list",
    keytab=("/etc/postfix/main.cf", b"import_environment = MAIL_CONFIG KRB5_KTNAME=/etc/postfix/smtp.keytab\n"),
)
CYRUS = Server(
    plug=cyrus.PRODUCT,
    config="/etc/imapd.conf",
    files={
        "/etc/imapd.conf": b"sasl_mech_list: PLAIN GSSAPI GSS-SPNEGO\nallowplaintext: yes\n",
        "/etc/cyrus.conf": b'SERVICES {\n  pop3 cmd="pop3d" listen="pop3"\n}\n',
        **PLUGINS,
    },
    setting="sasl_mech_list",
    keytab=("/etc/imapd.conf", b"sasl_keytab: /etc/krb5.keytab.imap\n"),
)
EXIM = Server(
    plug=exim.PRODUCT,
    config="/etc/exim/exim.conf",
    files={
        "/etc/exim/exim.conf": b"daemon_smtp_ports = 25\n#\nbegin authenticators\n"
        b"plain:\n  driver = plaintext\n  public_name = PLAIN\n  server_condition = yes\n"
        b"gssapi:\n  driver = cyrus_sasl\n  public_name = GSSAPI\n"
    },
    setting="gssapi driver",
    keytab=("/etc/exim/exim.conf", b""),
    spnego=False,
)


def posture(server: Server, host: Mapping[str, bytes]) -> Posture:
    """What the server's files mean on such a host."""
    return server.plug.posture(cases.read(server.plug, server.instance, {**server.files, **host}))


def carriers(found: Posture) -> list[Offer]:
    """The offers of the first service that NTLM comes in."""
    return [offer for offer in found.services[0].offers if offer.carries_ntlm]
