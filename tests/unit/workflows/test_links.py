"""A link that is there and leads nowhere, or to what is kept from us, stands for something that was not read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.hosts.test_tree import as_nobody, put
from tightlip.hosts.local import LocalHost
from tightlip.hosts.tree import TreeHost
from tightlip.model.posture import NoteKind
from tightlip.products._product import Absent
from tightlip.workflows.auditing import Audit, audit, doubts_of
from tightlip.workflows.surveying import Wanted

DOVECOT = "etc/dovecot/dovecot.conf"
EXIM = "etc/exim/exim.conf"
SPLIT = "etc/exim4/update-exim4.conf.conf"
CLEAN = b"protocols = imap\nssl = required\nssl_cert = </c\nauth_mechanisms = plain\n"
NOWHERE = "it is a link that leads nowhere"


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A copied tree; the files that its links lead to were not copied."""
    made = tmp_path / "mail1"
    made.mkdir()
    yield made
    for closed in (made / "srv/priv", made / "etc/gss/mech.d"):
        if closed.is_dir():
            closed.chmod(0o755)


def link(root: Path, path: str, target: str) -> None:
    """A symbolic link of the tree."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).symlink_to(target)


def looked_at(root: Path) -> Audit:
    """An audit of the tree, without root's rights."""
    with TreeHost(str(root)) as host, as_nobody():
        return audit(host, Wanted())


def unread(done: Audit) -> list[str]:
    """What is told as unread."""
    return [note.text for each in done.postures for note in each.notes if note.kind is NoteKind.UNREAD]


def of_include(root: Path) -> str:
    """A pattern that meets a link."""
    put(root, DOVECOT, CLEAN + b"!include conf.d/*.conf\n")
    put(root, "etc/dovecot/conf.d/10-a.conf")
    link(root, "etc/dovecot/conf.d/50-x.conf", "/srv/x.conf")
    return f"/etc/dovecot/conf.d/50-x.conf could not be read: {NOWHERE}"


def of_try(root: Path) -> str:
    """An include that need not be there."""
    put(root, DOVECOT, CLEAN + b"!include_try local.conf\n")
    link(root, "etc/dovecot/local.conf", "/srv/local.conf")
    return f"/etc/dovecot/local.conf could not be read: {NOWHERE}"


def of_folder(root: Path) -> str:
    """A link in the place of a folder."""
    put(root, DOVECOT, CLEAN + b"!include sites/*/*.conf\n")
    put(root, "etc/dovecot/sites/a/x.conf")
    link(root, "etc/dovecot/sites/b", "/srv/b")
    return f"/etc/dovecot/sites/b could not be read: {NOWHERE}"


def of_folder_behind(root: Path) -> str:
    """An optional file behind such a link."""
    put(root, DOVECOT, CLEAN + b"!include_try local/x.conf\n")
    link(root, "etc/dovecot/local", "../gone")
    return "/etc/dovecot/local/x.conf could not be read: a link on the way to it leads nowhere"


def of_split(root: Path) -> str:
    """One of the files that update-exim4.conf joins."""
    put(root, SPLIT, b"dc_use_split_config='true'\n")
    put(root, "etc/exim4/conf.d/main/01", b"daemon_smtp_ports = 25\n")
    put(root, "etc/exim4/conf.d/auth/10", b"plain:\n  driver = plaintext\n  public_name = PLAIN\n")
    link(root, "etc/exim4/conf.d/auth/20", "/srv/auth20")
    return f"/etc/exim4/conf.d/auth/20 could not be read: {NOWHERE}"


def of_exim(root: Path) -> str:
    """Exim's include that need not be there."""
    put(root, EXIM, b"daemon_smtp_ports = 25\n.include_if_exists /etc/exim.d/a\n")
    link(root, "etc/exim.d/a", "/srv/a")
    return f"/etc/exim.d/a could not be read: {NOWHERE}"


def of_closed(root: Path) -> str:
    """A link to a file in a folder that is kept from us."""
    put(root, DOVECOT, CLEAN + b"!include conf.d/*.conf\n")
    put(root, "srv/priv/x.conf")
    link(root, "etc/dovecot/conf.d/50-x.conf", "/srv/priv/x.conf")
    (root / "srv/priv").chmod(0)
    return "/etc/dovecot/conf.d/50-x.conf could not be read: Permission denied"


