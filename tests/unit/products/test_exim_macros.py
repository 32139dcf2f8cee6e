"""Exim: what macros and conditions hide, and what they leave certain."""

import time

import pytest

from tests.unit.products.cases import Case, assert_mends, case, read
from tightlip.model.endpoint import Security
from tightlip.model.posture import NoteKind, Service
from tightlip.model.remedy import WithdrawMechanism
from tightlip.products._product import Declined, Instance, Mending
from tightlip.products.exim import PRODUCT

CONF = "/srv/exim.conf"
SINGLE = Instance(product="exim", config=CONF)
PLAIN, STARTTLS = Security.PLAIN, Security.STARTTLS

MACRO = case("exim", "a-macro-decides-the-driver", CONF)
CAPITALS = case("exim", "blocks-with-the-names-that-exim-comes-with", CONF)
DEBIANS = case("exim", "debians-own-style-of-a-block", CONF)
BEHIND = case("exim", "authenticators-behind-a-macro", CONF)
ONE = "begin authenticators\nntlm:\n  driver = spa\n  server_password = x\n"
CASES = (MACRO, CAPITALS, DEBIANS, BEHIND)


def _service(told: Case) -> Service:
    return PRODUCT.posture(read(PRODUCT, SINGLE, told.before)).services[0]


def _doubts(told: Case) -> list[tuple[int | None, str]]:
    notes = PRODUCT.posture(read(PRODUCT, SINGLE, told.before)).notes
    return [(each.line, each.text) for each in notes if each.kind is NoteKind.DOUBT]


def _text(text: str) -> Case:
    return Case("", {CONF: text.encode()}, {})


@pytest.mark.parametrize(
    "text",
    [
        "begin authenticators\n.ifdef _HAVE_NOSUCH\n.else\nntlm:\n  driver = spa\n  server_password = x\n.endif\n",
        ".ifdef _DRIVER_AUTH_SPA\nauth_advertise_hosts =\n.endif\n" + ONE,
        ".ifdef NO_SUCH\n.elifdef _HAVE_NOSUCH\n.else\n.include /srv/more.conf\n.endif\n",
        ".ifndef _HAVE_NOSUCH\nNTLM = yes\n.endif\nbegin authenticators\n.ifdef NTLM\nntlm:\n  driver = spa\n.endif\n",
        ".ifdef _HAVE_NOSUCH\nHOSTS = :\n.endif\nauth_advertise_hosts = HOSTS\n",
    ],
)
def test_what_a_macro_of_the_build_decides_is_not_known(text: str) -> None:
    """Of those with an underscore in front only the program knows which it has (`exim -bP macros`)."""
    found = read(PRODUCT, SINGLE, _text(text).before)
    notes = [each for each in PRODUCT.posture(found).notes if "depends on what Exim was built with" in each.text]
    assert [(each.kind, each.file) for each in notes] == [(NoteKind.UNREAD, CONF)]
    declined = PRODUCT.edit(found, WithdrawMechanism(mechanisms=("NTLM",)))
    assert isinstance(declined, Declined)
    assert (declined.place.line if declined.place else None) == notes[0].line


def test_what_no_login_depends_on_may_be_of_the_build() -> None:
    """As Debian's own SPF and SMTPUTF8."""
    macro = "MAIN_SMTPUTF8_ADVERTISE_HOSTS"
    text = f".ifdef _OPT_{macro}\n.ifndef {macro}\n{macro} =\n.endif\nsmtputf8_advertise_hosts = {macro}\n.endif\n{ONE}"
    nowhere = ".ifdef NO_SUCH\n.ifdef _HAVE_NOSUCH\nauth_advertise_hosts = :\n.endif\n.endif\n"
    notes = PRODUCT.posture(read(PRODUCT, SINGLE, _text(nowhere + text).before)).notes
    assert not any("built with" in each.text for each in notes)


