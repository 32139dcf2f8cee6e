"""A trial: how a product is started beside the running service, on the same files, and with folders of its own.

It runs in namespaces of its own (`workflows/trial`): the paths and the ports are the real ones, nothing but loopback
is on its network, and it can write nowhere but into what is laid over its folders for it.
"""

from collections.abc import Mapping

from msgspec import Struct


class Emptied(Struct, frozen=True):
    """A folder of which the trial sees the sub-folders alone, without what is in them.

    ``only`` names those sub-folders; what else is in the folder is there as it is. None named: every one is emptied.
    """

    path: str
    only: tuple[str, ...] = ()


class Trial(Struct, frozen=True, kw_only=True):
    """One start of a product, to be asked and ended.

    ``start`` runs in the foreground; ``prepare`` comes before it. ``files`` are texts, by path, that it reads in the
    place of its own. ``shown`` are paths below what is ``emptied`` that it needs all the same: sockets of others.
    ``scratch`` are folders that it writes into and that others use as well: it sees theirs, and writes in memory.
    ``pid_file`` is where a reload looks for the running server, if it looks in a file.
    ``logs`` are files in which it says what goes wrong. ``asks`` are products without whose service it does not answer.
    """

    start: tuple[str, ...]
    prepare: tuple[tuple[str, ...], ...] = ()
    files: Mapping[str, bytes] = {}
    emptied: tuple[Emptied, ...] = ()
    shown: tuple[str, ...] = ()
    scratch: tuple[str, ...] = ()
    pid_file: str = ""
    logs: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
