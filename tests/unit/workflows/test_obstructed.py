"""A product that is there and whose main file is not read: it is told, whatever else on the host can be read."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.calling import call
from tests.unit.hosts.test_tree import as_nobody
from tightlip.hosts.tree import TreeHost
from tightlip.model.errors import Exit
from tightlip.workflows.auditing import audit
from tightlip.workflows.surveying import Wanted

DOVECOT = "etc/dovecot/dovecot.conf"
READABLE = "mydestination =\nsmtpd_sasl_auth_enable = no\n"


def _dangling(root: Path) -> None:
    (root / DOVECOT).symlink_to("/gone")


def _loop(root: Path) -> None:
    (root / DOVECOT).symlink_to("dovecot.conf")


def _folder(root: Path) -> None:
    (root / DOVECOT).mkdir()


def _fifo(root: Path) -> None:
    os.mkfifo(root / DOVECOT)


def _link_of_folder(root: Path) -> None:
    (root / "etc/dovecot").rmdir()
    (root / "etc/dovecot").symlink_to("/gone")


def _parts(root: Path) -> None:
    (root / "etc/dovecot/conf.d").mkdir()
    (root / "etc/dovecot/conf.d/10-auth.conf").write_text("auth_mechanisms = plain ntlm\n")


def _imapd(root: Path) -> None:
    os.mkfifo(root / "etc/imapd.conf")


def _cyrus(root: Path) -> None:
    (root / "etc/cyrus.conf").write_text('SERVICES {\n imap cmd="imapd" listen="imap"\n}\n')


def _exim(root: Path) -> None:
    (root / "etc/exim4/conf.d/auth").mkdir(parents=True)
    (root / "etc/exim4/conf.d/auth/30_spa").write_text("spa:\n driver = spa\n public_name = NTLM\n")


CASES = [
    (_dangling, f"/{DOVECOT}"),
    (_loop, f"/{DOVECOT}"),
    (_folder, f"/{DOVECOT}"),
    (_fifo, f"/{DOVECOT}"),
    (_link_of_folder, "/etc/dovecot"),
    (_parts, "/etc/dovecot/conf.d/10-auth.conf"),
    (_imapd, "/etc/imapd.conf"),
    (_cyrus, "/etc/cyrus.conf"),
    (_exim, "/etc/exim4/conf.d/auth/30_spa"),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree whose Postfix can be read and has nothing to find."""
    for folder in ("etc/postfix", "etc/dovecot"):
        (tmp_path / "mx1" / folder).mkdir(parents=True)
    (tmp_path / "mx1/etc/postfix/main.cf").write_text(READABLE)
    (tmp_path / "mx1/etc/postfix/master.cf").write_text("smtp inet n - n - - smtpd\n")
    return tmp_path / "mx1"


def told(heard: list[dict[str, Any]]) -> list[str]:
    """What is said not to be read, each with its file."""
    notes = [note for each in heard for note in each.get("notes", ())]
    return [f"{note['file']}: {note['text']}" for note in notes if note["kind"] == "unread"]


def test_a_host_whose_other_products_are_not_there_is_not_in_doubt(root: Path) -> None:
    """An empty folder betrays nothing."""
    assert call("audit", "--store", "none", "--root", str(root)).code == Exit.OK


@pytest.mark.parametrize("spare", ["kept", "gone"])
@pytest.mark.parametrize(("spoil", "names"), CASES)
def test_a_main_file_that_cannot_be_read_is_told(
    root: Path, spoil: Callable[[Path], None], names: str, spare: str
) -> None:
    """Beside a product that can be read, and alone in the tree."""
    spoil(root)
    if spare == "gone":
        for name in ("main.cf", "master.cf"):
            (root / "etc/postfix" / name).unlink()
    heard = call("audit", "--store", "none", "--root", str(root), "--format", "jsonl")
    assert heard.code == Exit.DOUBT
    (note,) = told(heard.records)
    assert names in note


def test_services_of_postfix_without_their_main_file_are_told(root: Path) -> None:
    """Beside a Dovecot that can be read."""
    (root / "etc/postfix/main.cf").unlink()
    (root / DOVECOT).write_text("protocols =\nauth_mechanisms = plain\n")
    heard = call("audit", "--store", "none", "--product", "postfix", "--root", str(root), "--format", "jsonl")
    assert heard.code == Exit.DOUBT
    assert any("/etc/postfix/master.cf" in note for note in told(heard.records))


def test_a_folder_that_is_kept_from_us_is_told(root: Path) -> None:
    """What stands in it is not known."""
    (root / "etc/dovecot").chmod(0)
    with TreeHost(str(root)) as host, as_nobody():
        done = audit(host, Wanted())
    (root / "etc/dovecot").chmod(0o755)
    assert [each.instance.product for each in done.left_out] == ["dovecot"]
    assert "/etc/dovecot cannot be looked into: Permission denied" in done.left_out[0].note.text


def test_nothing_is_closed_by_a_main_file_that_is_gone(root: Path, tmp_path: Path) -> None:
    """The finding stays open, though the rest of the host was read whole."""
    store = str(tmp_path / "store")
    (root / DOVECOT).write_text("protocols = imap\nauth_mechanisms = plain ntlm\nauth_use_winbind = yes\n")
    words = ("audit", "--store", store, "--root", str(root), "--format", "jsonl")
    found = {each["id"] for each in call(*words).records if each["record"] == "finding"}
    assert found
    (root / DOVECOT).unlink()
    _dangling(root)
    assert call(*words).code == Exit.DOUBT
    kept = call("findings", "--store", store, "--format", "jsonl").records
    assert {each["id"] for each in kept if each.get("state") == "open"} >= found