def test_many_macros_of_the_build_cost_no_more_than_others() -> None:
    """Each statement is held against each of them."""
    macros = "".join(f"M{number}X = 1\n" for number in range(900))
    options = "".join(f"auth_advertise_hosts = {number}\n" for number in range(20_000))
    told = _text(f".ifdef _HAVE_X\n{macros}.endif\n{options}{ONE}auth_M1X = x\n")
    began = time.process_time()
    notes = PRODUCT.posture(read(PRODUCT, SINGLE, told.before)).notes
    assert any("built with" in each.text for each in notes)
    assert time.process_time() - began < 60


def test_blocks_in_capitals_are_blocks() -> None:
    """As in the configuration that Exim comes with: PLAIN and LOGIN under TLS, NTLM before it, and NTLM goes."""
    assert [(each.name, each.states) for each in _service(CAPITALS).offers] == [
        ("PLAIN", (STARTTLS,)),
        ("NTLM", (PLAIN, STARTTLS)),
        ("LOGIN", (STARTTLS,)),
    ]
    assert not _service(CAPITALS).tls.required
    assert _doubts(CAPITALS) == []
    assert_mends(PRODUCT, SINGLE, CAPITALS, WithdrawMechanism())


def test_what_was_not_read_is_never_called_safe() -> None:
    """Authenticators behind a macro: nothing is known to be offered, and TLS is not said to be required."""
    service = _service(BEHIND)
    assert (service.offers, service.tls.required) == ((), False)
    assert [line for line, _ in _doubts(BEHIND)] == [4]
    half = _text(CAPITALS.after[CONF].decode() + "LOCAL_AUTHENTICATORS\n")
    assert [each.states for each in _service(half).offers] == [(STARTTLS,), (STARTTLS,)]
    assert not _service(half).tls.required
    assert _service(_text(CAPITALS.after[CONF].decode())).tls.required


def test_what_an_include_would_say_is_never_called_safe() -> None:
    """One that has to be there and is not; the line that names it is the doubt's."""
    told = _text(CAPITALS.after[CONF].decode() + ".include /srv/more.conf\n")
    assert not _service(told).tls.required
    assert [line for line, _ in _doubts(told)] == [told.before[CONF].count(b"\n")]


def test_a_macro_in_a_value_and_a_condition_inside_leave_a_block_certain() -> None:
    """Debian's own style: the block goes, with the condition in it, on which the file itself decides."""
    assert [(each.name, each.states) for each in _service(DEBIANS).offers] == [
        ("PLAIN", (STARTTLS,)),
        ("NTLM", (STARTTLS,)),
    ]
    assert _doubts(DEBIANS) == []
    assert_mends(PRODUCT, SINGLE, DEBIANS, WithdrawMechanism())


def test_a_macro_that_is_put_in_is_no_doubt() -> None:
    """One that no file defines is, where it decides when a block is advertised."""
    text = CAPITALS.after[CONF].decode().replace("${if def:tls_in_cipher }", "UNDER_TLS")
    assert [line for line, _ in _doubts(_text(text))] == [11, 19]
    known = _text("UNDER_TLS = ${if def:tls_in_cipher }\n" + text)
    assert [each.states for each in _service(known).offers] == [(STARTTLS,), (STARTTLS,)]
    assert _doubts(known) == []


def test_the_server_side_of_a_block_that_logs_in_too_is_advised_on() -> None:
    """Its options would go one by one, and one of them holds a macro: the plan is made, with the block named."""
    block = "  server_password = ${lookup{$auth1}lsearch{CONFDIR/spa}}\n  client_username = x\n"
    text = DEBIANS.after[CONF].decode() + f"both:\n  driver = spa\n  public_name = NTLM\n{block}"
    mending = PRODUCT.edit(read(PRODUCT, SINGLE, _text(text).before), WithdrawMechanism())
    assert isinstance(mending, Mending)
    assert mending.edits == ()
    assert ["holds the macro CONFDIR" in each.text for each in mending.advice] == [True]


