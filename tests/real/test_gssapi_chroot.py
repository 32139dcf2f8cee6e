"""GSSAPI of a Postfix in a chroot: the list in there is found and ended, and the host's does nothing by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.real.administration import Administrator, digests, planned
from tests.real.servers.contract import Server
from tests.real.visits import ask_all

SERVER = "postfix-cyrus-sasl"
REGISTERED = "etc/gss/mech.d/mech.ntlmssp.conf"
# The library looks for new lists once a second; until then a new smtpd has those of the host alone.
SECONDS = 10


def test_gssapi_is_dropped_where_the_chroot_has_the_list(circle: Callable[..., Administrator]) -> None:
    """Named by its place in the queue directory; and the host has none."""
    admin = circle(SERVER, "gssapi-chroot")
    assert _leaks_soon(admin.server)
    (found,) = [each for each in admin.audit() if each["rule"] == "ntlm-discloses-host"]
    assert [place["file"] for place in found["places"]] == [
        str(admin.server.folder / "conf/sasl/smtpd.conf"),
        str(_list(admin.server)),
    ]
    before = digests(admin.server.folder)
    admin.run("apply", str(admin.plan()))
    time.sleep(2)
    assert not _leaks(admin.server)
    admin.audit(expected=0)
    admin.run("rollback", admin.changes()[0])
    assert digests(admin.server.folder) == before
    assert _leaks_soon(admin.server)


def test_host_wide_the_list_in_the_chroot_is_ended(circle: Callable[..., Administrator]) -> None:
    """The keytab in there has GSSAPI kept; with the option it loses NTLM."""
    admin = circle(SERVER, "gssapi-chroot-keytab")
    said = "".join(admin.run("plan", *admin.told, expected=4).split())
    assert str(admin.server.folder / "queue/etc/krb5.keytab") in said
    assert _leaks_soon(admin.server)
    wide = admin.plan("--host-wide")
    files = [each["path"] for product in planned(wide)["products"] for each in product["files"]]
    assert files == [str(_list(admin.server))]
    admin.run("apply", str(wide))
    time.sleep(2)
    assert not _leaks(admin.server)
    admin.run("rollback", admin.changes()[0])
    assert _leaks_soon(admin.server)


def test_in_an_empty_chroot_the_hosts_list_does_nothing(circle: Callable[..., Administrator]) -> None:
    """Debian's default: GSSAPI is listed, refused, and no cause of anything."""
    admin = circle(SERVER, "gssapi-empty-chroot")
    time.sleep(2)
    assert not _leaks(admin.server)
    assert not any(each["rule"] == "ntlm-discloses-host" for each in admin.audit(expected=0))


def _list(server: Server) -> Path:
    return server.folder / "queue" / REGISTERED


def _leaks_soon(server: Server) -> bool:
    """Whether GSSAPI gives a challenge once every list has been read."""
    last = time.monotonic() + SECONDS
    while not (leaks := _leaks(server)) and time.monotonic() < last:
        time.sleep(0.5)
    return leaks


def _leaks(server: Server) -> bool:
    """Whether GSSAPI gives a challenge in any state of any listener."""
    return any(answer.discloses for answer in ask_all(server, "GSSAPI").values())
