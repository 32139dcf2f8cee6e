"""Disks that are full, read-only or not ours: a change is refused or undone, and leaves nothing behind."""

import ctypes
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.crash.killing import in_child
from tests.crash.recorded import (
    NEW,
    OLD,
    Faults,
    Recorded,
    changes_of,
    leftovers,
    order_for,
    raise_host,
    site_of,
    texts,
)
from tests.unit.cli.calling import call
from tightlip.model.errors import Exit, TightlipError
from tightlip.remediate._instructions import Check, Instruction, LayReady, TakeWitness, Write
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.workflows.change.driving import story_of
from tightlip.workflows.change.steps import carry_out
from tightlip.workflows.change.work import Trouble, Work
from tightlip.workflows.changing import Nothing, apply, rollback

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts small disks, which takes root")

_NEWNS, _PRIVATE = 0x20000, 0x44000
_READ_ONLY_AGAIN = 0x1021  # MS_REMOUNT, MS_BIND, MS_RDONLY
_BIND = 0x1000


def mount(source: str, target: Path, kind: str, flags: int, options: str = "") -> None:
    """mount(2); OSError where it fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), os.fsencode(target), kind.encode(), flags, options.encode()):
        raise OSError(ctypes.get_errno(), "mount")


def alone(work: Callable[[], object]) -> None:
    """Do something in a child whose mounts are its own."""

    def inside() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.unshare(_NEWNS) == 0
        mount("none", Path("/"), "", _PRIVATE)
        work()

    assert in_child(inside) == 0


def fill(folder: Path) -> None:
    """Leave no byte free on a file system."""
    with (folder / "filler").open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def filling(
    when: type[Instruction], number: int | None, folder: Path
) -> Callable[[Instruction, Work, Story], Trouble | None]:
    """Carries instructions out; right before one of them the disk is full."""

    def perform(instruction: Instruction, work: Work, story: Story) -> Trouble | None:
        if type(instruction) is when and getattr(instruction, "number", None) == number:
            fill(folder)
        return carry_out(instruction, work, story)

    return perform


# (right before which instruction the disk is full, what else goes wrong, how it ends)
FULL = [
    (LayReady, 0, Faults(), State.REFUSED),
    (LayReady, 1, Faults(), State.REFUSED),
    (Write, 0, Faults(), State.KEPT),
    (Write, 1, Faults(), State.KEPT),
    (Check, None, Faults(check=True), State.UNDONE),
]


@pytest.mark.parametrize(("when", "number", "faults", "end"), FULL)
def test_a_disk_that_fills_up(
    when: type[Instruction], number: int | None, faults: Faults, end: State, tmp_path: Path
) -> None:
    """Before the copies are laid nothing is changed; afterwards neither way needs any room."""

    def work() -> None:
        (tmp_path / "etc").mkdir()
        mount("none", tmp_path / "etc", "tmpfs", 0, "size=128k")
        host = small_host(tmp_path)
        host.faults = faults
        site = replace(site_of(host), perform=filling(when, number, tmp_path / "etc"))
        story = apply(order_for(host), site)
        assert not isinstance(story, Nothing)
        (tmp_path / "etc/filler").unlink()
        expected = NEW if end is State.KEPT else OLD
        assert (story.state, texts(host), host.memory(), leftovers(host)) == (end, expected, expected, [])
        if end is State.REFUSED:
            assert any("the disk is full" in (record.detail or "") for record in story.records)

    alone(work)


def test_a_state_folder_that_fills_up_has_room_for_the_way_back(tmp_path: Path) -> None:
    """The journal goes on in the room that was laid by."""

    def work() -> None:
        (tmp_path / "changes").mkdir(mode=0o700)
        mount("none", tmp_path / "changes", "tmpfs", 0, "size=512k,mode=0700")
        host = raise_host(tmp_path)
        host.faults = Faults(check=True)
        site = replace(site_of(host), perform=filling(Write, 0, tmp_path / "changes"))
        story = apply(order_for(host), site)
        assert not isinstance(story, Nothing)
        assert story.state is State.UNDONE
        assert story_of(changes_of(host)[0]).state is State.UNDONE
        assert texts(host) == OLD

    alone(work)


def test_a_kept_change_is_rolled_back_on_a_full_disk(tmp_path: Path) -> None:
    """Files and changes lie on one file system; what the change had laid by is room enough for all of it."""

    def work() -> None:
        host = kept_on_a_small_disk(tmp_path)
        story = rollback(changes_of(host)[0].id, site_of(host))
        assert (story.state, texts(host), host.memory(), leftovers(host)) == (State.KEPT, OLD, OLD, [])

    alone(work)


def test_a_rollback_that_finds_no_room_is_refused(tmp_path: Path) -> None:
    """With the reserve gone too: exit code 6, in clear words, and the change stands as it was."""

    def work() -> None:
        host = kept_on_a_small_disk(tmp_path)
        change = changes_of(host)[0]
        change.give_reserve()
        fill(tmp_path / "small")
        with pytest.raises(TightlipError, match="No space left on device") as caught:
            rollback(change.id, site_of(host))
        assert (caught.value.exit_code, "make room" in caught.value.hint) == (Exit.REFUSED, True)
        assert (story_of(change).state, texts(host)) == (State.KEPT, NEW)

    alone(work)


def test_a_change_that_could_not_be_rolled_back_is_not_begun(tmp_path: Path) -> None:
    """Where the folder of changes fills up before the room for it is laid by."""

    def work() -> None:
        (tmp_path / "changes").mkdir(mode=0o700)
        mount("none", tmp_path / "changes", "tmpfs", 0, "size=512k,mode=0700")
        host = raise_host(tmp_path)
        site = replace(site_of(host), perform=filling(TakeWitness, None, tmp_path / "changes"))
        story = apply(order_for(host), site)
        assert not isinstance(story, Nothing)
        assert (story.state, texts(host)) == (State.REFUSED, OLD)

    alone(work)


# What writes: a store, results, an entry of the scope, a key, a plan's scripts.
WRITING = [
    ("scan", "pop3+plain://127.0.0.1:9", "--store", "{disk}/store.db"),
    ("scan", "pop3+plain://127.0.0.1:9", "--store", "none", "-o", "{disk}/report"),
    ("scope", "allow", "192.0.2.0/24", "--by", "A", "--until", "2999-01-01"),
    ("key", "new", "--name", "anna"),
    ("tour",),
]


@pytest.mark.parametrize("words", WRITING, ids=[words[0] for words in WRITING])
def test_a_full_disk_is_no_wrong_usage_and_no_fault(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was to be written: exit code 6, and a line that says it."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def work() -> None:
        mount("none", tmp_path, "tmpfs", 0, "size=64k,nr_inodes=64")
        fill(tmp_path)
        heard = call(*(word.format(disk=tmp_path) for word in words))
        assert heard.code == Exit.REFUSED, heard
        assert "Traceback" not in heard.err
        assert "full" in heard.err or "no space" in heard.err

    alone(work)


def test_a_read_only_disk_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """In clear words."""

    def work() -> None:
        host = raise_host(tmp_path)
        mount(str(tmp_path / "etc"), tmp_path / "etc", "", _BIND)
        mount("none", tmp_path / "etc", "", _READ_ONLY_AGAIN)
        assert "its file system is read-only" in refusal(host)

    alone(work)


def test_a_file_mounted_by_itself_is_refused_in_clear_words(tmp_path: Path) -> None:
    """As containers do it with single files: a rename is refused by the kernel, and so nothing is begun."""

    def work() -> None:
        host = raise_host(tmp_path)
        mount(str(host.file("conf.d/b.conf")), host.file("conf.d/b.conf"), "", _BIND)
        story = apply(order_for(host), site_of(host))
        assert not isinstance(story, Nothing)
        assert any("mounted by itself" in (record.detail or "") for record in story.records)
        assert (story.state, texts(host), leftovers(host)) == (State.REFUSED, OLD, [])

    alone(work)


def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    """For somebody who is not root."""

    def work() -> None:
        host = raise_host(tmp_path)
        (tmp_path / "changes").mkdir()
        for path in (tmp_path / "changes", tmp_path / "memory", *host.file("").rglob("*.conf")):
            os.chown(path, 65534, 65534)
        for folder in (tmp_path, *tmp_path.parents):
            if folder.stat().st_uid == 0 and folder != Path("/"):
                folder.chmod(folder.stat().st_mode | 0o011)
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        assert "its folder may not be written" in refusal(host)

    alone(work)


def test_an_immutable_file_is_refused_by_its_name(tmp_path: Path) -> None:
    """As chattr +i makes it; the file's own file system has to know the flag."""
    host = raise_host(tmp_path)
    path = host.file("a.conf")
    if subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode:
        pytest.skip("this file system knows no immutable files")
    try:
        assert "immutable (chattr)" in refusal(host)
    finally:
        subprocess.run(["chattr", "-i", path], check=True)


def refusal(host: Recorded) -> str:
    """Why an apply is refused, with every file old."""
    story = apply(order_for(host), site_of(host))
    assert not isinstance(story, Nothing)
    assert (story.state, texts(host), leftovers(host)) == (State.REFUSED, OLD, [])
    return story.records[-1].detail or ""


def kept_on_a_small_disk(folder: Path) -> Recorded:
    """A host on a file system of its own, with a change in force, and no byte free."""
    (folder / "small").mkdir()
    mount("none", folder / "small", "tmpfs", 0, "size=1m,mode=0700")
    host = raise_host(folder / "small")
    story = apply(order_for(host), site_of(host))
    assert not isinstance(story, Nothing)
    assert story.state is State.KEPT
    fill(folder / "small")
    return host


def small_host(folder: Path) -> Recorded:
    """A host in a folder whose etc is there already."""
    (folder / "whole").mkdir()
    made = raise_host(folder / "whole")
    subprocess.run(["cp", "-a", f"{made.folder}/etc/.", folder / "etc"], check=True)
    host = Recorded(folder)
    host.remember({name: text.decode() for name, text in OLD.items()})
    return host
