"""The GSSAPI library's list where a server's environment names another one than the host's own."""

from collections.abc import Mapping

import pytest

from tests.unit.products import cases
from tests.unit.products.gss import (
    CYRUS,
    DOVECOT,
    EXIM,
    LINE,
    NOTHING,
    NTLMSSP,
    PLUGIN,
    POSTFIX,
    Server,
    carriers,
    posture,
)
from tightlip.model.posture import NoteKind
from tightlip.products._product import Instance, Process

NAMED = "/opt/mechs.conf"


def with_named(server: Server, value: str) -> Mapping[str, bytes]:
    """The server's own files, with the variable that names another list in what its processes are given."""
    path = "/etc/postfix/main.cf" if server is POSTFIX else server.config
    words = {
        DOVECOT.config: f"import_environment = TZ GSS_MECH_CONFIG{value}",
        POSTFIX.config: f"import_environment = TZ, GSS_MECH_CONFIG{value}, LANG=C",
        EXIM.config: f"{'add' if value else 'keep'}_environment = TZ : GSS_MECH_CONFIG{value}",
    }
    return {path: words.get(path, "").encode() + b"\n" + server.files[path]}


def started(server: Server, value: str) -> Instance:
    """The server's instance, started with the variable."""
    places = {"cyrus.conf": "/etc/cyrus.conf"} if server is CYRUS else {}
    return Instance(product="", config=server.config, places={**places, "GSS_MECH_CONFIG": value}, pid=7)


@pytest.mark.parametrize("server", [DOVECOT, POSTFIX, EXIM], ids=["dovecot", "postfix", "exim"])
def test_a_list_that_the_environment_names_is_read_in_the_place_of_the_hosts(server: Server) -> None:
    """As the library has it (g_initialize.c): whatever stands in /etc/gss/mech.d."""
    own = with_named(server, f"={NAMED}")
    found = posture(server, {**own, **NOTHING, NAMED: LINE, PLUGIN: b""})
    assert {(offer.through.file, offer.through.line) for offer in carriers(found) if offer.through} == {(NAMED, 1)}
    assert carriers(posture(server, {**own, **NTLMSSP, NAMED: b"# none\n"})) == []
    assert not any(note.kind is NoteKind.DOUBT for note in posture(server, {**own, NAMED: b"# none\n"}).notes)


@pytest.mark.parametrize("server", [DOVECOT, POSTFIX, EXIM], ids=["dovecot", "postfix", "exim"])
@pytest.mark.parametrize("value", ["", "=mechs.conf", "=$unknown/mechs.conf", f"={NAMED}"])
def test_a_list_that_was_not_looked_at_is_a_doubt(server: Server, value: str) -> None:
    """It was not copied, is not known, or stands in the environment of a start that was not seen."""
    found = posture(server, {**with_named(server, value), **NTLMSSP})
    assert carriers(found) == []
    assert [note for note in found.notes if note.kind is NoteKind.DOUBT and "could not be told" in note.text]
    assert found.beside == ()


@pytest.mark.parametrize("server", [DOVECOT, POSTFIX, CYRUS, EXIM])
def test_the_environment_of_the_start_is_handed_on_where_it_is_let_through(server: Server) -> None:
    """By name; Cyrus lets everything through, the others nothing that is not named."""
    host = {**server.files, **NOTHING, NAMED: LINE, PLUGIN: b""}
    for own, is_read in ((with_named(server, ""), True), ({}, server is CYRUS)):
        found = server.plug.posture(cases.read(server.plug, started(server, NAMED), {**host, **own}))
        assert [offer.through.file for offer in carriers(found)[:1] if offer.through] == [NAMED] * is_read


def test_dovecot_2_4_names_the_variable_in_a_block() -> None:
    """An empty value lets it through by name."""
    path = DOVECOT.config
    for value, is_known in ((NAMED, True), ("", False), ("%{env:GSS_MECH_CONFIG}", False)):
        block = f"dovecot_config_version = 2.4.1\nimport_environment {{\n  GSS_MECH_CONFIG = {value}\n}}\n".encode()
        found = posture(DOVECOT, {path: block + DOVECOT.files[path], **NOTHING, NAMED: LINE, PLUGIN: b""})
        assert [offer.name for offer in carriers(found)] == ["GSSAPI", "GSS-SPNEGO"] * is_known
        assert any("GSS_MECH_CONFIG" in note.text for note in found.notes) is not is_known


@pytest.mark.parametrize(
    ("server", "argv"),
    [
        (DOVECOT, ("/usr/sbin/dovecot",)),
        (POSTFIX, ("/usr/lib/postfix/sbin/master", "-w")),
        (CYRUS, ("/usr/lib/cyrus/bin/master",)),
        (EXIM, ("/usr/sbin/exim4", "-bd")),
    ],
)
def test_the_environment_of_a_start_is_known_of_its_instance(server: Server, argv: tuple[str, ...]) -> None:
    """Of a process, or of a unit in a copy."""
    found = server.plug.recognise(Process(7, argv, {"GSS_MECH_CONFIG": NAMED}))
    assert found
    assert found.places["GSS_MECH_CONFIG"] == NAMED
