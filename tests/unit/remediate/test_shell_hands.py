"""The rendered script writes nowhere where somebody else could lead it: in others' folders, or through their links."""

import os
from collections.abc import Callable
from pathlib import Path
from struct import pack

import pytest

from tests.unit.remediate.plans import LEAKY, MENDED, Part, a_plan, ran, written
from tests.unit.remediate.scripts import FAILED, REFUSED, STUCK, run

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to others by root alone")

NOBODY = 65_534


def give(path: Path) -> None:
    """It belongs to somebody else; a link itself, not what it leads to."""
    os.chown(path, NOBODY, -1, follow_symlinks=False)


def share(path: Path) -> None:
    """An ACL lets somebody else write it: linux/posix_acl_xattr.h, acl(5); the mask shows in the group's bits."""
    entries = [(1, 7, -1), (2, 7, NOBODY), (4, 5, -1), (16, 7, -1), (32, 5, -1)]
    acl = pack("<I", 2) + b"".join(pack("<HHi", *each) for each in entries)
    try:
        os.setxattr(path, "system.posix_acl_access", acl)
    except OSError as error:
        pytest.skip(f"no ACLs here: {error}")


def let_a_group(path: Path) -> None:
    """Its group may write it."""
    path.chmod(0o775)


def let_everybody(path: Path) -> None:
    """And so may the rest of the world."""
    path.chmod(0o777)


PLACES = ["srv", "srv/etc", "srv/etc/dovecot.conf"]
# A link has no rights of its own.
WAYS = [(place, way) for place in PLACES for way in (give, share, let_a_group, let_everybody)]
WAYS += [("srv/on", give), ("srv/link.conf", give)]


@pytest.mark.parametrize(("place", "expose"), WAYS)
def test_what_others_may_change_is_refused(tmp_path: Path, place: str, expose: Callable[[Path], None]) -> None:
    """The file, a folder above it, a link on the way: before any write, with the place and the way on."""
    part = written(tmp_path / "srv" / "etc")
    (tmp_path / "srv" / "on").symlink_to("etc")
    (tmp_path / "srv" / "link.conf").symlink_to("on/dovecot.conf")
    exposed = tmp_path / place
    expose(exposed)
    for arguments in ((), ("--check",)):
        heard = run(a_plan(Part(path=tmp_path / "srv" / "link.conf")), tmp_path, *arguments)
        assert (heard.returncode, part.path.read_bytes(), (tmp_path / "kept").exists()) == (REFUSED, LEAKY, False)
        assert f"{exposed} " in heard.stderr
        assert "trusted_owners" in heard.stderr


@pytest.mark.parametrize("place", ["", "etc", "etc/dovecot.conf"])
def test_it_is_not_undone_there_either(tmp_path: Path, place: str) -> None:
    """What was given away after the change is left alone."""
    part = written(tmp_path / "srv" / "etc")
    plan = a_plan(part)
    run(plan, tmp_path)
    give(tmp_path / "srv" / place)
    assert run(plan, tmp_path, "--undo").returncode == REFUSED
    assert part.path.read_bytes() == MENDED


def test_nor_put_back_there(tmp_path: Path) -> None:
    """It was given away during the change: that is said, and nothing is written."""
    part = written(tmp_path / "etc")
    heard = run(a_plan(part, check=["sh", "-c", f"chmod o+w '{part.path.parent}'; exit 1"]), tmp_path)
    assert (heard.returncode, part.path.read_bytes()) == (STUCK, MENDED)
    assert f"{part.path.parent} may be written by everybody" in heard.stderr


@pytest.mark.parametrize("expose", [give, let_everybody])
@pytest.mark.parametrize("place", ["", "0"], ids=["above", "its own"])
def test_backups_where_others_may_write_are_none(tmp_path: Path, place: str, expose: Callable[[Path], None]) -> None:
    """They could exchange what an undo puts back."""
    part = written(tmp_path / "etc")
    plan = a_plan(part)
    folder = tmp_path / "kept" / place.replace("0", plan.hash[:16])
    folder.mkdir(parents=True)
    expose(folder)
    heard = run(plan, tmp_path)
    assert (heard.returncode, part.path.read_bytes(), ran(tmp_path)) == (REFUSED, LEAKY, [])
    assert f"the folder of the backups is not in root's hands alone: {folder} " in heard.stderr


def test_a_link_of_somebody_elses_is_no_folder_for_backups(tmp_path: Path) -> None:
    """In a folder where everybody may make files and links."""
    part = written(tmp_path / "etc")
    tmp_path.chmod(0o1777)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "kept").symlink_to("elsewhere")
    give(tmp_path / "kept")
    assert run(a_plan(part), tmp_path).returncode == REFUSED
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_in_a_sticky_folder_a_file_of_roots_is_changed(tmp_path: Path) -> None:
    """Nobody else may touch it there, nor what stands beside it."""
    part = written(tmp_path / "etc")
    part.path.parent.chmod(0o1777)
    for arguments, text in (((), MENDED), (("--undo",), LEAKY)):
        assert run(a_plan(part), tmp_path, *arguments).returncode == 0
        assert part.path.read_bytes() == text


@pytest.mark.parametrize("kind", ["link to a file", "link to a folder", "folder"])
def test_what_stands_where_new_files_are_laid_is_not_followed(tmp_path: Path, kind: str) -> None:
    """Whoever reads the script knows the name, and may have put something there."""
    part = written(tmp_path / "etc")
    part.path.parent.chmod(0o1777)
    plan = a_plan(part)
    victims = tmp_path / "victims"
    victims.mkdir(mode=0o700)
    for name in ("new", "old", "victim"):
        (victims / name).write_bytes(b"theirs")
    beside = part.path.parent / f".tightlip-{plan.hash[:16]}-1"
    match kind:
        case "link to a file":
            beside.symlink_to(victims / "victim")
        case "link to a folder":
            beside.symlink_to(victims)
        case _:
            beside.mkdir()
            (beside / "new").symlink_to(victims / "victim")
    give(beside)
    assert run(plan, tmp_path).returncode == FAILED
    assert part.path.read_bytes() == LEAKY
    assert {path.read_bytes() for path in victims.iterdir()} == {b"theirs"}


def test_a_path_that_goes_round_and_round_leads_nowhere(tmp_path: Path) -> None:
    """It ends, as the kernel does."""
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / name).symlink_to(other)
    assert run(a_plan(Part(path=tmp_path / "a" / "dovecot.conf")), tmp_path).returncode == REFUSED
