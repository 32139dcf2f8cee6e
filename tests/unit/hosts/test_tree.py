"""A copied tree: whatever it holds, nothing outside of it is read, and nothing in it raises."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tightlip.files.read import MOST_BYTES, TOO_FAR, TOO_LARGE
from tightlip.hosts._host import Reach
from tightlip.hosts.tree import TreeHost, trees_in
from tightlip.model.errors import UsageError
from tightlip.products._product import Absent, Command

SECRET = b"root:secret"


SPECIAL = Absent("it is a FIFO, a socket or a device", hidden=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The tree's folder; beside it, outside, stands a secret at a path that the tree has too."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "shadow").write_bytes(SECRET)
    made = tmp_path / "mail1"
    (made / "etc" / "dovecot" / "conf.d").mkdir(parents=True)
    return made


@pytest.fixture
def host(root: Path) -> Iterator[TreeHost]:
    """The tree as a host."""
    with TreeHost(str(root)) as opened:
        yield opened


def put(root: Path, path: str, content: bytes = b"") -> None:
    """A file of the tree."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights that root has, where we are root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_it_is_called_like_its_folder_and_is_a_copy(host: TreeHost) -> None:
    """Nothing runs, and no command is run."""
    assert (host.name, host.reach, tuple(host.processes())) == ("mail1", Reach.COPIED, ())
    assert isinstance(host.run(Command(("/bin/true",))), Absent)


def test_a_path_begins_at_the_root(root: Path, host: TreeHost) -> None:
    """Absolute, with dots and doubled slashes or without."""
    put(root, "etc/dovecot/dovecot.conf", b"x = 1\n")
    for path in ("/etc/dovecot/dovecot.conf", "etc/dovecot/dovecot.conf", "//etc/./dovecot/conf.d/../dovecot.conf"):
        assert host.read(path) == b"x = 1\n"


def test_a_link_goes_where_it_would_go_on_the_host(root: Path, host: TreeHost) -> None:
    """Absolute and relative links, to files and to folders, chained."""
    put(root, "srv/mail/main.conf", b"main")
    (root / "etc/dovecot/dovecot.conf").symlink_to("/srv/mail/main.conf")
    (root / "etc/mail").symlink_to("../srv/mail")
    (root / "etc/again").symlink_to("/etc/mail/main.conf")
    for path in ("/etc/dovecot/dovecot.conf", "/etc/mail/main.conf", "/etc/again"):
        assert host.read(path) == b"main"


@pytest.mark.parametrize(
    "target",
    [
        "/etc/shadow",
        "../../etc/shadow",
        "../../../../../../../../etc/shadow",
        "/../../etc/shadow",
        "../../../etc/shadow",
    ],
)
def test_no_link_leads_out(root: Path, host: TreeHost, target: str) -> None:
    """What stands outside at the same path is never read: the tree's own is, or nothing."""
    (root / "etc" / "leak").symlink_to(target)
    assert isinstance(host.read("/etc/leak"), Absent)
    put(root, "etc/shadow", b"the tree's own")
    assert host.read("/etc/leak") == b"the tree's own"


def test_a_linked_folder_leads_not_out_either(root: Path, host: TreeHost) -> None:
    """Neither by a path through it nor by a pattern."""
    (root / "out").symlink_to(root.parent / "etc")
    (root / "up").symlink_to("..")
    for path in ("/out/shadow", "/up/etc/shadow", "/../etc/shadow"):
        assert isinstance(host.read(path), Absent)
        assert host.matching(path.replace("shadow", "s*")).files == ()


def test_a_circle_of_links_ends(root: Path, host: TreeHost) -> None:
    """In the machine's words, and what it names is not known; a folder that holds itself can be walked a while."""
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    (root / "self").symlink_to(".")
    (root / "long").symlink_to("self/" * 50 + "etc/x")
    put(root, "etc/x", b"x")
    assert host.read("/a") == Absent(os.strerror(40), hidden=True)
    assert host.read("/self/self/self/etc/x") == b"x"
    assert host.read("/long") == Absent(os.strerror(40), hidden=True)
    assert isinstance(host.read("/self" * 5_000), Absent)


