"""``tightlip audit`` of a server behind a proxy: which ports greet clients after a PROXY header, and why."""

from pathlib import Path

from tests.unit.cli.calling import call
from tests.unit.network.scripts import ntlm
from tests.unit.network.servers import Act, Client, serving
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


def behind_proxy(act: Act) -> Act:
    """A server that does ``act`` for those who send the header, and hangs up on others."""

    def begin(client: Client) -> None:
        if client.hear().startswith(b"PROXY TCP4 127.0.0.2 127.0.0.1 "):
            act(client)

    return begin


def test_a_probe_sends_it_where_it_is_taken(tmp_path: Path) -> None:
    """The leak behind the proxy is heard; a port that takes none from here is not asked, which is a doubt."""
    said = "protocols = pop3\nssl = no\nhaproxy_trusted_networks = {}\nservice pop3-login {{\n"
    said += "  inet_listener pop3 {{\n    address = 127.0.0.1\n    port = {}\n    haproxy = yes\n  }}\n"
    said += "  inet_listener pop3s {{\n    port = 0\n  }}\n}}\n"
    main = tmp_path / "dovecot.conf"
    words = ("audit", "--product", "dovecot", "--config", f"dovecot={main}", "--probe", "--store", "none")
    with serving(behind_proxy(ntlm())) as server:
        main.write_text(said.format("127.0.0.0/8", server.port))
        trusted = call(*words, "--format", "jsonl")
        asked = len(server.clients)
        main.write_text(said.format("10.0.0.0/8", server.port))
        untrusted = call(*words, "--format", "jsonl")
        assert len(server.clients) == asked
    assert next(each["verdict"] for each in trusted.records if each["record"] == "observation") == "discloses"
    assert [each for each in untrusted.records if each["record"] == "observation"] == []
