"""GSSAPI that NTLM comes in: which offers it is, what each product's plan does about it, and what cannot be told."""

from collections.abc import Mapping

import pytest

from tests.unit.products import cases
from tests.unit.products.gss import (
    CYRUS,
    DOVECOT,
    EXIM,
    FILE,
    KEYTAB,
    NOTHING,
    NTLMSSP,
    POSTFIX,
    REGISTERED,
    Server,
    carriers,
    posture,
)
from tightlip.model.endpoint import Security
from tightlip.model.posture import NoteKind
from tightlip.model.remedy import WithdrawMechanism
from tightlip.products._product import Declined, Mending

WITHDRAW = WithdrawMechanism()
SERVERS = pytest.mark.parametrize(
    "server", [DOVECOT, POSTFIX, CYRUS, EXIM], ids=["dovecot", "postfix", "cyrus", "exim"]
)


def mending(server: Server, host: Mapping[str, bytes], remedy: WithdrawMechanism = WITHDRAW) -> Mending:
    """What its plug plans on such a host."""
    outcome = server.plug.edit(cases.read(server.plug, server.instance, {**server.files, **host}), remedy)
    assert isinstance(outcome, Mending), outcome
    return outcome


def after(server: Server, host: Mapping[str, bytes], remedy: WithdrawMechanism = WITHDRAW) -> dict[str, bytes]:
    """The files that the plan changes, as they will be."""
    before = {**server.files, **host}
    return {
        path: text for path, text in cases.mended(before, mending(server, host, remedy)).items() if before[path] != text
    }


@SERVERS
def test_ntlm_comes_in_gssapi_where_it_is_registered_and_installed(server: Server) -> None:
    """The first answer names the machine; both places are known: the mechanism's, and the line that registers it."""
    found = carriers(posture(server, NTLMSSP))
    assert {offer.name for offer in found} == ({"GSSAPI", "GSS-SPNEGO"} if server.spnego else {"GSSAPI"})
    assert all((offer.names_host and Security.STARTTLS in offer.states) or server is CYRUS for offer in found)
    assert {offer.place.setting for offer in found} == {server.setting}
    assert {(offer.through.file, offer.through.line) for offer in found if offer.through} == {(FILE, 3)}
    assert not any(note.kind is NoteKind.DOUBT for note in posture(server, NTLMSSP).notes)


@SERVERS
def test_without_it_gssapi_is_kerberos(server: Server) -> None:
    """Nothing is found, nothing in doubt, nothing planned."""
    found = posture(server, NOTHING)
    assert carriers(found) == []
    assert not any(note.kind in (NoteKind.DOUBT, NoteKind.UNREAD) for note in found.notes)
    assert mending(server, NOTHING) == Mending()


@SERVERS
@pytest.mark.parametrize(
    ("host", "why"), [({}, "/etc/gss/mech.d could not be looked at"), (REGISTERED, "its plugin was not found")]
)
def test_what_cannot_be_told_is_a_doubt_at_the_setting(server: Server, host: Mapping[str, bytes], why: str) -> None:
    """No finding is drawn from it, and the plan does not say that there is nothing to do."""
    found = posture(server, host)
    assert carriers(found) == []
    (doubt,) = [note for note in found.notes if note.kind is NoteKind.DOUBT]
    assert why in doubt.text
    assert (doubt.file, doubt.line) in {(offer.place.file, offer.place.line) for offer in found.services[0].offers}
    assert why in mending(server, host).advice[0].text
    assert after(server, host) == {}


@SERVERS
def test_the_mechanism_goes_out_of_the_services_own_list(server: Server) -> None:
    """What stays answers no NTLM any more; what the host registers stays."""
    changed = after(server, NTLMSSP)
    assert FILE not in changed
    then = posture(server, {**NTLMSSP, **changed})
    assert carriers(then) == []
    assert "PLAIN" in {offer.name for offer in then.services[0].offers}


@SERVERS
def test_where_the_hosts_keytab_is_there_it_is_not_dropped(server: Server) -> None:
    """Kerberos may log in by it: the plan names the line for a person, and changes nothing by itself."""
    host = {**NTLMSSP, **KEYTAB}
    assert after(server, host) == {}
    (advice,) = mending(server, host).advice
    assert advice.place
    assert (advice.place.file, advice.place.line) == (FILE, 3)
    assert "/etc/krb5.keytab is there" in advice.text


@pytest.mark.parametrize("server", [DOVECOT, POSTFIX, CYRUS])
def test_a_keytab_of_its_own_counts_as_well(server: Server) -> None:
    """Whatever stands in it."""
    path, line = server.keytab
    host = {**NTLMSSP, path: server.files[path] + line}
    assert after(server, host) == {}
    assert path in mending(server, host).advice[0].text


