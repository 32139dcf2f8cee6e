"""Which host a user means who names it, or something at it."""

from tightlip.model.errors import UsageError
from tightlip.store.contract import Store
from tightlip.store.hosts import spellings


def host_of(given: str) -> str:
    """The host of what names one: itself, ``host:port``, or an endpoint as findings are listed by."""
    _, scheme, rest = given.strip().rpartition("://")
    before, colon, port = rest.rpartition(":")
    # A bare IPv6 address has colons too, and no port.
    host = before if colon and port.isdecimal() and (":" not in before or before.endswith("]")) else rest
    if scheme and (not host or "/" in host):
        raise UsageError(f"{given} is no endpoint", "name its host: mail.example.org")
    return host.removeprefix("[").removesuffix("]")


def refuse_unknown(store: Store, host: str) -> None:
    """UsageError where no findings can be there: a host that was mistyped must not look like an all-clear."""
    known = store.known_as(host)
    if not known:
        raise UsageError(f"the store knows no host {host!r}", "see what was asked: tightlip runs")
    if set(spellings(host)).isdisjoint(known):
        raise UsageError(f"findings at {host} are kept by name", f"name it: {', '.join(known[:3])}")
