"""What a process sees elsewhere than we do: its mounts against ours; the texts are shaped as proc(5) has them."""

import os
import subprocess
from pathlib import Path

import pytest

from tightlip.hosts import _mounts
from tightlip.hosts.local import LocalHost

OURS = b"""\
27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
22 27 0:21 / /proc rw shared:5 - proc proc rw
30 27 254:2 / /srv rw shared:9 - ext4 /dev/vdb rw
"""


@pytest.mark.parametrize(
    ("further", "where"),
    [
        (b"", ""),
        (b"90 27 254:1 /etc /etc ro - ext4 /dev/vda1 ro\n", ""),  # ProtectSystem=full: mounted on itself
        (b"90 30 254:2 /mail /srv/mail ro - ext4 /dev/vdb ro\n", ""),
        (b"90 27 254:1 /tmp/systemd-private-1/tmp /tmp rw - ext4 /dev/vda1 rw\n", ""),
        (b"90 27 0:30 /systemd/inaccessible/dir /usr/lib/modules ro - tmpfs tmpfs rw\n", ""),
        (b"90 27 254:1 /etc/netns/mail/resolv.conf /etc/resolv.conf rw - ext4 /dev/vda1 rw\n", ""),
        (b"90 27 254:1 /srv/dovecot-a /etc/dovecot ro - ext4 /dev/vda1 ro\n", "/etc/dovecot"),
        (b"90 27 254:1 /leaky.conf /etc/dovecot/dovecot.conf ro - ext4 /dev/vda1 ro\n", "/etc/dovecot/dovecot.conf"),
        (b"90 30 254:2 /other /srv/a\\040b rw - ext4 /dev/vdb rw\n", "/srv/a b"),
        (b"90 27 0:44 / / rw - overlay overlay rw\n", "/"),
    ],
)
def test_other_files_at_usual_paths_are_told(further: bytes, where: str) -> None:
    """A folder on itself, one's own /tmp and what is shut are no other configuration."""
    assert _mounts._difference(OURS + further, OURS) == where


COVERED = b"30 27 254:1 /srv/a /etc/dovecot rw - ext4 /dev/vda1 rw\n"


@pytest.mark.parametrize(
    ("further", "where"),
    [
        (b"90 27 254:1 /etc /etc rw - ext4 /dev/vda1 rw\n", "/etc/dovecot"),
        (b"90 27 254:1 /etc /etc rw - ext4 /dev/vda1 rw\n91 90 254:1 /srv/a /etc/dovecot rw - ext4 /dev/vda1 rw\n", ""),
        (b"90 30 254:1 /srv/b /etc/dovecot rw - ext4 /dev/vda1 rw\n", "/etc/dovecot"),
        (
            b"90 30 254:1 /srv/b /etc/dovecot rw - ext4 /dev/vda1 rw\n91 90 254:1 /srv/a /etc/dovecot rw - ext4 a rw\n",
            "",
        ),
    ],
    ids=["covered", "as-deep-again", "stacked", "stacked-twice"],
)
def test_what_a_later_mount_covers_is_not_seen(further: bytes, where: str) -> None:
    """Both have /srv/a at /etc/dovecot; what is mounted above it for the process brings the folder itself to light."""
    ours = OURS.replace(b"30 27 254:2 / /srv rw shared:9 - ext4 /dev/vdb rw\n", COVERED)
    assert _mounts._difference(ours + further, ours) == where


@pytest.mark.parametrize("word", ["/tmp/d.conf", "-c/tmp/d.conf", "--config=/tmp/d/d.conf", "-C/tmp"])
def test_where_no_settings_are_counts_what_is_named_there(word: str) -> None:
    """A service with a /tmp of its own, started on a file in it."""
    theirs = OURS + b"90 27 254:1 /tmp/systemd-private-1/tmp /tmp rw - ext4 /dev/vda1 rw\n"
    assert _mounts._difference(theirs, OURS, ["dovecot", word]) == "/tmp"
    assert _mounts._difference(theirs, OURS, ["dovecot", "-c", "/etc/tmpd.conf"]) == ""


def test_folders_of_its_own_are_told() -> None:
    """A private /tmp, and what is shut: what is mounted on itself, or holds settings, is none."""
    theirs = (
        OURS
        + b"90 27 254:1 /tmp/systemd-private-1/tmp /tmp rw - ext4 /dev/vda1 rw\n"
        + b"91 27 0:30 /systemd/inaccessible/dir /home ro - tmpfs tmpfs rw\n"
        + b"92 27 254:1 /run /run ro - ext4 /dev/vda1 rw\n"
        + b"93 27 254:1 /srv/etc /etc/dovecot ro - ext4 /dev/vda1 rw\n"
    )
    assert _mounts._without_settings(theirs, OURS) == ("/home", "/tmp")


def test_what_we_alone_see_is_a_difference_too() -> None:
    """And a root folder without any mount is a folder of ours, for a process that cannot leave it."""
    own = b"91 27 254:1 /srv/tree /etc/postfix rw - ext4 /dev/vda1 rw\n"
    assert _mounts._difference(OURS, OURS + own) == "/etc/postfix"
    assert _mounts._difference(b"", OURS) == "/"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_service_with_files_of_its_own_is_marked(tmp_path: Path) -> None:
    """As systemd's BindReadOnlyPaths has it: the same root folder, another file at the same path."""
    ours, theirs = tmp_path / "dovecot.conf", tmp_path / "of the service"
    for file in (ours, theirs):
        file.touch()
    script = 'mount --bind "$1" "$2" && echo mounted && exec cat'
    argv = ["unshare", "-m", "/bin/sh", "-c", script, "sh", str(theirs), str(ours)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == b"mounted\n"
        (seen,) = [each for each in LocalHost("mail1", "").processes() if each.pid == service.pid]
        service.communicate()
    place = "" if str(ours).startswith("/tmp/") else f"it sees other files than we do at {ours}"
    assert seen.elsewhere == place