def test_what_is_no_regular_file_is_not_read(root: Path, host: TreeHost) -> None:
    """A FIFO nobody writes to, a socket, a folder: at once, and never opened."""
    os.mkfifo(root / "fifo")
    (root / "to_fifo").symlink_to("fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "socket"))
        for path in ("/etc", "/", ""):
            assert host.read(path) == Absent("it is no regular file")
        for path in ("/fifo", "/to_fifo", "/socket"):
            assert host.read(path) == SPECIAL
        listing = host.matching("/*")
        assert (listing.files, set(listing.closed)) == ((), {"/fifo", "/to_fifo", "/socket"})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device")
def test_a_device_is_not_read(root: Path, host: TreeHost) -> None:
    """/dev/zero would never end."""
    try:
        os.mknod(root / "zero", 0o20666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this system lets no device be made")
    assert host.read("/zero") == SPECIAL


def test_a_huge_file_is_not_read(root: Path, host: TreeHost) -> None:
    """Sixteen megabytes are read, one byte more is not."""
    put(root, "small")
    os.truncate(root / "small", MOST_BYTES)
    assert host.read("/small") == bytes(MOST_BYTES)
    os.truncate(root / "small", MOST_BYTES + 1)
    assert host.read("/small") == Absent("it holds more than 16 MiB", hidden=True)


def test_what_may_not_be_read_is_absent(root: Path, host: TreeHost) -> None:
    """In the machine's words; what stands in a closed folder is not found."""
    put(root, "etc/secret", b"x")
    put(root, "etc/closed/file", b"x")
    (root / "etc/secret").chmod(0)
    (root / "etc/closed").chmod(0)
    with as_nobody():
        assert host.read("/etc/secret") == Absent("Permission denied", hidden=True)
        assert host.read("/etc/closed/file") == Absent("Permission denied", hidden=True)
        assert host.matching("/etc/closed/*").files == ()
    (root / "etc/closed").chmod(0o700)


@pytest.mark.parametrize(
    "path", ["/etc/a\0b", "/" + "x" * 300, "/nothing", "/etc/nothing/x", "/etc/dovecot/x\n\x1b[31m"]
)
def test_an_impossible_path_is_absent(host: TreeHost, path: str) -> None:
    """No path raises, and no pattern."""
    assert isinstance(host.read(path), Absent)
    assert host.matching(path).files == ()
    assert host.matching(path + "/*").files == ()


def test_odd_names_are_names(root: Path, host: TreeHost) -> None:
    """Line feeds, escapes and bytes that are no UTF-8 are found by a pattern and read by the name that it gave."""
    names = [b"a\nb.conf", b"\x1b[31m.conf", b"\xff\xfe.conf", "ü.conf".encode(), b"[x].conf"]
    folder = os.fsencode(root / "etc/dovecot/conf.d")
    for name in names:
        Path(os.fsdecode(folder + b"/" + name)).write_bytes(name)
    found = host.matching("/etc/dovecot/conf.d/*.conf").files
    assert [os.fsencode(path).rpartition(b"/")[2] for path in found] == sorted(names)
    assert [host.read(path) for path in found] == sorted(names)


def test_a_pattern_matches_as_a_shell_does(root: Path, host: TreeHost) -> None:
    """Sorted, braces in turn; no hidden file, no folder; a star does not cross a slash; links to files count."""
    for name in ("10-b.conf", "10-a.conf", ".hidden.conf", "20-c.conf~", "sub/30-d.conf"):
        put(root, f"etc/dovecot/conf.d/{name}")
    (root / "etc/dovecot/conf.d/folder.conf").mkdir()
    (root / "etc/dovecot/conf.d/90-link.conf").symlink_to("/etc/dovecot/conf.d/sub/30-d.conf")
    (root / "etc/dovecot/conf.d/95-broken.conf").symlink_to("/nothing")
    base = "/etc/dovecot/conf.d"
    assert host.matching(f"{base}/*.conf").files == (f"{base}/10-a.conf", f"{base}/10-b.conf", f"{base}/90-link.conf")
    assert host.matching(f"{base}/10-[!b].conf").files == (f"{base}/10-a.conf",)
    assert host.matching(f"{base}/*/*.conf").files == (f"{base}/sub/30-d.conf",)
    assert host.matching(f"{base}/{{20-c.conf~,10-?.conf}}").files == tuple(
        f"{base}/{name}" for name in ("20-c.conf~", "10-a.conf", "10-b.conf")
    )
    assert host.matching(f"{base}/.h*").files == (f"{base}/.hidden.conf",)
    assert host.matching(f"{base}/10-a.conf").files == (f"{base}/10-a.conf",)


def test_a_folder_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    """A file, or nothing."""
    put(tmp_path, "file")
    for name in ("file", "nothing"):
        with pytest.raises(UsageError):
            TreeHost(str(tmp_path / name))


def test_every_folder_of_a_folder_is_a_host(tmp_path: Path) -> None:
    """By name; hidden folders, files and links are none; each is closed when the next comes."""
    for name in ("b", "a", ".git", "c\n"):
        put(tmp_path, f"{name}/etc/x", name.encode())
    put(tmp_path, "file")
    (tmp_path / "link").symlink_to("a")
    before = len(list(Path("/proc/self/fd").iterdir()))
    told = [(host.name, host.read("/etc/x")) for host in trees_in(str(tmp_path))]
    assert told == [("a", b"a"), ("b", b"b"), ("c\n", b"c\n")]
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("pattern", ["/etc/dovecot/lead/../other.conf", "/etc/dovecot/lead/../oth*.conf"])
def test_a_way_back_out_of_a_link_is_walked_and_not_reckoned(root: Path, host: TreeHost, pattern: str) -> None:
    """As the kernel does: back from where the link leads, not from where it stands."""
    put(root, "etc/dovecot/other.conf", b"beside the link")
    put(root, "srv/x/other.conf", b"above its target")
    (root / "srv/x/a").mkdir()
    (root / "etc/dovecot/lead").symlink_to("/srv/x/a")
    (found,) = host.matching(pattern).files
    assert host.read(found) == b"above its target"


def test_folders_and_links_that_lead_about_end_and_are_said(root: Path, host: TreeHost) -> None:
    """Thirty links and a name that takes six hundred steps are a small tree, and would take hours."""
    for number in range(33):
        (root / f"l{number}").symlink_to("/")
    (root / "far").symlink_to("etc/../" * 580)
    began = time.process_time()
    assert host.matching("/far/*/far/*/far/*/x*").cut
    assert host.matching("/*/*/*/*/x*").cut
    assert host.read("/far/etc") == TOO_FAR
    assert time.process_time() - began < 10


def test_a_deep_folder_is_walked_without_holding_each_descriptor(root: Path, host: TreeHost) -> None:
    """Hundreds of names there and back."""
    put(root, "etc/x", b"x")
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert host.read("/etc/.." * 200 + "/etc/x") == b"x"
    assert isinstance(host.read("/etc/.." * 200 + "/etc/y"), Absent)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_sparse_file_is_refused_by_its_size(root: Path, host: TreeHost) -> None:
    """It takes no room on the disk, and sixteen megabytes of work each time it is read."""
    put(root, "sparse")
    os.truncate(root / "sparse", 1 << 30)
    began = time.process_time()
    assert {host.read("/sparse") for _ in range(1_000)} == {TOO_LARGE}
    assert time.process_time() - began < 5
