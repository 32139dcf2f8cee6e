"""What tells one host's files from another's: a finding of one is never closed by the files of the other."""

from pathlib import Path

import pytest

from tests.unit.workflows.audited import DictHost
from tightlip.hosts.tree import TreeHost
from tightlip.workflows.identity import is_same_machine, machine_of

ID, NAME = "/etc/machine-id", "/etc/hostname"
AN_ID, ANOTHER = b"1" * 32 + b"\n", b"2" * 32 + b"\n"


def machine(files: dict[str, bytes], place: str = "/srv/rootfs") -> str:
    """Of a copy with these files, in this folder."""
    return machine_of(DictHost(files=files, place=place))


def test_a_copy_is_known_again_by_its_machine_id_wherever_it_lies() -> None:
    """And by its host name, for images are copied with the id in them."""
    known = machine({ID: AN_ID, NAME: b"mx1\n"})
    assert machine({ID: AN_ID, NAME: b"mx1\n"}, "/srv/tomorrow/rootfs") == known
    assert machine({ID: ANOTHER, NAME: b"mx1\n"}) != known
    assert machine({ID: AN_ID, NAME: b"mx2\n"}) != known


@pytest.mark.parametrize(
    "files",
    [
        {},
        {ID: b"\n", NAME: b"\n"},
        {ID: b"uninitialized\n"},
        {NAME: b"localhost\n"},
        {ID: AN_ID},
        {ID: AN_ID, NAME: b"localhost\n"},
        {ID: b"0" * 32 + b"\n", NAME: b"mx1\n"},
        {NAME: b"mx1\n"},
    ],
)
def test_without_an_id_it_is_known_by_its_folder(files: dict[str, bytes]) -> None:
    """Containers of one image have one id and one name, if any: each is another host."""
    assert machine(files) == machine(files)
    assert machine(files) != machine(files, "/srv/other/rootfs")


def test_a_tree_lies_where_it_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths count from here; what leads to a process's root is not followed to `/`."""
    (tmp_path / "mx1").mkdir()
    monkeypatch.chdir(tmp_path)
    with TreeHost("mx1") as named, TreeHost("/proc/self/root") as inside:
        assert (named.place, inside.place) == (str(tmp_path / "mx1"), "/proc/self/root")
    (tmp_path / "current").symlink_to("mx1")
    with TreeHost("current") as linked:
        assert linked.place == str(tmp_path / "mx1")


def test_a_machine_that_was_renamed_is_the_same_machine() -> None:
    """By its machine id; without one the name is all there is, and a copy's is another matter."""
    assert is_same_machine("mx1 (0123456789abcdef)", "mx1.example.org (0123456789abcdef)")
    assert not is_same_machine("mx1 (0123456789abcdef)", "mx1 (fedcba9876543210)")
    assert is_same_machine("mx1 (no machine id)", "mx1 (no machine id)")
    assert not is_same_machine("mx1 (no machine id)", "mx2 (no machine id)")
    assert not is_same_machine("tree:mx1 (0123456789abcdef", "mx1 (0123456789abcdef)")
