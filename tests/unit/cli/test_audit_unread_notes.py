"""``tightlip audit`` of what could not be read: it says so, and nothing besides that only holds of what was read."""

import os
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tests.unit.hosts.test_tree import as_nobody
from tightlip.hosts.tree import TreeHost
from tightlip.model.errors import Exit
from tightlip.workflows.auditing import audit
from tightlip.workflows.surveying import Wanted


@pytest.mark.parametrize("mode", [0o000, 0o100])
def test_a_folder_of_includes_that_is_kept_from_us_is_not_empty(tmp_path: Path, mode: int) -> None:
    """Whether it may be entered or not, what is called so is not known."""
    folder = tmp_path / "mx1/etc/dovecot/conf.d"
    folder.mkdir(parents=True)
    (folder / "10-auth.conf").write_text("auth_mechanisms = plain ntlm\n")
    (folder.parent / "dovecot.conf").write_text("protocols = imap\n!include conf.d/*.conf\n")
    folder.chmod(mode)
    with TreeHost(str(tmp_path / "mx1")) as host, as_nobody():
        done = audit(host, Wanted(products=("dovecot",)))
    folder.chmod(0o755)
    said = [note.text for each in done.instances for note in each.posture.notes]
    assert "/etc/dovecot/conf.d could not be read: Permission denied" in said
    assert not any("nothing is called so" in text for text in said)
    assert done.doubts == 1


def test_of_a_main_file_that_was_not_read_nothing_is_said_to_be_unset(tmp_path: Path) -> None:
    """One note, that it was not read."""
    folder = tmp_path / "mx1/etc/dovecot"
    folder.mkdir(parents=True)
    (folder / "dovecot.conf").write_text("protocols = imap\n")
    (folder / "dovecot.conf").chmod(0)
    with TreeHost(str(tmp_path / "mx1")) as host, as_nobody():
        done = audit(host, Wanted(products=("dovecot",)))
    (told,) = done.instances[0].posture.notes
    assert "Permission denied" in told.text


def test_ports_that_an_unread_file_names_are_not_known(tmp_path: Path) -> None:
    """The usual services of Cyrus, on whatever ports."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/imapd.conf").write_text("sasl_mech_list: PLAIN\n")
    os.mkfifo(tmp_path / "etc/cyrus.conf")
    heard = call("audit", "--store", "none", "--root", str(tmp_path))
    assert heard.code == Exit.DOUBT
    (row,) = (line.split() for line in heard.out.splitlines() if line.split()[:1] == ["imap"])
    assert row[1:3] == ["not", "known"]
