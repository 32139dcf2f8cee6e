"""``tightlip audit`` of files without anything in them: a copy that failed is not a server that is clean."""

from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tightlip.model.errors import Exit

SMTPD = "smtp inet n - n - - smtpd\n"


def put(root: Path, files: dict[str, str]) -> None:
    """The files of a tree."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"etc/postfix/main.cf": "", "etc/postfix/master.cf": SMTPD}, "/etc/postfix/main.cf: it is empty"),
        ({"etc/exim4/exim4.conf": ""}, "/etc/exim4/exim4.conf: it is empty"),
        ({"etc/imapd.conf": "sasl_mech_list: PLAIN\n", "etc/cyrus.conf": ""}, "/etc/cyrus.conf: it is empty"),
        (
            {"etc/imapd.conf": "sasl_mech_list: PLAIN\n", "etc/cyrus.conf": "SERVICES {\n}\n"},
            "/etc/cyrus.conf: its SERVICES are empty",
        ),
    ],
)
def test_what_holds_nothing_is_in_doubt(tmp_path: Path, files: dict[str, str], said: str) -> None:
    """One line says why, and the exit code that it is not clean."""
    put(tmp_path, files)
    heard = call("audit", "--store", "none", "--root", str(tmp_path), "--format", "jsonl")
    notes = [note for each in heard.records for note in each.get("notes", ()) if note["kind"] == "doubt"]
    assert heard.code == Exit.DOUBT
    assert [f"{note['file']}: {note['text']}".startswith(said) for note in notes] == [True]


def test_a_service_that_takes_no_logins_is_clean(tmp_path: Path) -> None:
    """The same files with something in them."""
    put(tmp_path, {"etc/postfix/main.cf": "mydestination =\n", "etc/postfix/master.cf": SMTPD})
    assert call("audit", "--store", "none", "--root", str(tmp_path)).code == Exit.OK
