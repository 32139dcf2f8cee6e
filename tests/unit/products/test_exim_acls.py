"""Exim: ACLs that let logins through which were never advertised, as Exim 4.96 took them when it was asked."""

from collections.abc import Mapping

import pytest

from tests.unit.products.cases import read
from tightlip.assess.judge import judge
from tightlip.model.finding import Finding, Place
from tightlip.model.host_view import HostView
from tightlip.model.posture import Note, NoteKind, Posture
from tightlip.model.remedy import RequireTls
from tightlip.products._product import Files, Instance, Mending
from tightlip.products.exim import PRODUCT

CONF = "/etc/exim4/exim4.conf"
HELO = "/etc/exim4/helo.acl"
OTHER = "/etc/exim4/other.acl"
SPA = "begin authenticators\nspa:\n  driver = spa\n  public_name = NTLM\n  server_password = x\n"
HIDES = "auth_advertise_hosts =\n"
LETS = "accept control = allow_auth_unadvertised"


def files_of(text: str, beside: Mapping[str, str] | None = None) -> Files:
    """What is collected of a main file that hides NTLM, and others beside it."""
    others = {path: content.encode() for path, content in (beside or {}).items()}
    return read(PRODUCT, Instance(product="exim", config=CONF), {CONF: (HIDES + text + SPA).encode(), **others})


def rules(posture: Posture) -> set[str]:
    """What is found."""
    return {each.rule for each in judge(HostView((), (posture,), "mail1", None)) if isinstance(each, Finding)}


def doubts(posture: Posture) -> list[Note]:
    """Where it cannot be told."""
    return [note for note in posture.notes if note.kind is NoteKind.DOUBT]


@pytest.mark.parametrize(
    "text",
    [
        f"acl_smtp_connect = {LETS}\n",
        "acl_smtp_helo = warn control=allow_auth_unadvertised\n",
        "acl_smtp_helo = accept \\\n  control = allow_auth_unadvertised\n",
        "acl_smtp_helo = accept\\ncontrol = allow_auth_unadvertised\\ndeny\n",
        'acl_smtp_helo = "accept control = allow_auth_unadvertised\\ndeny"\n',
        f"LETS = {LETS}\nacl_smtp_connect = LETS\n",
        f"acl_smtp_connect = acl_c\nbegin acl\nacl_c:\n  accept acl = {LETS}\n",
        "WHAT = allow_auth_unadvertised\nacl_smtp_connect = acl_c\nbegin acl\nacl_c:\n  accept control=WHAT\n",
    ],
)
def test_an_inline_acl_lets_through_what_a_named_one_does(text: str) -> None:
    """NTLM is hidden and answers all the same."""
    posture = PRODUCT.posture(files_of(text))
    assert {"mechanism-hidden-not-refused", "ntlm-offered", "ntlm-without-tls"} <= rules(posture)
    assert doubts(posture) == []


def test_the_inline_acl_is_named_where_it_is_to_be_taken_out() -> None:
    """By its option."""
    text = "acl_smtp_connect = accept control = allow_auth_unadvertised\n"
    mending = PRODUCT.edit(files_of(text), RequireTls())
    assert isinstance(mending, Mending)
    assert [each.place for each in mending.advice][:1] == [Place(CONF, 2, "acl_smtp_connect", LETS)]


def test_an_acl_in_a_file_of_its_own_is_read() -> None:
    """And what that names in turn; each once, and the line is where it stands."""
    beside = {HELO: f"# said\nrequire acl = {OTHER}\nrequire acl = {HELO}\n", OTHER: f"\n{LETS}\n"}
    files = files_of(f"acl_smtp_helo = {HELO}\n", beside)
    assert [each.path for each in files.files] == [CONF, HELO, OTHER]
    assert {"mechanism-hidden-not-refused", "ntlm-offered", "ntlm-without-tls"} <= rules(PRODUCT.posture(files))
    mending = PRODUCT.edit(files, RequireTls())
    assert isinstance(mending, Mending)
    assert [each.place for each in mending.advice][:1] == [
        Place(OTHER, 2, "accept", "control = allow_auth_unadvertised")
    ]


