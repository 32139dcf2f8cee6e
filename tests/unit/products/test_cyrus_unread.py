"""Cyrus IMAP where something was not read: what may stand in it is neither made up nor taken for absent."""

from collections.abc import Mapping

import pytest

from tests.unit.products.cases import read
from tests.unit.products.gss import NOTHING, NTLMSSP, REGISTERED
from tightlip.model.posture import NoteKind
from tightlip.model.remedy import RequireTls, WithdrawMechanism
from tightlip.products._product import Declined, Instance
from tightlip.products.cyrus import PRODUCT

IMAPD, CYRUS = "/etc/imapd.conf", "/etc/cyrus.conf"
INSTANCE = Instance(product="cyrus", config=IMAPD)
HTTP = b'SERVICES {\n  http cmd="httpd" listen="8008"\n}\n'
PLUGINS = {f"/usr/lib/x86_64-linux-gnu/sasl2/lib{name}.so": b"" for name in ("plain", "gssapiv2")}
SERVICES = b'SERVICES {\n  imap cmd="imapd" listen="imap"\n}\n'


@pytest.mark.parametrize("main", [b"@include: /etc/imapd-local.conf\n", b"allowplaintext: yes\nno setting\n"])
def test_a_list_that_may_stand_in_what_was_not_read_is_not_absent(main: bytes) -> None:
    """Every plugin would be offered without one; and a second list would keep Cyrus from starting."""
    found = read(PRODUCT, INSTANCE, {IMAPD: main, CYRUS: SERVICES})
    told = PRODUCT.posture(found)
    assert [each.offers for each in told.services] == [()]
    assert {note.kind for note in told.notes} & {NoteKind.UNREAD, NoteKind.MISSING}
    for remedy in (WithdrawMechanism(), RequireTls()):
        assert isinstance(PRODUCT.edit(found, remedy), Declined)


def test_a_list_that_was_read_counts() -> None:
    """It cannot stand twice."""
    main = b"sasl_mech_list: PLAIN NTLM\nallowplaintext: yes\n@include: /etc/imapd-local.conf\n"
    (service,) = PRODUCT.posture(read(PRODUCT, INSTANCE, {IMAPD: main, CYRUS: SERVICES})).services
    assert [each.name for each in service.offers] == ["PLAIN", "NTLM"]


def test_an_imapd_conf_that_was_not_read_makes_no_services() -> None:
    """Though cyrus.conf tells their ports."""
    told = PRODUCT.posture(read(PRODUCT, INSTANCE, {CYRUS: SERVICES}))
    assert (told.services, [(note.kind, note.file) for note in told.notes]) == ((), [(NoteKind.UNREAD, IMAPD)])


@pytest.mark.parametrize(
    ("line", "lists", "is_doubtful"),
    [
        (b'http cmd="httpd" listen="8008"', b"sasl_mech_list: PLAIN\n", False),
        (b'http cmd="httpd" listen="8008"', b"sasl_mech_list: PLAIN\nhttp_sasl_mech_list: PLAIN NTLM\n", True),
        (b'sync cmd="sync_server" listen="csync"', b"sasl_mech_list: PLAIN NTLM\n", True),
        (b'dav cmd="httpd -C /etc/other.conf" listen="8008"', b"sasl_mech_list: PLAIN\n", True),
        (b'wrapped cmd="/usr/local/bin/limited imapd" listen="imap"', b"sasl_mech_list: PLAIN\n", True),
        (b'fud cmd="fud" listen="fud" proto="udp"', b"sasl_mech_list: PLAIN NTLM\n", False),
        (b'sock cmd="httpd" listen="/run/cyrus/http"', b"sasl_mech_list: PLAIN NTLM\n", False),
    ],
)
def test_a_service_that_is_not_audited_is_no_clean_one(line: bytes, lists: bytes, is_doubtful: bool) -> None:
    """Where the list that it goes by has no NTLM there is nothing to doubt."""
    texts = {IMAPD: lists, CYRUS: b"SERVICES {\n  %b\n}\n" % line}
    notes = PRODUCT.posture(read(PRODUCT, INSTANCE, texts)).notes
    assert [note.line for note in notes if note.kind is NoteKind.DOUBT] == [2] * is_doubtful


@pytest.mark.parametrize(
    ("lists", "host", "is_doubtful"),
    [
        (b"sasl_mech_list: PLAIN GSSAPI\n", NTLMSSP, True),
        (b"sasl_mech_list: PLAIN GSSAPI\n", REGISTERED, True),
        (b"sasl_mech_list: PLAIN GSSAPI\n", NOTHING, False),
        (b"sasl_mech_list: PLAIN\n", NTLMSSP, False),
        (b"sasl_mech_list: PLAIN NTLM\n", NTLMSSP, False),
        (b"allowplaintext: no\n", NTLMSSP, True),
        (b"allowplaintext: no\n", NOTHING, False),
    ],
)
def test_ntlm_comes_to_a_service_that_is_not_audited_as_to_others(
    lists: bytes, host: Mapping[str, bytes], is_doubtful: bool
) -> None:
    """In GSSAPI where gss-ntlmssp is registered, or may be; as NTLM where its plugin is there, which it is not here."""
    notes = PRODUCT.posture(read(PRODUCT, INSTANCE, {IMAPD: lists, CYRUS: HTTP, **PLUGINS, **host})).notes
    assert [note.line for note in notes if note.kind is NoteKind.DOUBT] == [2] * is_doubtful
