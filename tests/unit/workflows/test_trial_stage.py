"""What a trial sees of the host, and what the host sees of it: nothing, not even where it is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace

from tests.unit.workflows.running import gone
from tightlip.hosts.local import LocalHost
from tightlip.products._trial import Emptied, Trial
from tightlip.workflows.trial.apart import played
from tightlip.workflows.trial.scene import Heard, NotPlayed, Scene

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces are made by root alone")

HOST = LocalHost("mx", os.environ.get("PATH", ""))
CLOSED = "smtp://127.0.0.1:1"
KILLED = """
import sys
from tests.unit.workflows.test_trial_stage import HOST, scene
from tightlip.workflows.trial.apart import played
played(scene(sys.argv[1], 60.0), HOST)
"""


def scene(script: str, patience: float = 1.0) -> Scene:
    """A product that is a script of the shell, and answers nobody."""
    return Scene(
        trial=Trial(start=("sh", "-c", script)), files={}, endpoints=(CLOSED,), addresses=(), patience=patience
    )


def said(of: Scene) -> tuple[str, ...]:
    """What it said."""
    heard = played(of, HOST)
    assert isinstance(heard, Heard), heard
    assert set(heard.silent) == {CLOSED}
    return heard.said


def test_a_trial_reads_its_own_files_with_the_owner_and_mode_of_the_host_s(tmp_path: Path) -> None:
    """The host's stay as they are."""
    file = tmp_path / "main.cf"
    file.write_text("old\n")
    file.chmod(0o640)
    os.chown(file, 65_534, 65_533)
    told = said(replace(scene(f"cat {file}; stat -c '%a %u %g' {file}"), files={str(file): b"new\n"}))
    assert told == ("new", "640 65534 65533")
    assert file.read_text() == "old\n"


def test_a_trial_writes_into_what_others_use_as_well_in_memory_alone(tmp_path: Path) -> None:
    """It sees what lies there, with owner and mode, and what itself has written; the host sees nothing of that."""
    (tmp_path / "theirs").write_text("theirs\n")
    tmp_path.chmod(0o1777)
    script = f"cd {tmp_path}; echo mine > mine; echo more >> theirs; cat theirs mine; stat -c %a ."
    trying = scene(script)
    told = said(replace(trying, trial=replace(trying.trial, scratch=(str(tmp_path),))))
    assert told == ("theirs", "more", "mine", "1777")
    assert [each.read_text() for each in tmp_path.iterdir()] == ["theirs\n"]


def test_a_trial_cannot_undo_its_own_walls() -> None:
    """What a configuration has root run there mounts nothing, and makes nothing writable again."""
    told = said(scene("mount -o remount,rw,bind / && touch /usr/tightlip-of-a-trial && echo written"))
    assert "written" not in told
    assert not Path("/usr/tightlip-of-a-trial").exists()


def test_a_trial_writes_nowhere(tmp_path: Path) -> None:
    """Neither beside its files nor in the folders that everybody may write."""
    places = (tmp_path / "x", Path("/tmp/tightlip-of-a-trial"), Path("/dev/shm/tightlip-of-a-trial"))
    told = said(scene("; ".join(f"echo x > {each}" for each in places if each.parent.exists())))
    assert all("Read-only file system" in line for line in told)
    assert told
    assert not any(each.exists() for each in places)


def test_of_an_emptied_folder_a_trial_sees_sub_folders_and_what_is_shown(tmp_path: Path) -> None:
    """It may write there, into memory; the queue that it does not see keeps its mail."""
    for name in ("active/mail", "private/smtp", "private/auth", "etc/resolv.conf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("theirs")
    emptied = Emptied(str(tmp_path), ("active", "private"))
    trial = Trial(
        start=("sh", "-c", f"cd {tmp_path} && find . -type f | sort && echo mine > active/mine && echo written"),
        emptied=(emptied,),
        shown=(str(tmp_path / "private/auth"),),
    )
    assert said(replace(scene(""), trial=trial)) == ("./etc/resolv.conf", "./private/auth", "written")
    assert sorted(each.name for each in (tmp_path / "active").iterdir()) == ["mail"]


def test_a_trial_has_no_network_but_loopback_with_the_addresses_that_are_asked() -> None:
    """Nobody else reaches it, and it reaches nobody."""
    told = said(replace(scene("ip -brief address; ip route"), addresses=("192.0.2.7",)))
    assert len(told) == 1
    assert told[0].startswith("lo ")
    assert "192.0.2.7/32" in told[0]


def test_what_has_to_be_done_before_and_fails_is_told() -> None:
    """The product is not started then."""
    trial = Trial(prepare=(("sh", "-c", "echo no; exit 3"),), start=("sh", "-c", "echo started"))
    heard = played(replace(scene(""), trial=trial), HOST)
    assert isinstance(heard, Heard)
    assert (heard.silent[CLOSED], heard.said) == ("sh -c echo no; exit 3 ended with status 3", ("no",))


def test_a_folder_that_is_not_there_is_told() -> None:
    """Nothing was started."""
    trial = Trial(start=("true",), emptied=(Emptied("/nowhere/spool"),))
    outcome = played(replace(scene(""), trial=trial), HOST)
    assert outcome == NotPlayed("/nowhere/spool: No such file or directory")


def test_nothing_of_a_trial_outlives_its_end_or_ours() -> None:
    """What went into the background ends with it, and all of it where tightlip is killed in the middle."""
    assert said(scene("sleep 301 & echo started")) == ("started",)
    assert not sleeping("301")
    asking = subprocess.Popen([sys.executable, "-c", KILLED, "sleep 302 & sleep 302"], start_new_session=True)
    try:
        until = time.monotonic() + 20
        while len(found := sleeping("302")) < 2:
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        asking.send_signal(signal.SIGKILL)
        asking.wait()
    assert gone(found)


def sleeping(seconds: str) -> list[psutil.Process]:
    """Who sleeps just so long."""
    return [each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == ["sleep", seconds]]
