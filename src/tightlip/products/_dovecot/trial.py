"""A Dovecot beside the running one: its master with all services, and folders of its own for their sockets."""

import posixpath
import re
from collections.abc import Generator

from tightlip.products._product import Absent, Command, Files, Ran
from tightlip.products._trial import Emptied, Trial

_FOLDERS = ("base_dir", "state_dir")
_LOGS = ("log_path", "info_log_path", "debug_log_path")
# Dovecot 2.4 hands its configuration on in a file there (config-dump-full.c).
_SCRATCH = ("/tmp",)
_VALUE = re.compile(r"^(\w+) = ?(.*)$", re.MULTILINE)
# Sockets by an absolute path: they may lie in the folders of others, as Postfix' queue.
_SOCKET = re.compile(r"^\s*(?:(?:unix|fifo)_listener|path =) (/\S+)", re.MULTILINE)


def trial(files: Files) -> Generator[Command, Ran | Absent, Trial | str]:
    """Ask Dovecot where its folders and sockets are; why it cannot be tried, where that is so."""
    of = ("-c", files.instance.config)
    ran = yield Command(("doveconf", *of, *_FOLDERS, *_LOGS))
    services = yield Command(("doveconf", *of, "service"))
    said = dict(_VALUE.findall(_output(ran)))
    folders = [said.get(name, "") for name in _FOLDERS]
    if not all(each.startswith("/") for each in folders) or not _output(services):
        return "doveconf does not tell where its folders are"
    # Dovecot makes each socket anew when it starts: in the trial's own folder, or nowhere.
    folders += map(posixpath.dirname, _SOCKET.findall(_output(services)))
    return Trial(
        start=("dovecot", *of, "-F"),
        scratch=_SCRATCH,
        pid_file=posixpath.join(folders[0], "master.pid"),
        emptied=tuple(map(Emptied, dict.fromkeys(folders))),
        logs=tuple(path for name in _LOGS if (path := said.get(name, "")).startswith("/") and "/dev/" not in path),
    )


def _output(ran: Ran | Absent) -> str:
    return ran.output if isinstance(ran, Ran) and ran.status == 0 else ""
