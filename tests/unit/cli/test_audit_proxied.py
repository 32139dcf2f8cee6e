"""``tightlip audit`` of a server behind a proxy: which ports greet clients after a PROXY header, and why."""

from pathlib import Path

from tests.unit.cli.calling import call
from tests.unit.reports.schemas import faults
from tightlip.model.errors import Exit

CONF = """\
protocols = imap
ssl = no
haproxy_trusted_networks = 10.0.0.0/8
service imap-login {
  inet_listener imap {
  }
  inet_listener imap_haproxy {
    port = 10143
    haproxy = yes
  }
}
"""


def tree(folder: Path) -> str:
    """A copied host with Dovecot behind a proxy."""
    (folder / "etc" / "dovecot").mkdir(parents=True)
    (folder / "etc" / "dovecot" / "dovecot.conf").write_text(CONF)
    return str(folder)


def test_a_person_reads_which_ports_are_behind_a_proxy(tmp_path: Path) -> None:
    """The line of the setting, the port that it is of, and what a client on the machine itself gets."""
    heard = call("audit", "--root", tree(tmp_path / "mail1"), "--store", "none")
    told = " ".join(heard.out.split())
    assert "PROXY header /etc/dovecot/dovecot.conf:9: haproxy: port 10143:" in told
    assert "those on this machine never" in told
    assert max(map(len, heard.out.splitlines())) <= 80


def test_a_record_says_so_of_the_listener(tmp_path: Path) -> None:
    """And null of the one beside it; as the schema has it."""
    heard = call("audit", "--root", tree(tmp_path / "mail1"), "--store", "none", "--format", "jsonl")
    assert faults(heard.records) == []
    listeners = heard.records[0]["services"][0]["listeners"]
    place = {"setting": "haproxy", "file": "/etc/dovecot/dovecot.conf", "line": 9}
    assert [(each["port"], each["proxy_header"]) for each in listeners] == [
        (143, None),
        (10143, {**place, "from_loopback": "untrusted"}),
    ]
    assert heard.code == Exit.FINDINGS
