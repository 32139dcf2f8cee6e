"""Whether a server's environment has MIT Kerberos' library read another list of mechanisms than the host's own."""

from collections.abc import Sequence

from msgspec import Struct

from tightlip.model.finding import Place
from tightlip.products._product import Instance, Missing, Need, Process

# Names the one file that is read in the place of /etc/gss/mech and /etc/gss/mech.d (g_initialize.c).
GSS_MECH_CONFIG = "GSS_MECH_CONFIG"

_NOT_SEEN = "the environment that it is started with may set it, and was not seen"


class Named(Struct, frozen=True):
    """The file that the variable names (None: it is not set), where that is set; or why it cannot be told."""

    file: str | None = None
    place: Place | None = None
    doubt: str = ""

    @property
    def missing(self) -> Missing:
        """The variable as what could not be looked at."""
        file, line = (self.place.file, self.place.line) if self.place else (None, None)
        return Missing(path=GSS_MECH_CONFIG, why=self.doubt, need=Need.OPTIONAL, file=file, line=line)


def started_with(process: Process) -> dict[str, str]:
    """The variable of a process, as one of its instance's places."""
    told = (process.environment or {}).get(GSS_MECH_CONFIG)
    return {} if told is None else {GSS_MECH_CONFIG: told}


def inherited(instance: Instance) -> Named:
    """What holds where the server's processes inherit all that it was started with."""
    return Named(file=instance.places.get(GSS_MECH_CONFIG))


def imported(values: Sequence[str | None], instance: Instance, place: Place) -> Named:
    """What holds where a setting lists what they are given: each value of the variable there, None for its bare name.

    The last one counts; a bare name lets through what the server was started with.
    """
    if not values:
        return Named()
    told = instance.places.get(GSS_MECH_CONFIG) if values[-1] is None else values[-1]
    return Named(doubt=_NOT_SEEN, place=place) if told is None else Named(told, place)


def parted(words: Sequence[str]) -> list[str | None]:
    """The variable's values among the words of such a list, ``NAME=value`` or ``NAME``."""
    pairs = (word.partition("=") for word in words)
    return [value if sign else None for name, sign, value in pairs if name == GSS_MECH_CONFIG]
