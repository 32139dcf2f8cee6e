"""The timer that undoes an unconfirmed change: systemd's, which outlives a reboot, or else a process of its own."""

import fcntl
import math
import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from errno import ENOSPC
from pathlib import Path

from msgspec import Struct

from tightlip.model.errors import Exit, TightlipError

_UNITS = Path("/etc/systemd/system")
_BOOTED = Path("/run/systemd/system")  # sd_booted(3)
_PATIENCE = 30.0
# What an undo at boot has to wait for: it reloads these, and asks them.
_SERVERS = "network-online.target dovecot.service postfix.service exim4.service cyrus-imapd.service"


class Alarm(Struct, frozen=True, kw_only=True):
    """What is run when, for which change; ``mark`` is a file that tells whether a process of ours waits for it.

    ``argv`` waits for ``due`` by itself, and ends when the change has come to an end. ``within`` are the seconds from
    now until then.
    """

    change: str
    due: datetime
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    mark: Path
    within: float


def has_systemd() -> bool:
    """Whether we may give systemd a timer."""
    return _BOOTED.is_dir() and os.geteuid() == 0


def arm(alarm: Alarm) -> None:
    """Set the timer; set already, it stays. TightlipError where neither way works."""
    try:
        if has_systemd():
            _arm_systemd(alarm, _UNITS)
        else:
            detach(alarm)
    except (OSError, subprocess.SubprocessError) as error:
        raise TightlipError(f"the timer cannot be set: {error}", "apply without --confirm", Exit.REFUSED) from None


def disarm(change: str) -> None:
    """Take systemd's timer away; a process of ours sees by itself that it waits for nothing."""
    service, timer = (_UNITS / name for name in units(change))
    written = [path for unit in (service, timer) for path in (_beside(unit), unit) if path.exists()]
    if not has_systemd() or not written:
        return
    with suppress(OSError, subprocess.SubprocessError):  # a unit that stays finds nothing to undo
        if timer in written:
            _systemctl("disable", "--now", timer.name)
        for path in written:  # the timer at last: as long as it is there, this is done again
            path.unlink(missing_ok=True)
        _systemctl("daemon-reload")


def detach(alarm: Alarm) -> None:
    """Start the command as a child of nobody, in a session of its own; at most one at a time for a mark.

    The lock on the mark is inherited, and so held for as long as the process lives.
    """
    descriptor = os.open(alarm.mark, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        child = os.fork()
        if child == 0:
            _go_away(alarm, descriptor)
        _, status = os.waitpid(child, 0)
        if status:
            raise OSError(f"{alarm.argv[0]} could not be started")
    finally:
        os.close(descriptor)


def units(change: str) -> tuple[str, str]:
    """The names of a change's service and timer."""
    return f"tightlip-confirm-{change}.service", f"tightlip-confirm-{change}.timer"


def service_text(alarm: Alarm) -> str:
    """The service: runs the command once."""
    variables = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in alarm.environment.items())
    return (
        f"[Unit]\nDescription=Undo the unconfirmed change {alarm.change} of tightlip\n"
        f"After={_SERVERS}\n\n"
        f"[Service]\nType=oneshot\n{variables}ExecStart={' '.join(map(_argument, alarm.argv))}\n"
    )


def timer_text(alarm: Alarm) -> str:
    """The timer: at that moment, or after as long, whatever becomes of the clock; or after the next boot."""
    return (
        f"[Unit]\nDescription=Until then the change {alarm.change} of tightlip can be confirmed\n\n"
        f"[Timer]\nOnCalendar={alarm.due.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC\nPersistent=true\n"
        f"OnActiveSec={math.ceil(max(alarm.within, 1.0))}\nAccuracySec=1s\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def _arm_systemd(alarm: Alarm, folder: Path) -> None:
    """All of it every time: a unit that is there already may have been written and not enabled before a crash."""
    _write_units(alarm, folder)
    _systemctl("daemon-reload")
    _systemctl("enable", "--now", units(alarm.change)[1])


def _write_units(alarm: Alarm, folder: Path) -> None:
    service, timer = units(alarm.change)
    _write_unit(folder / service, service_text(alarm))
    _write_unit(folder / timer, timer_text(alarm))
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_unit(path: Path, text: str) -> None:
    """Whole or not at all; for root alone to write, whatever the umask."""
    beside = _beside(path)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if os.write(descriptor, text.encode()) != len(text.encode()):
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        os.fchmod(descriptor, 0o644)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    beside.rename(path)


def _beside(path: Path) -> Path:
    """Where a unit is written at first: by this name systemd takes it for none."""
    return path.with_name(f".{path.name}.new")


def _systemctl(*arguments: str) -> None:
    command = ["systemctl", "--quiet", *arguments]
    ran = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if ran.returncode:
        raise OSError(f"{' '.join(command)}: {ran.stderr.strip()[-200:]}")


def _quoted(word: str) -> str:
    """One word of a unit file: systemd.syntax(7), "Quoting", and the specifiers of systemd.unit(5)."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", "\\n")
    return f'"{escaped}"'


def _argument(word: str) -> str:
    """A word of a command line, where a dollar begins a variable (systemd.service(5)); in Environment= it does not."""
    return _quoted(word.replace("$", "$$"))


def _go_away(alarm: Alarm, mark: int) -> None:
    """In the child: a session of its own, a child of that, no descriptor but the mark; never returns."""
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.chdir("/")
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        os.closerange(3, mark)
        os.closerange(mark + 1, os.sysconf("SC_OPEN_MAX"))
        os.set_inheritable(mark, True)
        os.execve(alarm.argv[0], alarm.argv, dict(alarm.environment))
    finally:
        os._exit(127)
