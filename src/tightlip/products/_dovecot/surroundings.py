"""What decides on Dovecot's mechanisms besides its own files: the lists of Kerberos' library."""

from collections.abc import Generator

from tightlip.products import _gss_mechs
from tightlip.products._dovecot import collecting
from tightlip.products._dovecot.view import View, view
from tightlip.products._gss_config import GSS_MECH_CONFIG, Named, imported, parted
from tightlip.products._product import Answer, Files, Instance, Request

_ENVIRONMENT = "import_environment"


def collect(instance: Instance) -> Generator[Request, Answer, Files]:
    """Ask for Dovecot's own files, and for what they have its processes look at."""
    files = yield from collecting.collect(instance)
    is_said = any(_ENVIRONMENT in entry.full[0] for file in files.files for entry in file.reading.entries)
    named = _gss_config(view(files), instance) if is_said else Named()
    return (yield from _gss_mechs.joined(files, named))


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
