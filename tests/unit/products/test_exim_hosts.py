"""Exim: who is offered logins before TLS, by lists of hosts and by names of mechanisms that are other than usual."""

import pytest

from tests.unit.products.cases import read
from tightlip.assess.judge import judge
from tightlip.model.endpoint import Security
from tightlip.model.finding import Finding
from tightlip.model.host_view import HostView
from tightlip.model.posture import NoteKind, Posture
from tightlip.model.remedy import RequireTls, WithdrawMechanism
from tightlip.products._product import Files, Instance, Mending
from tightlip.products.exim import PRODUCT

CONF = "/etc/exim/exim.conf"
PLAIN = "  plain:\n  driver = plaintext\n  public_name = PLAIN\n  server_condition = yes\n"
HERE_TOO = "localhost : ${if eq{$tls_in_cipher}{}{}{*}}"


def files_of(text: str) -> Files:
    """The files of a configuration in one file."""
    return read(PRODUCT, Instance(product="exim", config=CONF), {CONF: text.encode()})


def findings(posture: Posture) -> list[Finding]:
    """What the rules find."""
    return [each for each in judge(HostView((), (posture,), "mail1", None)) if isinstance(each, Finding)]


@pytest.mark.parametrize("hosts", [HERE_TOO, "<; 127.0.0.1 ; ::1 ; ${if def:tls_in_cipher {*}}"])
def test_logins_without_tls_from_this_machine_alone_expose_nothing(hosts: str) -> None:
    """No finding, nothing to be done to require TLS, and a note for whoever asks from here."""
    files = files_of(f"auth_advertise_hosts = {hosts}\nbegin authenticators\n{PLAIN}")
    posture = PRODUCT.posture(files)
    assert posture.services[0].offers[0].states == (Security.STARTTLS,)
    assert findings(posture) == []
    assert [(note.kind, note.line) for note in posture.notes] == [(NoteKind.HARMLESS, 1)]
    assert PRODUCT.edit(files, RequireTls()) == Mending()


@pytest.mark.parametrize("hosts", ["*", "10.0.0.0/8 : ${if eq{$tls_in_cipher}{}{}{*}}", "!localhost"])
def test_logins_without_tls_from_elsewhere_are_found(hosts: str) -> None:
    """Whoever else is in the list, also where it ends with somebody who is not."""
    posture = PRODUCT.posture(files_of(f"auth_advertise_hosts = {hosts}\nbegin authenticators\n{PLAIN}"))
    assert "plaintext-without-tls" in [each.rule for each in findings(posture)]


@pytest.mark.parametrize("listed", ["${if eq{$tls_in_cipher}{}{}{*}}", "${if def:tls_in_cipher{*}}"])
@pytest.mark.parametrize("hosts", ["+tlsh", "+outer", "localhost : +tlsh", "!192.0.2.9 : +tlsh"])
def test_a_named_list_is_read_in_both_states(listed: str, hosts: str) -> None:
    """Exim 4.96 lists no AUTH in clear: TLS is demanded, nothing is found, nothing is to be done."""
    lists = f"hostlist tlsh = {listed}\nhostlist outer = 127.0.0.1 : +tlsh\n"
    files = files_of(f"{lists}auth_advertise_hosts = {hosts}\nbegin authenticators\n{PLAIN}")
    posture = PRODUCT.posture(files)
    assert findings(posture) == []
    assert posture.services[0].tls.required
    assert NoteKind.DOUBT not in [note.kind for note in posture.notes]
    assert PRODUCT.edit(files, RequireTls()) == Mending()


@pytest.mark.parametrize("listed", ["${lookup{x}lsearch{/etc/x}}", "+other", "${if def:tls_in_cipher{*}} : +other"])
def test_a_named_list_that_cannot_be_told_is_a_doubt(listed: str) -> None:
    """Where the list is used; a list that leads to itself is one."""
    text = f"hostlist other = $x : +tlsh\nhostlist tlsh = {listed}\nauth_advertise_hosts = +tlsh\n"
    posture = PRODUCT.posture(files_of(f"{text}begin authenticators\n{PLAIN}"))
    assert findings(posture) == []
    assert (NoteKind.DOUBT, 3) in [(note.kind, note.line) for note in posture.notes]


@pytest.mark.parametrize("hosts", ["!*", "! * : 192.0.2.7", "!192.0.2.9 : !*", "!+all : *", "localhost : !*"])
def test_nobody_is_offered_logins(hosts: str) -> None:
    """Certain, so that NTLM is not found."""
    text = f"hostlist all = *\nauth_advertise_hosts = {hosts}\nbegin authenticators\nspa:\n  driver = spa\n"
    posture = PRODUCT.posture(files_of(f"{text}  server_password = x\n"))
    assert findings(posture) == []
    assert NoteKind.DOUBT not in [note.kind for note in posture.notes]


@pytest.mark.parametrize(
    "hosts", ["192.0.2.7 : !*", "!+most : *", "+most", "!192.0.2.9", "!+here", "* : !*", "+nowhere : !*"]
)
def test_whoever_is_left_over_is_offered_logins(hosts: str) -> None:
    """In front of the one that ends it, by an exception to an exception, or behind a last one that is negated."""
    lists = "hostlist most = !192.0.2.9 : *\nhostlist here = localhost\n"
    posture = PRODUCT.posture(files_of(f"{lists}auth_advertise_hosts = {hosts}\nbegin authenticators\n{PLAIN}"))
    assert "plaintext-without-tls" in [each.rule for each in findings(posture)]


