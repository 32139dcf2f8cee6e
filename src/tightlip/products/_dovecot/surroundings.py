"""What decides on Dovecot's mechanisms besides its files: its master's start, Kerberos' lists, Samba's helper."""

from collections.abc import Generator

from msgspec.structs import replace

from tightlip.products import _gss_lists
from tightlip.products._dovecot import collecting
from tightlip.products._dovecot.mechanisms import has_winbind, winbind_helper
from tightlip.products._dovecot.view import View, view
from tightlip.products._gss_config import GSS_MECH_CONFIG, Named, imported, parted
from tightlip.products._product import Answer, Files, Instance, Missing, Need, ReadFile, Request, SeeFiles

_WINBIND = "auth_use_winbind"
_ENVIRONMENT = "import_environment"
_BASE_DIRS = ("/run/dovecot", "/var/run/dovecot")
# Why what was read is not what runs.
OTHER = "the running master made it a link to another main file, which it took (CONFIG_FILE): name that by --config"


def collect(instance: Instance) -> Generator[Request, Answer, Files]:
    """Ask for Dovecot's own files, and for what they have its processes look at."""
    files = yield from collecting.collect(instance)
    said = {entry.full[0] for file in files.files for entry in file.reading.entries}
    now = view(files) if any(name.startswith((_ENVIRONMENT, _WINBIND)) for name in said) else None
    files = yield from _gss_lists.joined(files, _gss_config(now, instance) if now else Named())
    if now and has_winbind(now) and "*" not in (helper := winbind_helper(now)):
        there = yield SeeFiles(helper)
        files = replace(files, seen=(*files.seen, *there) if isinstance(there, tuple) else files.seen)
    return replace(files, missing=(*files.missing, *(yield from _taken_instead(files))))


def _taken_instead(files: Files) -> Generator[Request, Answer, tuple[Missing, ...]]:
    """Another main file that the running master took, as CONFIG_FILE had it, which nobody can see any more.

    Beside the file with its process id it makes a link to the one that it took.
    """
    main = next((each.reading.text for each in files.files if each.path == files.instance.config), None)
    entries = (entry for file in files.files for entry in file.reading.entries if entry.name == "base_dir")
    folders = [*_BASE_DIRS, *(entry.value for entry in entries if entry.value.startswith("/"))]
    for folder in folders if main is not None and files.instance.pid is not None else ():
        pid = yield ReadFile(f"{folder}/master.pid", Need.OPTIONAL)
        if isinstance(pid, bytes) and pid.strip() == str(files.instance.pid).encode():
            taken = yield ReadFile(f"{folder}/dovecot.conf", Need.OPTIONAL)
            is_other = isinstance(taken, bytes) and taken != main
            return (Missing(path=f"{folder}/dovecot.conf", why=OTHER, need=Need.REQUIRED),) if is_other else ()
    return ()


def _gss_config(now: View, instance: Instance) -> Named:
    """Which list the library reads: Dovecot's processes are given what import_environment names, and nothing else.

    Names stand in its value, since 2.4 in a block. Of a running master nobody sees what it was started with, for it
    writes over that.
    """
    own = now.at(GSS_MECH_CONFIG, (_ENVIRONMENT,)) or now.at(f"{_ENVIRONMENT}/{GSS_MECH_CONFIG}")
    if own is not None:
        return imported([own.value or None], instance, own.place)
    said = now.at(_ENVIRONMENT)
    return imported(parted(said.value.split()), instance, said.place) if said else Named()