def test_postfix_sasl_file_may_name_the_keytab() -> None:
    """Cyrus SASL's own option."""
    path = "/etc/postfix/sasl/smtpd.conf"
    assert after(POSTFIX, {**NTLMSSP, path: POSTFIX.files[path] + b"keytab: /etc/smtp.keytab\n"}) == {}


def test_exims_environment_may_name_the_keytab() -> None:
    """As Exim hands it on."""
    path = "/etc/exim/exim.conf"
    text = EXIM.files[path].replace(b"#\n", b"add_environment = KRB5_KTNAME=/etc/exim/smtp.keytab\n")
    assert after(EXIM, {**NTLMSSP, path: text}) == {}


@SERVERS
def test_host_wide_the_registration_becomes_a_comment(server: Server) -> None:
    """With a keytab Kerberos goes on, in the same mechanism; without one the list loses it."""
    for host, goes_on in ((NTLMSSP, False), ({**NTLMSSP, **KEYTAB}, True)):
        changed = after(server, host, WithdrawMechanism(host_wide=True))
        assert (list(changed) == [FILE], FILE in changed) == (goes_on, True)
        then = posture(server, {**host, **changed})
        assert carriers(then) == []
        assert ("GSSAPI" in {offer.name for offer in then.services[0].offers}) is goes_on


def test_dovecots_spnego_by_samba_is_none_of_it() -> None:
    """winbind answers it: it goes without any GSSAPI library."""
    path = DOVECOT.config
    text = DOVECOT.files[path].replace(b"plain gssapi", b"plain") + b"auth_use_winbind = yes\n"
    found = carriers(posture(DOVECOT, {**NTLMSSP, path: text}))
    assert [(offer.name, offer.through) for offer in found] == [("GSS-SPNEGO", None)]
    assert b"gss-spnego" not in after(DOVECOT, {**NTLMSSP, **KEYTAB, path: text})[path]


def test_dovecot_tells_those_that_ask_it() -> None:
    """Postfix and Exim behind its auth socket answer the same."""
    found = posture(DOVECOT, NTLMSSP)
    assert {offer.name for offer in found.backend if offer.carries_ntlm} == {"GSSAPI", "GSS-SPNEGO"}


@pytest.mark.parametrize("server", [POSTFIX, CYRUS])
def test_without_the_gssapi_plugin_nothing_answers(server: Server) -> None:
    """Though the list names it."""
    gone = {path: text for path, text in server.files.items() if "gssapi" not in path}
    files = cases.read(server.plug, server.instance, {**gone, **NTLMSSP})
    assert not any(offer.states for offer in carriers(server.plug.posture(files)))
    assert server.plug.edit(files, WithdrawMechanism()) == Mending()


@pytest.mark.parametrize(("server", "path"), [(POSTFIX, "/etc/postfix/sasl/smtpd.conf"), (CYRUS, "/etc/imapd.conf")])
def test_without_a_list_the_installed_plugin_counts(server: Server, path: str) -> None:
    """A list is written that has what stays."""
    text = b"".join(line for line in server.files[path].splitlines(keepends=True) if b"mech_list" not in line)
    host = {**NTLMSSP, path: text}
    assert {offer.name for offer in carriers(posture(server, host))} == {"GSSAPI", "GSS-SPNEGO"}
    changed = after(server, host)
    assert b"mech_list: PLAIN LOGIN\n" in changed[path]
    assert carriers(posture(server, {**host, **changed})) == []


def test_a_list_of_gssapi_alone_is_not_emptied() -> None:
    """Nobody could log in."""
    path = "/etc/dovecot/dovecot.conf"
    files = {**NTLMSSP, path: DOVECOT.files[path].replace(b"plain gssapi gss-spnego", b"gssapi")}
    outcome = DOVECOT.plug.edit(cases.read(DOVECOT.plug, DOVECOT.instance, files), WithdrawMechanism())
    assert isinstance(outcome, Declined)


@pytest.mark.parametrize(("driver", "names"), [("gsasl", ["GSSAPI"]), ("dovecot", ["GSSAPI"]), ("heimdal_gssapi", [])])
def test_exims_drivers_ask_different_libraries(driver: str, names: list[str]) -> None:
    """Heimdal reads none of MIT's lists; GNU SASL asks MIT where it was built so, Dovecot where it offers GSSAPI."""
    path = EXIM.config
    text = EXIM.files[path].replace(b"driver = cyrus_sasl", f"driver = {driver}\n  server_socket = /s".encode())
    found = carriers(posture(EXIM, {**NTLMSSP, path: text}))
    assert [offer.name for offer in found] == names
    assert all(offer.proviso for offer in found)


def test_exims_mechanism_is_the_librarys_word_for_it() -> None:
    """Whatever it is called on the wire."""
    path = EXIM.config
    text = EXIM.files[path].replace(b"public_name = GSSAPI", b"public_name = KERBEROS\n  server_mech = gssapi")
    assert [offer.name for offer in carriers(posture(EXIM, {**NTLMSSP, path: text}))] == ["GSSAPI"]