def test_what_a_macro_hides_is_advised_on() -> None:
    """The block that counts is named and not edited; one under a condition that does not hold is none."""
    service = _service(MACRO)
    assert [(each.name, each.place.line) for each in service.offers] == [("NTLM", 4), ("PLAIN", 14)]
    files = read(PRODUCT, SINGLE, MACRO.before)
    mending = PRODUCT.edit(files, WithdrawMechanism())
    assert isinstance(mending, Mending)
    assert mending.edits == ()
    assert [(each.place.line if each.place else 0) for each in mending.advice] == [4]
    assert "first (driver spa)" in mending.advice[0].text
    assert "NTLM_DRIVER" in mending.advice[0].text
    doubts = [each.line for each in PRODUCT.posture(files).notes if each.kind is NoteKind.DOUBT]
    assert doubts == [3]


def test_macros_that_name_each_other_end() -> None:
    """However they grow."""
    doubling = "".join(f"M{number}X = M{number + 1}X M{number + 1}X\n" for number in range(40))
    told = _text(f"{doubling}M40X = M0X\nprimary_hostname = M0X\n{ONE}")
    assert [each.name for each in _service(told).offers] == ["NTLM"]


SPA = "spa_s:\n  driver = spa\n  public_name = NTLM\n  server_password = x\n"
BARE_SPA = "  driver = spa\n  server_password = x\n"
PASSWORDS = "  driver = plaintext\n  public_name = PLAIN\n  server_condition = yes\n"


def _offered(text: str) -> list[tuple[str, int | None, str]]:
    """Each mechanism with the line of its driver, and what the setting is called."""
    return [(each.name, each.place.line, each.place.setting) for each in _service(_text(text)).offers]


def test_a_macro_in_the_head_of_a_block_leaves_the_block_before_it_alone() -> None:
    """Neither does the leak before it get lost, nor is a sound block blamed for the one behind; NTLM goes alone."""
    leak_first = f"PLN = x\nbegin authenticators\n{SPA}PLN_auth:\n{PASSWORDS}"
    assert _offered(leak_first) == [("NTLM", 4, "spa_s driver"), ("PLAIN", 8, "PLN_auth driver")]
    assert _doubts(_text(leak_first)) == [(7, "authenticator PLN_auth holds the macro PLN")]
    after = leak_first.replace(SPA, "")
    assert_mends(PRODUCT, SINGLE, Case("", {CONF: leak_first.encode()}, {CONF: after.encode()}), WithdrawMechanism())
    leak_behind = f"PLN = x\nbegin authenticators\nplain:\n{PASSWORDS}PLN_spa:\n{BARE_SPA}"
    assert _offered(leak_behind) == [("PLAIN", 4, "plain driver"), ("NTLM", 8, "PLN_spa driver")]


def test_a_block_is_called_what_its_head_comes_to() -> None:
    """Without a public name it is the mechanism's."""
    text = f"MECH = nt\nbegin authenticators\nMECHlm:\n  driver = dovecot\n  server_socket = /run/a\np:\n{PASSWORDS}"
    assert [name for name, _, _ in _offered(text)] == ["NTLM", "PLAIN"]


@pytest.mark.parametrize("head", ["HEAD", "plain-auth:", "plain\x01:", "HEAD_auth and more:"])
@pytest.mark.parametrize("macro", ["", "HEAD = plain:\n"])
def test_behind_a_head_that_was_not_read_nothing_is_laid_to_the_block_before(head: str, macro: str) -> None:
    """A macro that stands for one, a name that is none: the leak before it keeps its place, and the rest is a doubt."""
    text = f"{macro}begin authenticators\n{SPA}{head}\n{PASSWORDS}"
    first = 4 if macro else 3
    assert _offered(text)[0] == ("NTLM", first, "spa_s driver")
    assert first + 3 in [line for line, _ in _doubts(_text(text))]
    behind = _offered(f"{macro}begin authenticators\nplain:\n{PASSWORDS}{head}\n{BARE_SPA}")
    assert behind[0] == ("PLAIN", first, "plain driver")
    assert {setting for name, _, setting in behind if name == "NTLM"} <= {"(no name) driver"}