def test_lists_that_name_each_other_without_number_are_looked_at_once() -> None:
    """It takes no time to speak of."""
    inner = " : ".join(["+l0"] * 500)
    lists = "".join(f"hostlist l{n} = {inner.replace('l0', f'l{n + 1}')}\n" for n in range(7)) + "hostlist l7 = *\n"
    posture = PRODUCT.posture(files_of(f"{lists}auth_advertise_hosts = +l0\nbegin authenticators\n{PLAIN}"))
    assert "plaintext-without-tls" in [each.rule for each in findings(posture)]


@pytest.mark.parametrize("name", ["MSN", "SPA", "CORP-LOGIN", "PLAIN"])
def test_spa_by_any_name_is_ntlm(name: str) -> None:
    """Found as NTLM, with the name that clients ask for, and taken away by the same remedy."""
    block = f"ours:\n  driver = spa\n  public_name = {name}\n  server_password = x\n"
    text = f"begin authenticators\n{block}{PLAIN}"
    (found,) = [each for each in findings(PRODUCT.posture(files_of(text))) if each.rule == "ntlm-offered"]
    assert found.summary == f"NTLM (called {name}) accepted: exim smtp"
    mending = PRODUCT.edit(files_of(text), WithdrawMechanism())
    assert isinstance(mending, Mending)
    assert len(mending.edits) == 1
    assert PRODUCT.edit(files_of(f"begin authenticators\n{PLAIN}"), WithdrawMechanism()) == Mending()


@pytest.mark.parametrize("mech", ["NTLM", "ntlm"])
def test_a_library_is_told_its_mechanism_by_an_option_of_its_own(mech: str) -> None:
    """Cyrus SASL: server_mech counts, public_name is what clients call it."""
    block = f"ours:\n  driver = cyrus_sasl\n  public_name = OURS\n  server_mech = {mech}\n"
    posture = PRODUCT.posture(files_of(f"begin authenticators\n{block}{PLAIN}"))
    assert "ntlm-discloses-host" in [each.rule for each in findings(posture)]


@pytest.mark.parametrize("ports", ["mysubmission", "${if def:tls_in_cipher{25}{26}}", "25 : unheard-of", "99999"])
def test_a_port_that_is_not_known_is_doubted_and_hides_no_mechanism(ports: str) -> None:
    """What listens there is told all the same."""
    text = f"daemon_smtp_ports = {ports}\nbegin authenticators\nspa:\n  driver = spa\n  server_password = x\n{PLAIN}"
    posture = PRODUCT.posture(files_of(text))
    assert "ntlm-offered" in [each.rule for each in findings(posture)]
    assert NoteKind.DOUBT in [note.kind for note in posture.notes if note.line == 1]


@pytest.mark.parametrize(
    "hosts",
    [
        "${if or {{def:tls_in_cipher}{match_ip{$sender_host_address}{<; 127.0.0.1 ; ::1}}}{*}{}}",
        "${if match_ip{$sender_host_address}{iplsearch;/etc/exim.smtpauth}{*}{}}",
    ],
)
def test_what_is_decided_when_a_client_connects_is_no_finding_of_logins_without_tls(hosts: str) -> None:
    """It cannot be told, with the place; that there is NTLM at all is told."""
    text = f"auth_advertise_hosts = {hosts}\nbegin authenticators\nspa:\n  driver = spa\n  server_password = x\n{PLAIN}"
    posture = PRODUCT.posture(files_of(text))
    assert [each.rule for each in findings(posture)] == ["ntlm-offered"]
    assert not posture.services[0].tls.required
    assert (NoteKind.DOUBT, 1) in [(note.kind, note.line) for note in posture.notes]


@pytest.mark.parametrize("name", ["NTLM", "ntlm", "GSS-SPNEGO"])
@pytest.mark.parametrize(
    "driver",
    ["plaintext\n  server_condition = yes", "external\n  server_condition = yes", "cram_md5\n  server_secret = x"],
)
def test_a_driver_with_prompts_of_its_own_is_no_ntlm_by_its_name(driver: str, name: str) -> None:
    """Nothing is found of it, a note says so; a usable mechanism it is neither."""
    block = f"ours:\n  driver = {driver}\n  public_name = {name}\n"
    tls = "auth_advertise_hosts = ${if def:tls_in_cipher{*}}\n"
    posture = PRODUCT.posture(files_of(f"{tls}begin authenticators\n{block}{PLAIN}"))
    assert findings(posture) == []
    assert [(note.kind, note.line) for note in posture.notes] == [(NoteKind.HARMLESS, 4)]
    alone = PRODUCT.posture(files_of(f"begin authenticators\n{block}"))
    assert [each.rule for each in findings(alone)] == ["no-usable-mechanism-left"]


def test_what_has_ntlm_s_name_goes_with_ntlm() -> None:
    """AUTH NTLM is refused from then on, which is what is proved."""
    block = "ours:\n  driver = plaintext\n  public_name = NTLM\n  server_condition = yes\n"
    mending = PRODUCT.edit(files_of(f"begin authenticators\n{block}{PLAIN}"), WithdrawMechanism())
    assert isinstance(mending, Mending)
    assert len(mending.edits) == 1
