"""Settings of Dovecot 1 that 2.2 and 2.3 still translate when they read them; seen with `doveconf -n` of 2.3.19.

`auth default { mechanisms = … }` is auth_mechanisms, `imaps` alone in `protocols` starts imap on its TLS port. What a
listener's port is called there (`listen = *:1110`) is left to a note.
"""

from tightlip.syntax.reading import Path

_NAMES = {"ssl_cert_file": "ssl_cert", "ssl_disable": "ssl"}
_PROTOCOLS = {"imaps": "imap", "pop3s": "pop3", "managesieve": "sieve"}
_OPPOSITE = {"yes": "no", "no": "yes"}


def setting(path: Path, name: str) -> tuple[Path, str]:
    """Where a setting would stand today, and what it would be called."""
    if path and path[0].partition(" ")[0] == "auth":
        return path[1:], f"auth_{name}" if len(path) == 1 else name
    return path, _NAMES.get(name, name)


def value(name: str, written: str) -> str:
    """What its value would be; ``name`` as it is written."""
    return _OPPOSITE.get(written.lower(), written) if name == "ssl_disable" else written


def protocol(word: str) -> str:
    """A word of `protocols` as it is called today."""
    return _PROTOCOLS.get(word, word)


def spellings(word: str) -> tuple[str, ...]:
    """All words of `protocols` that start what this one starts."""
    return (word, *(old for old, new in _PROTOCOLS.items() if new == word))


def has_port(name: str, written: str) -> bool:
    """Whether this says a port the way Dovecot 1 did."""
    return name == "ssl_listen" or (name == "listen" and any(_has_port(each) for each in written.split(",")))


def _has_port(address: str) -> bool:
    """Whether a port follows: `*:143`, `192.0.2.1:143`, `[::1]:143`, and not `::1`."""
    host, colon, port = address.strip().rpartition(":")
    return bool(colon) and port.isdecimal() and (":" not in host or host.endswith("]"))
