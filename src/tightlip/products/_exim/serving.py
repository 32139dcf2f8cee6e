"""Which authenticators answer clients, when they are advertised, and what may let them through where they are not."""

from collections.abc import Iterator

from tightlip.products._exim.acls import unadvertised, undecided
from tightlip.products._exim.conditions import Gate, of_condition, of_hosts
from tightlip.products._exim.configuration import Authenticator, Configuration
from tightlip.products._exim.statements import Statement

AUTH_HOSTS = "auth_advertise_hosts"
# What has to be set for a driver to answer clients; those that are not here answer whatever is set.
SERVER_OPTIONS = {
    "spa": "server_password",
    "plaintext": "server_condition",
    "cram_md5": "server_secret",
    "dovecot": "server_socket",
    "external": "server_condition",
}
CLIENT_OPTIONS = frozenset({"client_username", "client_password", "client_name", "client_secret", "client_send"})


def serving(known: Configuration) -> Iterator[Authenticator]:
    """The authenticators that answer clients; the others are for mail that goes out."""
    for block in known.authenticators:
        needed = SERVER_OPTIONS.get(block.driver)
        if block.driver and (needed is None or needed in block.options):
            yield block


def gate_of(known: Configuration) -> Gate:
    """When AUTH is advertised at all."""
    found = known.options.get(AUTH_HOSTS)
    return of_hosts(found.value, known.lists) if found else Gate.ALWAYS


def condition_of(block: Authenticator) -> Gate:
    """When one authenticator is advertised."""
    found = block.options.get("server_advertise_condition")
    return of_condition(found.value) if found else Gate.ALWAYS


def perhaps_let_through(known: Configuration) -> Iterator[Statement]:
    """What may let logins through, where any are kept back."""
    gates = [condition_of(block) for block in serving(known)]
    if gates and any(gate is not Gate.ALWAYS for gate in (*gates, gate_of(known))) and not unadvertised(known):
        yield from undecided(known)
