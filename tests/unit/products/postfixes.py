"""Small Postfix configurations for tests: three files, and what the plug makes of them."""

from tests.unit.products.answering import answered
from tightlip.model.posture import Posture, Service
from tightlip.products._product import Files, Instance
from tightlip.products.postfix import PRODUCT

MAIN = "/etc/postfix/main.cf"
MASTER = "/etc/postfix/master.cf"
SASL = "/etc/postfix/sasl/smtpd.conf"
DEBIAN = {"/etc/debian_version": b"12.5\n"}
INSTANCE = Instance(product="postfix", config=MAIN)
SMTP = "smtp inet n - y - - smtpd\n"
CERT = "smtpd_tls_cert_file = /c.pem\nsmtpd_tls_security_level = may\n"
AUTH = "smtpd_sasl_auth_enable = yes\n"


def files(main: str, master: str = SMTP, sasl: str = "mech_list: PLAIN NTLM\n") -> Files:
    """What the plug collects from three small files of a Debian."""
    texts = {MAIN: main, MASTER: master, SASL: sasl}
    return answered(PRODUCT.collect(INSTANCE), {path: text.encode() for path, text in texts.items()} | DEBIAN)


def meaning(main: str, master: str = SMTP, sasl: str = "mech_list: PLAIN NTLM\n") -> Posture:
    """What they mean."""
    return PRODUCT.posture(files(main, master, sasl))


def only(main: str, master: str = SMTP) -> Service:
    """The one service that they make."""
    (found,) = meaning(main, master).services
    return found
