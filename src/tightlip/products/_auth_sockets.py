"""Sockets at which a mail server asks for logins, spelled so that both sides' words for one socket are the same."""

import posixpath

from tightlip.model.posture import AuthSocket

_LONGEST_PORT = 5


def of_path(path: str, folder: str = "/") -> AuthSocket:
    """The socket of this path, one that is relative counted from a folder; ``/var/run`` has been ``/run`` for long.

    Its ``..`` are left: behind a symbolic link they lead elsewhere than the text of the path says.
    """
    parts = [part for part in posixpath.join(folder, path).split("/") if part not in ("", ".")]
    parts = parts[1:] if parts[:2] == ["var", "run"] else parts
    return AuthSocket(path="/" + "/".join(parts))


def of_inet(words: str) -> AuthSocket | None:
    """The TCP port of ``host:port``, or of a port alone; None where it is none in digits."""
    host, _, port = words.rpartition(":")
    number = number_of(port)
    return AuthSocket(address=host.strip("[]"), port=number) if number else None


def number_of(port: str) -> int:
    """A port in digits; 0 for what is none."""
    return int(port) if port.isascii() and port.isdigit() and len(port) <= _LONGEST_PORT else 0
