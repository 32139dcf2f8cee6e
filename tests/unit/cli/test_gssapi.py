"""GSSAPI that NTLM comes in, on copied trees: what audit and plan say of it, with and without ``--host-wide``."""

from pathlib import Path

import pytest

from tests.unit.cli.calling import Heard, call
from tests.unit.products.gss import FILE, LINE, PLUGIN
from tightlip.model.errors import Exit

OPEN = "protocols = pop3\nssl = required\nssl_cert = </etc/ssl/mail.pem\nauth_mechanisms = plain gssapi\n"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of a host with a Dovecot that offers GSSAPI, and with the GSSAPI library's empty folder."""
    root = tmp_path / "mx1"
    put(root, "/etc/dovecot/dovecot.conf", OPEN)
    (root / "etc/gss/mech.d").mkdir(parents=True)
    return root


def put(root: Path, path: str, text: str = "") -> None:
    """A file of the copy."""
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def said(heard: Heard) -> str:
    """Its page, whatever lines it is broken into."""
    return " ".join(heard.out.split())


def test_an_empty_folder_registers_nothing(copied: Path) -> None:
    """As a host without the package has it."""
    heard = call("audit", "--root", str(copied), "--store", "none")
    assert "ntlm-discloses-host" not in said(heard)
    assert "could not be told" not in said(heard)


def test_without_the_folder_nobody_can_tell(copied: Path) -> None:
    """It may not have been copied: never clean."""
    (copied / "etc/gss/mech.d").rmdir()
    heard = call("audit", "--root", str(copied), "--store", "none")
    assert "whether NTLM comes in GSSAPI, by gss-ntlmssp, could not be told" in said(heard)
    assert "ntlm-discloses-host" not in said(heard)
    assert heard.code in (Exit.DOUBT, Exit.FINDINGS)


def test_registered_and_installed_it_is_a_finding_with_both_places(copied: Path) -> None:
    """The mechanism's line, and the host's."""
    put(copied, FILE, LINE.decode())
    put(copied, PLUGIN)
    heard = call("audit", "--root", str(copied), "--store", "none")
    assert heard.code == Exit.FINDINGS
    assert "GSSAPI (NTLM by gss-ntlmssp) accepted, and the first answer names the machine" in said(heard)
    assert "/etc/dovecot/dovecot.conf:4: auth_mechanisms = plain gssapi" in said(heard)
    assert f"{FILE}:1: gssntlmssp_v1 = " in said(heard)


def test_a_copied_postfix_in_a_chroot_needs_that_folders_etc(tmp_path: Path) -> None:
    """Few have a list in there: that its /etc was copied is enough to tell that there is none."""
    root = tmp_path / "mx2"
    put(root, "/etc/debian_version", "12.5")
    put(root, "/etc/postfix/main.cf", "smtpd_sasl_auth_enable = yes\n")
    put(root, "/etc/postfix/master.cf", "smtp inet n - y - - smtpd\n")
    put(root, "/etc/postfix/sasl/smtpd.conf", "mech_list: PLAIN GSSAPI\n")
    (root / "etc/gss/mech.d").mkdir(parents=True)
    without = call("audit", "--root", str(root), "--store", "none")
    assert "/var/spool/postfix/etc/gss/mech.d could not be looked at" in said(without)
    put(root, "/var/spool/postfix/etc/hosts")
    assert "could not be told" not in said(call("audit", "--root", str(root), "--store", "none"))
    put(root, f"/var/spool/postfix{FILE}", LINE.decode())
    put(root, f"/var/spool/postfix{PLUGIN}")
    heard = call("audit", "--root", str(root), "--store", "none")
    assert heard.code == Exit.FINDINGS
    assert f"/var/spool/postfix{FILE}:1: gssntlmssp_v1 = " in said(heard)
    assert "if the chroot /var/spool/postfix has the character sets" in said(heard)


def test_host_wide_the_page_shows_the_comment_and_names_who_uses_it(copied: Path, tmp_path: Path) -> None:
    """Without the option the line is named for a person to change."""
    put(copied, FILE, LINE.decode())
    put(copied, PLUGIN)
    put(copied, "/etc/krb5.keytab")
    left = call("plan", "--root", str(copied), "-o", str(tmp_path / "a.json"))
    assert f"{FILE}:1: GSSAPI may log in by Kerberos here (/etc/krb5.keytab is there)" in said(left)
    assert "nothing to do" not in said(left)
    assert left.code == Exit.DOUBT
    wide = call("plan", "--root", str(copied), "--host-wide", "-o", str(tmp_path / "b.json"))
    assert "\n  -gssntlmssp_v1" in wide.out
    assert "\n  +#" in wide.out
    assert "mail services seen to use it: dovecot pop3" in said(wide)
    assert "answers no NTLM in GSSAPI; lists PLAIN, GSSAPI" in said(wide)


def test_host_wide_is_for_mechanisms_alone(copied: Path) -> None:
    """No other goal concerns the library."""
    heard = call("plan", "--root", str(copied), "--goal", "require-tls", "--host-wide")
    assert heard.code == Exit.USAGE
    assert "--host-wide goes with --goal withdraw-ntlm" in heard.err
