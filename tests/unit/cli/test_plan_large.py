"""A plan over very many statements takes time by their number, and reads each text once."""

from pathlib import Path

from tests.unit.cli.calling import call
from tests.unit.costing import at_most

HALF = 3_000_000


def test_six_megabytes_are_planned_for_at_once(tmp_path: Path) -> None:
    """In two files, as one may have four at most; a statement and a block for each 75 bytes."""
    folder = tmp_path / "etc" / "dovecot"
    folder.mkdir(parents=True)
    block = "plugin {{\n  key_{0} = a value as long as most of them are {0}\n}}\n"
    first, second = ("".join(map(block.format, range(start, start + HALF // 75))) for start in (0, HALF))
    begin = "protocols = imap pop3\nssl = yes\nssl_cert = </c.pem\nauth_mechanisms = plain ntlm\n!include b.conf\n"
    (folder / "dovecot.conf").write_text(begin + first)
    (folder / "b.conf").write_text(second)
    with at_most(10.0, 600):
        told = call("plan", "--root", str(tmp_path))
    assert told.code == 0
    assert "-auth_mechanisms = plain ntlm" in told.out
