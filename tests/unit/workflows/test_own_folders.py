"""Files that a configuration names in a folder which its server has for itself: the host's are others."""

import pytest

from tests.unit.workflows.audited import DictHost
from tightlip.hosts._host import Reach
from tightlip.products._product import Process
from tightlip.workflows.surveying import Surveyed, Wanted, survey

MAIN = "/etc/dovecot/dovecot.conf"
UNIT = "/lib/systemd/system/dovecot.service"
START = "ExecStart=/usr/sbin/dovecot -F"


def doubts(include: str, unit: str) -> tuple[str, ...]:
    """What is doubted of a copied Dovecot that includes a file."""
    texts = {MAIN: f"!include_try {include}\n", include: "auth_mechanisms = plain\n", UNIT: f"[Service]\n{unit}\n"}
    host = DictHost(files={path: text.encode() for path, text in texts.items()})
    (told,) = survey(host, Wanted(products=("dovecot",)))
    assert isinstance(told, Surveyed)
    return tuple(each for each in told.doubts if each.startswith(include))


@pytest.mark.parametrize(
    ("include", "setting"),
    [
        ("/tmp/auth.conf", "PrivateTmp=true"),
        ("/var/tmp/auth.conf", "PrivateTmp=yes"),
        ("/home/mail/auth.conf", "ProtectHome=tmpfs"),
        ("/run/user/0/auth.conf", "ProtectHome=yes"),
    ],
)
def test_an_include_in_a_folder_of_the_service_s_own_is_unread(include: str, setting: str) -> None:
    """systemd.exec(5): the host's file is read, and it is not the one that the server reads."""
    (doubt,) = doubts(include, f"{START}\n{setting}")
    assert "of its own: what it reads from there was not read" in doubt


@pytest.mark.parametrize(
    ("include", "setting"),
    [
        ("/tmp/auth.conf", "PrivateTmp=no"),
        ("/home/mail/auth.conf", "ProtectHome=read-only"),
        ("/run/dovecot/auth.conf", "RuntimeDirectory=dovecot\nPrivateTmp=true"),
        ("/etc/dovecot/auth.conf", "PrivateTmp=true\nProtectHome=true"),
    ],
)
def test_an_include_that_it_sees_as_we_do_is_read(include: str, setting: str) -> None:
    """The folder is the host's."""
    assert doubts(include, f"{START}\n{setting}") == ()


def test_a_running_server_s_own_folders_count_too() -> None:
    """As its mounts tell them."""
    files = {MAIN: b"!include_try /tmp/auth.conf\n"}
    running = Process(7, ("/usr/sbin/dovecot", "-F"), own=("/tmp",))
    (told,) = survey(DictHost(files=files, reach=Reach.LIVE, running=(running,)), Wanted(products=("dovecot",)))
    assert isinstance(told, Surveyed)
    assert any(each.startswith("/tmp/auth.conf: its server has a /tmp of its own") for each in told.doubts)
