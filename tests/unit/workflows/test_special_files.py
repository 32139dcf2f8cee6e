"""FIFOs, sockets and devices where a configuration has files, and files where it has folders: told, never opened."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tightlip.model.errors import Exit

SPECIAL = "it is a FIFO, a socket or a device"
NO_FOLDER = "it is there, and is no folder"
DOVECOT = "protocols =\nauth_mechanisms = {mechanisms}\n{include}\n"
SPLIT = "dc_use_split_config='{split}'\n"
# A FIFO that is opened waits for a writer for ever.
AT_MOST = 60


def put(root: Path, path: str, text: str) -> None:
    """A file of the tree, with its folders."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def fifo(root: Path, path: str) -> None:
    """A FIFO nobody writes to."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(root / path)


def dovecot(root: Path, include: str = "", mechanisms: str = "plain") -> None:
    """A main file without a service."""
    put(root, "etc/dovecot/dovecot.conf", DOVECOT.format(include=include, mechanisms=mechanisms))


def exim(root: Path, split: str) -> None:
    """Debian's sources, joined or apart."""
    put(root, "etc/exim4/update-exim4.conf.conf", SPLIT.format(split=split))
    put(root, "etc/exim4/conf.d/main/01", "x = y\n")
    put(root, "etc/exim4/conf.d/auth/00", "begin authenticators\n")
    put(root, "etc/exim4/exim4.conf.template", "begin authenticators\n")


def _met_by_a_pattern(root: Path) -> None:
    dovecot(root, "!include_try conf.d/*.conf")
    put(root, "etc/dovecot/conf.d/10.conf", "ssl = required\n")
    fifo(root, "etc/dovecot/conf.d/20.conf")


def _alone_below_a_pattern(root: Path) -> None:
    dovecot(root, "!include_try conf.d/*.conf")
    fifo(root, "etc/dovecot/conf.d/20.conf")


def _folder_of_a_pattern(root: Path) -> None:
    dovecot(root, "!include_try conf.d/*.conf")
    put(root, "etc/dovecot/conf.d", "no folder")


def _included(root: Path) -> None:
    dovecot(root, "!include_try local.conf")
    fifo(root, "etc/dovecot/local.conf")


def _gss_folder(root: Path) -> None:
    dovecot(root, mechanisms="plain gssapi")
    put(root, "etc/gss/mech.d", "# nothing\n")


def _gss_folder_fifo(root: Path) -> None:
    dovecot(root, mechanisms="plain gssapi")
    fifo(root, "etc/gss/mech.d")


def _gss_list(root: Path) -> None:
    dovecot(root, mechanisms="plain gssapi")
    fifo(root, "etc/gss/mech.d/ntlm.conf")


def _fragment(root: Path) -> None:
    exim(root, "true")
    fifo(root, "etc/exim4/conf.d/auth/30_spa")


def _fragments_folder(root: Path) -> None:
    exim(root, "true")
    put(root, "etc/exim4/conf.d/acl", "no folder")


def _macros(root: Path) -> None:
    exim(root, "false")
    fifo(root, "etc/exim4/exim4.conf.localmacros")


def _exim_include(root: Path) -> None:
    put(root, "etc/exim4/exim4.conf", ".include_if_exists /etc/exim4/more\nbegin authenticators\n")
    fifo(root, "etc/exim4/more")


def _cyrus_include(root: Path) -> None:
    put(root, "etc/cyrus.conf", "SERVICES {\n}\n")
    put(root, "etc/imapd.conf", "@include: /etc/more.conf\n")
    fifo(root, "etc/more.conf")


def _courier(root: Path) -> None:
    put(root, "etc/courier/imapd", "IMAPDSTART=NO\n")
    fifo(root, "etc/courier/imapd-ssl")


def _sasl(root: Path) -> None:
    put(root, "etc/postfix/main.cf", "smtpd_sasl_auth_enable = yes\n")
    put(root, "etc/postfix/master.cf", "smtp inet n - n - - smtpd\n")
    fifo(root, "etc/postfix/sasl/smtpd.conf")


@pytest.mark.parametrize(
    ("spoil", "place", "why"),
    [
        (_met_by_a_pattern, "/etc/dovecot/conf.d/20.conf", SPECIAL),
        (_alone_below_a_pattern, "/etc/dovecot/conf.d/20.conf", SPECIAL),
        (_folder_of_a_pattern, "/etc/dovecot/conf.d", NO_FOLDER),
        (_included, "/etc/dovecot/local.conf", SPECIAL),
        (_gss_folder, "/etc/gss/mech.d", NO_FOLDER),
        (_gss_folder_fifo, "/etc/gss/mech.d", NO_FOLDER),
        (_gss_list, "/etc/gss/mech.d/ntlm.conf", SPECIAL),
        (_fragment, "/etc/exim4/conf.d/auth/30_spa", SPECIAL),
        (_fragments_folder, "/etc/exim4/conf.d/acl", NO_FOLDER),
        (_macros, "/etc/exim4/exim4.conf.localmacros", SPECIAL),
        (_exim_include, "/etc/exim4/more", SPECIAL),
        (_cyrus_include, "/etc/more.conf", SPECIAL),
        (_courier, "/etc/courier/imapd-ssl", SPECIAL),
        (_sasl, "/etc/postfix/sasl/smtpd.conf", SPECIAL),
    ],
)
@pytest.mark.timeout(AT_MOST)
def test_what_is_no_file_and_no_folder_is_told(
    tmp_path: Path, spoil: Callable[[Path], None], place: str, why: str
) -> None:
    """As not read, or as what cannot be told for that, with its place; and it is not waited for."""
    spoil(tmp_path)
    heard = call("audit", "--store", "none", "--root", str(tmp_path), "--format", "jsonl")
    notes = [note for each in heard.records for note in each.get("notes", ())]
    doubts = [note["text"] for note in notes if note["kind"] in ("unread", "doubt")]
    assert any(place in text and why in text for text in doubts)
    assert heard.records[-1]["record"] == "summary"


def test_a_folder_that_a_pattern_meets_is_passed_over(tmp_path: Path) -> None:
    """As Dovecot 2.3.19 does."""
    dovecot(tmp_path, "!include conf.d/*.conf")
    put(tmp_path, "etc/dovecot/conf.d/10.conf", "ssl = required\n")
    (tmp_path / "etc/dovecot/conf.d/20.conf").mkdir()
    assert call("audit", "--store", "none", "--root", str(tmp_path)).code == Exit.OK
