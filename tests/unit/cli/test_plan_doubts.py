"""``tightlip plan`` where nothing is planned and nobody knows, or something is left to the reader: no all-clear."""

from pathlib import Path

import pytest

from tests.unit.cli.calling import Heard, call
from tightlip.model.errors import Exit
from tightlip.remediate.plan import Plan

CLEAN = "protocols = pop3\nssl = required\nssl_cert = </etc/ssl/mail.pem\nauth_mechanisms = plain\n"
LEAKY = CLEAN.replace("plain", "plain ntlm") + "auth_use_winbind = yes\n"


def tree(root: Path, text: str, include: bytes | None = None) -> Path:
    """A copied tree with this dovecot.conf, and an included file where there is one."""
    folder = root / "etc" / "dovecot"
    folder.mkdir(parents=True)
    (folder / "dovecot.conf").write_text(text)
    if include is not None:
        (folder / "more.conf").write_bytes(include)
    return root


def said(heard: Heard) -> str:
    """What it said, however it was folded."""
    return " ".join(heard.out.split())


@pytest.mark.parametrize("form", ["text", "json", "sh", "ansible"])
def test_behind_an_unread_include_nobody_knows(tmp_path: Path, form: str) -> None:
    """One that is missing, and one that begins with a byte order mark, which hides its first setting."""
    missing = tree(tmp_path / "missing", CLEAN + "!include more.conf\n")
    marked = tree(tmp_path / "marked", CLEAN + "!include more.conf\n", b"\xef\xbb\xbfauth_mechanisms = plain ntlm\n")
    for root in (missing, marked):
        heard = call("plan", "--root", str(root), "--format", form)
        assert heard.code == Exit.DOUBT
        told = said(heard) if form == "text" else heard.err
        assert "no all-clear: not everything could be told" in told
        assert "more.conf" in told


def test_an_include_that_may_not_be_read_is_a_doubt(tmp_path: Path) -> None:
    """A folder in its place says the same to root, whom no mode keeps out."""
    root = tree(tmp_path / "mx1", CLEAN + "!include more.conf\n")
    (root / "etc" / "dovecot" / "more.conf").mkdir()
    heard = call("plan", "--root", str(root))
    assert heard.code == Exit.DOUBT
    assert "What could not be told" in heard.out
    assert "/etc/dovecot/more.conf" in heard.out
    assert "The plan is empty, and that is no all-clear: not everything could be told." in said(heard)


def test_what_may_be_missing_is_no_doubt(tmp_path: Path) -> None:
    """An include that is only tried."""
    heard = call("plan", "--root", str(tree(tmp_path / "mx1", CLEAN + "!include_try gone.conf\n")))
    assert (heard.code, "What could not be told" in heard.out) == (Exit.OK, False)


def test_advice_is_no_nothing_to_do(tmp_path: Path) -> None:
    """Another host decides on the logins: what it accepts is not known here."""
    root = tmp_path / "mx1"
    (root / "etc" / "postfix").mkdir(parents=True)
    (root / "etc" / "postfix" / "main.cf").write_text(
        "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = inet:198.51.100.7:12345\n"
    )
    (root / "etc" / "postfix" / "master.cf").write_text("smtp inet n - y - - smtpd\n")
    heard = call("plan", "--root", str(root))
    assert heard.code == Exit.DOUBT
    assert "There is nothing to do" not in heard.out


def test_certainty_alone_is_nothing_to_do(tmp_path: Path) -> None:
    """Everything was read, and nothing of it is about the goal."""
    heard = call("plan", "--root", str(tree(tmp_path / "mx1", CLEAN)))
    assert (heard.code, "There is nothing to do: the plan is empty." in said(heard)) == (Exit.OK, True)


def test_nobody_is_invited_to_what_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan with an unmet precondition, on the host itself."""
    monkeypatch.setattr(Plan, "is_of_a_copy", property(lambda _: False))
    heard = call("plan", "--root", str(tree(tmp_path / "mx1", LEAKY)))
    assert heard.code == Exit.OK
    assert "Unmet (apply refuses until these are met)" in heard.out
    assert "tightlip apply" not in heard.out
    assert "First meet what is unmet above" in said(heard)
