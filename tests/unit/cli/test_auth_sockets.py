"""``tightlip audit`` and ``plan`` where Postfix asks a Dovecot: the one that listens there, or nobody knows which."""

from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tightlip.model.errors import Exit

PRIVATE = "/var/spool/postfix/private/auth"
LEGACY = f"{PRIVATE}-legacy"


def dovecot(base: str, mechanisms: str, socket: str) -> str:
    """A Dovecot for IMAP that answers others at a socket."""
    return (
        f"base_dir = {base}\nprotocols = imap\nssl = required\nssl_cert = </etc/ssl/c.pem\nauth_use_winbind = yes\n"
        f"auth_mechanisms = {mechanisms}\nservice auth {{\n  unix_listener {socket} {{\n    mode = 0660\n  }}\n}}\n"
    )


def tree(root: Path, socket: str) -> Path:
    """A host with two Dovecots, of which the usual place shows one, and a Postfix that asks at a socket."""
    texts = {
        "dovecot/dovecot.conf": dovecot("/run/dovecot", "plain login", PRIVATE),
        "dovecot-legacy/dovecot.conf": dovecot("/run/dovecot-legacy", "plain ntlm", LEGACY),
        "postfix/main.cf": (
            "smtpd_tls_security_level = may\nsmtpd_tls_auth_only = yes\nsmtpd_tls_cert_file = /etc/ssl/c.pem\n"
            f"smtpd_sasl_type = dovecot\nsmtpd_sasl_path = {socket}\nsmtpd_sasl_auth_enable = yes\n"
        ),
        "postfix/master.cf": "smtp inet n - y - - smtpd\n",
    }
    for path, text in texts.items():
        (root / "etc" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "etc" / path).write_text(text)
    return root


@pytest.mark.parametrize(
    "socket", ["private/auth-legacy", "inet:127.0.0.1:12345", "/srv/dovecot2/run/auth-client", "unix:/run/other/auth"]
)
def test_where_no_dovecot_listens_nothing_is_known(tmp_path: Path, socket: str) -> None:
    """The one that was found is not taken for the one that answers."""
    root = tree(tmp_path / "mx1", socket)
    heard = call("audit", "--root", str(root), "--store", "none")
    said = f"main.cf:5: no Dovecot that was found listens at {socket}, so its mechanisms are not known"
    assert (heard.code, said in " ".join(heard.out.split())) == (Exit.DOUBT, True)
    planned = call("plan", "--root", str(root))
    told = " ".join(planned.out.split())
    assert (planned.code, "The plan is empty" in told) == (Exit.DOUBT, True)
    assert "withdraw them there, then reload postfix" in told


@pytest.mark.parametrize(
    "socket",
    ["private/auth", "unix:private/auth/", PRIVATE, "/run/dovecot/auth-client", "/var/run/dovecot/auth-client"],
)
def test_where_the_one_dovecot_listens_everything_is_known(tmp_path: Path, socket: str) -> None:
    """However the socket is spelled."""
    root = tree(tmp_path / "mx1", socket)
    assert call("audit", "--root", str(root), "--store", "none").code == Exit.OK
    assert call("plan", "--root", str(root)).code == Exit.OK


@pytest.mark.parametrize(("socket", "is_leaky"), [("private/auth", False), ("private/auth-legacy", True)])
def test_of_two_that_are_named_the_one_that_listens_answers(tmp_path: Path, socket: str, is_leaky: bool) -> None:
    """NTLM of the other is not what this Postfix takes, and nothing is in doubt."""
    root = tree(tmp_path / "mx1", socket)
    named = [f"dovecot=/etc/{name}/dovecot.conf" for name in ("dovecot", "dovecot-legacy")]
    configs = [word for each in (*named, "postfix=/etc/postfix/main.cf") for word in ("--config", each)]
    heard = call("audit", "--root", str(root), "--store", "none", *configs)
    told = " ".join(heard.out.split())
    assert heard.code == Exit.FINDINGS
    assert ("dovecot imap; postfix smtp/inet" in told) is is_leaky