@pytest.mark.parametrize("named", [f'"{HELO}"', "HOME/helo.acl", "acl_h"])
def test_a_file_s_name_may_hold_macros_or_stand_in_a_named_acl(named: str) -> None:
    """It is the same file."""
    text = f"HOME = /etc/exim4\nacl_smtp_helo = {named}\nbegin acl\nacl_h:\n  accept acl = {HELO}\n"
    assert "mechanism-hidden-not-refused" in rules(PRODUCT.posture(files_of(text, {HELO: LETS})))


def test_a_file_that_says_nothing_of_it_is_clean() -> None:
    """Read, and no doubt."""
    posture = PRODUCT.posture(files_of(f"acl_smtp_helo = {HELO}\n", {HELO: "accept hosts = *\n"}))
    assert (rules(posture), doubts(posture)) == (set(), [])


def test_a_file_that_is_not_there_is_a_doubt_where_it_is_named() -> None:
    """It may let anything through."""
    posture = PRODUCT.posture(files_of(f"acl_smtp_helo = {HELO}\n"))
    assert rules(posture) == set()
    assert [(note.file, note.line) for note in doubts(posture)] == [(CONF, 2)]


def test_files_without_number_are_not_all_read() -> None:
    """A hundred are; the next is told."""
    beside = {f"/etc/{number}": f"require acl = /etc/{number + 1}\n" for number in range(200)}
    files = files_of("acl_smtp_helo = /etc/0\n", beside)
    assert len(files.files) == 101
    assert [(each.path, each.file, each.line) for each in files.missing] == [("/etc/100", "/etc/99", 1)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("acl_smtp_connect = acl_c\nbegin acl\nacl_c:\n  accept control = ${lookup{x}lsearch{/etc/x}}\n", 5),
        ("acl_smtp_connect = acl_c\nbegin acl\nacl_c:\n  accept control = allow_auth_${lookup{x}lsearch{/y}}\n", 5),
        ("acl_smtp_helo = accept control = \\x61llow_auth_unadvertised\n", 2),
        ("acl_smtp_connect = acl_c\nbegin acl\nacl_c:\n  accept acl = $acl_c_x\n", 5),
        ("acl_smtp_connect = acl_c\nbegin acl\nacl_c:\n  accept acl = d\nd:\n  warn control = ${run{/bin/x}}\n", 7),
        ("acl_smtp_connect = ${lookup{x}lsearch{/etc/x}}\nbegin acl\nacl_c:\n  accept\n", 2),
    ],
)
def test_what_is_expanded_is_a_doubt_at_its_line(text: str, line: int) -> None:
    """Only Exim knows what comes of it."""
    posture = PRODUCT.posture(files_of(text))
    assert "ntlm-offered" not in rules(posture)
    assert (CONF, line) in [(note.file, note.line) for note in doubts(posture)]


def test_an_expansion_is_a_doubt_of_tls_as_well() -> None:
    """Logins are advertised under TLS alone, and perhaps let through in clear."""
    text = "acl_smtp_connect = ${lookup{x}lsearch{/etc/x}}\nauth_advertise_hosts = ${if def:tls_in_cipher{*}}\n"
    posture = PRODUCT.posture(files_of(text))
    assert posture.services[0].offers
    assert not posture.services[0].tls.required


@pytest.mark.parametrize(
    "text",
    [
        "acl_smtp_rcpt = acl_r\nbegin acl\nacl_r:\n  accept control = ${lookup{x}lsearch{/etc/x}}\n",
        "acl_smtp_connect = acl_c\nbegin acl\nacl_c:\n  accept control = debug/tag=$sender_host_address\n",
        "acl_smtp_connect = acl_c\nbegin acl\nacl_c:\n  accept control = no_${lookup{x}lsearch{/etc/x}}\n",
        "acl_smtp_rcpt = ${lookup{x}lsearch{/etc/x}}\n",
        "auth_advertise_hosts = *\nacl_smtp_connect = ${lookup{x}lsearch{/etc/x}}\n",
    ],
)
def test_an_expansion_that_can_let_nothing_through_is_none(text: str) -> None:
    """It is in another ACL, where the control is an error; it begins otherwise; or nothing is kept back."""
    assert doubts(PRODUCT.posture(files_of(text))) == []