def of_circle(root: Path) -> str:
    """A link to itself."""
    put(root, DOVECOT, CLEAN + b"!include_try local.conf\n")
    link(root, "etc/dovecot/local.conf", "local.conf")
    return "/etc/dovecot/local.conf could not be read: Too many levels of symbolic links"


@pytest.mark.parametrize(
    "made", [of_include, of_try, of_folder, of_folder_behind, of_split, of_exim, of_closed, of_circle]
)
def test_a_link_that_is_there_and_leads_nowhere_is_unread(root: Path, made: object) -> None:
    """However little the include that meets it asks for."""
    assert callable(made)
    expected = made(root)
    done = looked_at(root)
    assert expected in unread(done)
    assert (done.doubts, done.findings) == (1, ())


def test_an_include_that_is_not_there_is_told_once(root: Path) -> None:
    """With its place and the reason."""
    put(root, DOVECOT, CLEAN + b"!include gone.conf\n")
    where, path = f"/{DOVECOT}:5", "/etc/dovecot/gone.conf"
    assert doubts_of(looked_at(root)) == (f"{where}: {path} could not be read: No such file or directory",)


def test_what_is_simply_not_there_is_no_doubt(root: Path) -> None:
    """Optional files may be missing, and links that lead somewhere are followed."""
    put(root, DOVECOT, CLEAN + b"!include_try local.conf\n!include_try b/x.conf\n!include_try conf.d/*.conf\n")
    put(root, "srv/b/y.conf")
    put(root, "srv/x.conf")
    link(root, "etc/dovecot/b", "/srv/b")
    link(root, "etc/dovecot/conf.d/50-x.conf", "/srv/x.conf")
    put(root, "etc/dovecot/conf.d/README/none")
    put(root, "etc/gss/mech.d/README")
    done = looked_at(root)
    assert (unread(done), done.doubts, done.findings) == ([], 0, ())


@pytest.mark.parametrize("how", ["closed", "dangling file", "dangling folder", "dangling list"])
def test_lists_of_gssapi_that_cannot_be_read_are_a_doubt(root: Path, how: str) -> None:
    """GSSAPI is not taken for Kerberos alone where NTLM may be registered."""
    put(root, DOVECOT, CLEAN.replace(b"plain", b"plain gssapi"))
    put(root, "etc/gss/mech.d/README")
    match how:
        case "closed":
            put(root, "etc/gss/mech.d/mech.ntlmssp.conf")
            (root / "etc/gss/mech.d").chmod(0)
        case "dangling file":
            link(root, "etc/gss/mech.d/mech.ntlmssp.conf", "/usr/share/mech")
        case "dangling folder":
            (root / "etc/gss/mech.d/README").unlink()
            (root / "etc/gss/mech.d").rmdir()
            link(root, "etc/gss/mech.d", "/srv/mech.d")
        case _:
            link(root, "etc/gss/mech", "/srv/mech")
    done = looked_at(root)
    assert (done.doubts, done.findings) == (1, ())
    assert any("could not be told" in note.text for each in done.postures for note in each.notes)


def test_this_machine_tells_a_link_that_leads_nowhere_from_nothing(tmp_path: Path) -> None:
    """In the same words as of a copy, of what is named and of what a pattern meets."""
    host = LocalHost("mail1", "")
    (tmp_path / "real").mkdir()
    link(tmp_path, "dead", "gone")
    link(tmp_path, "alive", "real")
    assert host.read(f"{tmp_path}/dead") == Absent(NOWHERE, hidden=True)
    assert host.read(f"{tmp_path}/dead/x/y") == Absent("a link on the way to it leads nowhere", hidden=True)
    assert host.read(f"{tmp_path}/alive/x") == Absent("No such file or directory")
    assert host.matching(f"{tmp_path}/*").closed == (f"{tmp_path}/dead",)
    assert host.matching(f"{tmp_path}/*/*").closed == (f"{tmp_path}/dead",)
    assert host.matching(f"{tmp_path}/gone/*").closed == ()
