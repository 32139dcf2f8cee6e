"""The circle on the GSSAPI that NTLM comes in: both lines are named, the change ends it, the way back restores it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.real.administration import Administrator, digests, planned
from tests.real.servers.contract import Server
from tests.real.visits import ask_all

# Server, the file (below its folder) with the mechanism's setting, that setting, and an audit's exit code afterwards.
CIRCLES = [
    ("dovecot", "dovecot.conf", "auth_mechanisms", 1),
    ("postfix-cyrus-sasl", "conf/sasl/smtpd.conf", "mech_list", 0),
]
IDS = [circle[0] for circle in CIRCLES]
REGISTERED = "/etc/gss/mech.d/mech.ntlmssp.conf"


@pytest.mark.drawn(2)
@pytest.mark.parametrize(("name", "file", "setting", "left"), CIRCLES, ids=IDS)
def test_gssapi_is_dropped_where_no_keytab_is_there(
    circle: Callable[..., Administrator], name: str, file: str, setting: str, left: int
) -> None:
    """Asked without any code of tightlip, it answers before the change, not after it, and again once that is undone."""
    admin = circle(name, "gssapi")
    server, cause = admin.server, str(admin.server.folder / file)
    before = digests(server.folder)
    assert _leaks(server)
    (found,) = [each for each in admin.audit() if each["rule"] == "ntlm-discloses-host"]
    assert [(place["file"], place["setting"]) for place in found["places"]] == [
        (cause, setting),
        (REGISTERED, "gssntlmssp_v1"),
    ]

    plan = admin.plan()
    assert planned(plan)["unmet"] == []
    assert "GSSAPI" in planned(plan)["expectations"][0]["withdrawn"]
    admin.run("apply", str(plan))
    assert not _leaks(server)
    assert not any(each["rule"] == "ntlm-discloses-host" for each in admin.audit(expected=left))

    admin.run("rollback", admin.changes()[0])
    assert digests(server.folder) == before
    assert _leaks(server)


@pytest.mark.drawn(2)
@pytest.mark.parametrize(("name", "setting"), [circle[:3:2] for circle in CIRCLES], ids=IDS)
def test_where_a_keytab_is_there_it_is_the_host_that_drops_ntlm(
    circle: Callable[..., Administrator], name: str, setting: str
) -> None:
    """Without the option nothing is planned; with it GSSAPI stays, loses NTLM, and has it again after the way back."""
    admin = circle(name, "gssapi-keytab")
    said = " ".join(admin.run("plan", *admin.told, expected=4).split())
    assert _leaks(admin.server)
    assert "--host-wide" in said
    assert f"{setting} " in said
    wide = admin.plan("--host-wide")
    files = [each["path"] for product in planned(wide)["products"] for each in product["files"]]
    assert files == [REGISTERED]
    before = digests(admin.server.folder)
    admin.run("apply", str(wide))
    assert not _leaks(admin.server)
    admin.run("rollback", admin.changes()[0])
    assert digests(admin.server.folder) == before
    assert _leaks(admin.server)


def _leaks(server: Server) -> bool:
    """Whether GSSAPI gives a challenge in any state of any listener."""
    return any(answer.discloses for answer in ask_all(server, "GSSAPI").values())
