"""One trial as it is ordered and as it came out: what goes into the namespaces, and what comes back."""

from collections.abc import Mapping

from msgspec import Struct

from tightlip.products._trial import Trial


class Scene(Struct, frozen=True, kw_only=True):
    """A trial, and where it is asked.

    ``files`` are texts by path that lie there in the place of the host's own. ``endpoints``, in text form, are waited
    for. ``addresses`` are the host's own, which are put on loopback. ``patience`` in seconds, from the start.
    """

    trial: Trial
    files: Mapping[str, bytes]
    endpoints: tuple[str, ...]
    addresses: tuple[str, ...]
    patience: float


class Heard(Struct, frozen=True, kw_only=True, tag=True):
    """What the endpoints said: those that answered, of the others why not, and what the product said meanwhile."""

    answered: tuple[str, ...] = ()
    silent: Mapping[str, str] = {}
    said: tuple[str, ...] = ()


class NotPlayed(Struct, frozen=True, tag=True):
    """The trial could not be set up, and why."""

    why: str
