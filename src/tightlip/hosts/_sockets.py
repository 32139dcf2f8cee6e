"""Which processes hold a listening socket, and who made it: one of root's tells a server from what looks like one.

Theory of operation. /proc/net/tcp lists each listening socket with its inode and the user who made it (proc(5)). The
descriptors of a process show which inodes it holds. Anybody can start a set-user-ID program such as Exim with arguments
of their own; it runs under the product's account, or for a moment as root, and holds no socket that root has made.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LISTENING = "0A"
# The columns of a table: state, user, inode.
_STATE, _UID, _INODE = 3, 7, 9
_SOCKET = re.compile(r"socket:\[([0-9]+)\]")
# A server holds its listeners from its start on, among the first; a peer may have it hold very many connections.
_MOST_DESCRIPTORS = 4_096


def listening_sockets() -> Mapping[int, int]:
    """The inodes of the TCP sockets that listen in our network namespace, each with the user id of who made it."""
    found: dict[int, int] = {}
    for table in _TABLES:
        try:
            lines = table.read_text("ascii", "replace").splitlines()[1:]
        except OSError:  # no IPv6 here, or no such system
            continue
        for columns in map(str.split, lines):
            if len(columns) > _INODE and columns[_STATE] == _LISTENING:
                found[int(columns[_INODE])] = int(columns[_UID])
    return found


def serves(pid: int, uid: int, sockets: Mapping[int, int]) -> bool:
    """Whether a process of a user holds one of these that root, or the same user, has made; where it can be seen."""
    try:
        descriptors = list(islice(Path("/proc", str(pid), "fd").iterdir(), _MOST_DESCRIPTORS))
    except OSError:
        return False
    return any(sockets.get(inode) in (0, uid) for inode in _inodes(descriptors))


def _inodes(descriptors: Iterable[Path]) -> Iterator[int]:
    for each in descriptors:
        with suppress(OSError):  # closed meanwhile
            if found := _SOCKET.fullmatch(str(each.readlink())):
                yield int(found[1])
