"""The type 1 messages that leave this machine, byte by byte."""

from base64 import b64encode

import pytest
from spnego._ntlm_raw.messages import Negotiate

from tightlip.ntlm.negotiate import CURRENT, OLDER, Wish, negotiate_message
from tightlip.talk.probes import FirstMessage, PathProbe


def test_the_current_message_is_what_windows_clients_send() -> None:
    """40 bytes: flags 0xa2088207, two empty fields, version 10.0.26100, revision 15; as curl sends it there by SSPI."""
    assert b64encode(CURRENT) == b"TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAPRlAAAADw=="


def test_the_older_message_is_what_other_mail_clients_send() -> None:
    """32 bytes: signature, type 1, flags 0x00088207, two empty fields."""
    assert bytes.fromhex("4e544c4d53535000 01000000 07820800 0000000000000000 0000000000000000") == OLDER


def test_the_current_message_is_asked_unless_somebody_wishes_otherwise() -> None:
    """A probe that names no form is asked with a version and 128-bit keys."""
    assert PathProbe().message is FirstMessage.CURRENT


@pytest.mark.parametrize("wish", list(Wish))
def test_no_message_names_anybody(wish: Wish) -> None:
    """A reader of type 1 messages finds neither domain nor workstation, and no flag that promises one."""
    message = Negotiate.unpack(negotiate_message(wish))
    assert not message.domain_name
    assert not message.workstation
    assert message.flags & 0x3000 == 0


def test_each_wish_has_its_message() -> None:
    """The function and the constants agree."""
    assert [negotiate_message(wish) for wish in (Wish.CURRENT, Wish.OLDER)] == [CURRENT, OLDER]
