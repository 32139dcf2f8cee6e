"""Postfix' further instances: each that main.cf names is read and judged by itself, and what cannot be read is said."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.workflows.audited import DictHost
from tightlip.hosts._host import Reach
from tightlip.hosts._only import OnlyFiles
from tightlip.model.posture import NoteKind
from tightlip.products._product import Process
from tightlip.workflows.auditing import Audit, audit
from tightlip.workflows.surveying import Wanted

MAIN, OUT = "/etc/postfix/main.cf", "/etc/postfix-out/main.cf"
POSTFIX = Wanted(products=("postfix",))
LEAK = {
    OUT: b"smtpd_sasl_auth_enable = yes\nmulti_instance_enable = no\n",
    "/etc/postfix-out/master.cf": b"2525 inet n - y - - smtpd\n",
    "/etc/postfix-out/sasl/smtpd.conf": b"mech_list: PLAIN NTLM\n",
}


def host(named: str) -> dict[str, bytes]:
    """A first instance without logins that names others, and the second."""
    return {MAIN: f"multi_instance_directories = {named}\n".encode(), "/etc/postfix/master.cf": b""} | LEAK


def audited(files: Mapping[str, bytes]) -> Audit:
    """The audit of a copied host."""
    return audit(DictHost(files=files), POSTFIX)


def configs(done: Audit) -> list[str]:
    """The main files of the postures, in order."""
    return [posture.config for posture in done.postures]


@pytest.mark.parametrize("named", ["/etc/postfix-out", "/etc/postfix-out/", "/etc/none, /etc/postfix-out"])
def test_a_second_instance_that_leaks_is_found(named: str) -> None:
    """Each has a posture of its own; whether postmulti starts it or not, it may be started by itself."""
    done = audited(host(named))
    assert (configs(done)[0], OUT in configs(done)) == (MAIN, True)
    places = [place for found in done.findings if found.rule == "ntlm-discloses-host" for place in found.places]
    assert [place.file for place in places] == ["/etc/postfix-out/sasl/smtpd.conf"]


def test_one_that_is_not_there_is_in_doubt() -> None:
    """Nothing is made of it."""
    done = audited({MAIN: b"multi_instance_directories = /etc/postfix-out\n", "/etc/postfix/master.cf": b""})
    assert (configs(done), done.doubts, done.findings) == ([MAIN, OUT], 1, ())
    assert {note.kind for note in done.postures[1].notes} == {NoteKind.UNREAD}


@pytest.mark.parametrize("named", ["postfix-out", "/etc/$unknown-out", "/etc/postfix-${x?y}"])
def test_one_that_cannot_be_followed_is_unread(named: str) -> None:
    """Where it lies is not known."""
    done = audited(host(named))
    assert (configs(done), done.doubts) == ([MAIN], 1)
    assert [(note.kind, note.file, note.line) for note in done.postures[0].notes] == [(NoteKind.UNREAD, MAIN, 1)]


def test_they_may_name_one_another() -> None:
    """Each is read once."""
    files = host("/etc/postfix-out /etc/postfix") | {
        OUT: b"multi_instance_directories = /etc/postfix /etc/postfix-out\n"
    }
    assert configs(audited(files)) == [MAIN, OUT]


def test_of_named_files_alone_the_others_are_in_doubt() -> None:
    """Only what was named is read."""
    only = OnlyFiles(DictHost(files=host("/etc/postfix-out")), (MAIN,))
    done = audit(only, Wanted(products=("postfix",), configs={"postfix": (MAIN,)}))
    assert (configs(done), done.instances[1].is_certain) == ([MAIN, OUT], False)


def test_one_that_runs_is_not_told_twice() -> None:
    """Its own master leads to it, and main.cf does."""
    running = Process(9, ("/usr/lib/postfix/sbin/master", "-c", "/etc/postfix-out"))
    first = Process(8, ("/usr/lib/postfix/sbin/master",))
    done = audit(DictHost(files=host("/etc/postfix-out"), reach=Reach.LIVE, running=(first, running)), POSTFIX)
    assert configs(done) == [MAIN, OUT]


def test_on_this_machine_one_that_others_may_write_is_left_out(tmp_path: Path) -> None:
    """The product's own commands would read it with root's rights."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "main.cf").write_bytes(LEAK[OUT])
    folder.chmod(0o777)
    files = {MAIN: f"multi_instance_directories = {folder}\n".encode(), "/etc/postfix/master.cf": b""}
    done = audit(DictHost(files=files, reach=Reach.LIVE), POSTFIX)
    assert (configs(done), [each.instance.config for each in done.left_out]) == ([MAIN], [f"{folder}/main.cf"])
    assert f"{MAIN} names it, and others than root and you may write {folder}" in done.left_out[0].note.text
