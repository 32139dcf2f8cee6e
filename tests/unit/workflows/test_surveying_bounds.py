"""Hosts made to hurt: their cost is bounded; what is cut off is said and never clean, and it is no fault of ours."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.costing import at_most
from tests.unit.workflows.audited import MAIN, TOY, DictHost, install
from tightlip.hosts._host import Host
from tightlip.hosts.tree import TreeHost
from tightlip.model.posture import NoteKind
from tightlip.store.null_store import NullStore
from tightlip.workflows.audit_run import AuditOrder, AuditRun
from tightlip.workflows.auditing import Audit, audit
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.surveying import Fault, Wanted

POP3 = b"protocols = pop3\nssl_cert = </c.pem\nauth_use_winbind = yes\nauth_mechanisms = plain\n"
ALL = Wanted()


def dovecot(root: Path, main: bytes, **more: bytes) -> Path:
    """A copied host with these files of Dovecot's."""
    folder = root / "etc" / "dovecot"
    (folder / "conf.d").mkdir(parents=True)
    (folder / "dovecot.conf").write_bytes(POP3 + main)
    for name, content in more.items():
        (folder / f"{name}.conf").write_bytes(content)
    return root


def audited(root: Path) -> Audit:
    """The audit of a copied host."""
    with TreeHost(str(root)) as host:
        return audit(host, ALL)


def offered(done: Audit) -> set[str]:
    """All mechanisms of all services."""
    return {offer.name for posture in done.postures for service in posture.services for offer in service.offers}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/etc/exim4/exim4.conf", "".join(f".include /etc/m{number}\n" for number in range(21_000))),
        ("/etc/exim4/exim4.conf", "".join(f".include_if_exists /etc/m{number}\n" for number in range(21_000))),
        ("/etc/imapd.conf", "".join(f"@include: /etc/m{number}\n" for number in range(21_000))),
        ("/etc/dovecot/dovecot.conf", "".join(f"!include_try /etc/m{number}\n" for number in range(21_000))),
        ("/etc/dovecot/dovecot.conf", "".join(f"!include_try /etc/m{number}*\n" for number in range(21_000))),
    ],
)
def test_thousands_of_includes_that_are_missing_are_the_configuration_s_doing(path: str, text: str) -> None:
    """As many are told as anybody reads, and that there are more."""
    with at_most(20.0, 200):
        done = audit(DictHost(files={path: text.encode()}), ALL)
    assert (done.faults, done.doubts) == ((), 1)
    assert len(done.postures[0].notes) < 2_200
    assert done.instances[0].files.cut or len(done.instances[0].files.missing) <= 1_000


def test_many_links_to_a_large_file_are_not_read_over_and_over(tmp_path: Path) -> None:
    """A file of sixteen megabytes that takes no room, by a hundred and fifty names."""
    dovecot(tmp_path, b"!include conf.d/*.conf\n")
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", 16 << 20)
    for number in range(150):
        (tmp_path / "etc" / "dovecot" / "conf.d" / f"{number}.conf").symlink_to("/large")
    with at_most(10.0, 100):
        done = audited(tmp_path)
    assert (done.faults, done.doubts) == ((), 1)
    assert any(note.kind is NoteKind.UNREAD and "32 MiB" in note.text for note in done.postures[0].notes)


def test_a_file_that_is_too_large_is_a_doubt_also_where_it_need_not_be_there(tmp_path: Path) -> None:
    """The product would read it."""
    dovecot(tmp_path, b"!include_try large.conf\n", large=b"")
    os.truncate(tmp_path / "etc" / "dovecot" / "large.conf", 17 << 20)
    assert audited(tmp_path).doubts == 1


def test_an_include_behind_a_link_and_back_is_the_one_that_dovecot_reads(tmp_path: Path) -> None:
    """Beside what the link leads to, as doveconf 2.3.19 read it; the text of the path says another."""
    dovecot(tmp_path, b"!include lead/../other.conf\n", other=b"auth_mechanisms = plain\n")
    (tmp_path / "srv" / "x" / "a").mkdir(parents=True)
    (tmp_path / "srv" / "x" / "other.conf").write_bytes(b"auth_mechanisms = plain ntlm\n")
    (tmp_path / "etc" / "dovecot" / "lead").symlink_to("/srv/x/a")
    done = audited(tmp_path)
    assert "NTLM" in offered(done)
    assert done.doubts == 0


@pytest.mark.parametrize("pattern", [b"{a,b}.conf", b"*{a,b}.conf", b"./{none,{a,b}}.conf"])
def test_braces_in_an_include_are_followed(tmp_path: Path, pattern: bytes) -> None:
    """Doveconf 2.3.19 takes them, with or without a star, and the last file wins."""
    dovecot(tmp_path, b"!include_try " + pattern + b"\n", a=b"auth_mechanisms = plain\n", b=b"auth_mechanisms = ntlm\n")
    done = audited(tmp_path)
    assert offered(done) == {"NTLM"}
    assert done.doubts == 0


def test_braces_that_were_not_all_written_out_are_a_doubt(tmp_path: Path) -> None:
    """A pattern of a hundred kilobytes, told in two hundred characters."""
    dovecot(tmp_path, b"!include_try /etc/*{" + b"," * 60_000 + b"}" + b"x" * 60_000 + b"\n")
    with at_most(10.0, 50):
        done = audited(tmp_path)
    (note,) = [note for note in done.postures[0].notes if note.kind is NoteKind.UNREAD]
    assert (done.faults, done.doubts) == ((), 1)
    assert "braces" in note.text
    assert len(note.text) < 400


def test_names_as_long_as_a_file_are_told_short(tmp_path: Path) -> None:
    """Of the include's name, a thousand characters."""
    dovecot(tmp_path, b"!include /" + b"x" * 3_000_000 + b"\n")
    done = audited(tmp_path)
    assert max(len(note.text) for note in done.postures[0].notes) <= 1_000


def test_hosts_that_hold_much_are_told_before_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty-four of them at sixteen megabytes would be a gigabyte."""
    install(monkeypatch, {"toy": TOY})
    taken: list[str] = []

    def hosts() -> Iterator[Host]:
        large = b"mechanisms = PLAIN\n" + b"#" * (16 << 20)
        for number in range(30):
            taken.append(f"mail{number}")
            yield DictHost(files={MAIN: large}, name=f"mail{number}")

    faults: list[Fault] = []
    order = AuditOrder(asked=(), hosts=hosts(), wanted=ALL, complain=faults.append)
    next(iter(AuditRun(order, NullStore(), Interruption()).report().hosts))
    assert (len(taken), faults) == (4, [])
