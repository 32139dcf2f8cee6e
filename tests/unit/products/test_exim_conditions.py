"""Exim's conditions and macros are decided by all of its files together, and what these do not decide is a doubt."""

from collections.abc import Mapping

import pytest

from tests.unit.products.answering import answered
from tightlip.model.endpoint import Security
from tightlip.model.posture import NoteKind, Posture
from tightlip.products._exim.collecting import DEFAULTS, LOCAL_MACROS, TEMPLATE
from tightlip.products._product import Absent, Instance
from tightlip.products.exim import PRODUCT

CONF = "/srv/exim.conf"
SPLIT = "dc_eximconfig_configtype='internet'\ndc_use_split_config='true'\n"
ONE_FILE = SPLIT.replace("true", "false")
CONF_D = "/etc/exim4/conf.d"
# As Debian ships them.
TLS = """\
.ifdef MAIN_TLS_ENABLE
.ifndef MAIN_TLS_ADVERTISE_HOSTS
MAIN_TLS_ADVERTISE_HOSTS = *
.endif
tls_advertise_hosts = MAIN_TLS_ADVERTISE_HOSTS
.endif
"""
PLAIN = """\
plain_server:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if crypteq{$auth3}{${lookup{$auth2}lsearch{CONFDIR/passwd}}}}
  .ifndef AUTH_SERVER_ALLOW_NOTLS_PASSWORDS
  server_advertise_condition = ${if eq{$tls_in_cipher}{}{}{*}}
  .endif
"""
UNSURE = frozenset({NoteKind.DOUBT, NoteKind.UNREAD})


def _posture(files: Mapping[str, str | Absent]) -> Posture:
    """What files mean, of Debian's sources or of one file of one's own."""
    there = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    main = DEFAULTS if DEFAULTS in files else CONF
    return PRODUCT.posture(answered(PRODUCT.collect(Instance(product="exim", config=main)), there))


def _doubts(posture: Posture) -> list[tuple[str | None, int | None]]:
    return [(each.file, each.line) for each in posture.notes if each.kind in UNSURE]


def _states(posture: Posture) -> dict[str, tuple[Security, ...]]:
    return {each.name: each.states for service in posture.services for each in service.offers}


@pytest.mark.parametrize(
    "enabling",
    [
        {DEFAULTS: SPLIT, f"{CONF_D}/main/000_localmacros": "MAIN_TLS_ENABLE = yes\n"},
        {DEFAULTS: f"{SPLIT}MAIN_TLS_ENABLE=true\n"},
        {DEFAULTS: ONE_FILE, LOCAL_MACROS: "MAIN_TLS_ENABLE = yes\n"},
        {DEFAULTS: f"{ONE_FILE}MAIN_TLS_ENABLE=true\n"},
    ],
)
def test_debians_own_files_with_tls_hold_no_doubt(enabling: dict[str, str]) -> None:
    """Split and not, wherever TLS is turned on: EHLO of 4.96 shows PLAIN under TLS alone."""
    main, auth = "CONFDIR = /etc/exim4\n" + TLS, "begin authenticators\n" + PLAIN
    split = {f"{CONF_D}/main/03_tls": main, f"{CONF_D}/auth/00_header": auth.partition("\n")[0], TEMPLATE: main + auth}
    posture = _posture({**split, f"{CONF_D}/auth/31_plain": PLAIN, **enabling})
    assert _doubts(posture) == []
    assert _states(posture) == {"PLAIN": (Security.STARTTLS,)}


def test_a_block_under_a_condition_that_holds_is_certain() -> None:
    """As is one in the other branch."""
    text = f"OWN = 1\nbegin authenticators\n.ifdef OWN\n{PLAIN}.else\n{PLAIN.replace('PLAIN', 'LOGIN')}.endif\n"
    for defining, name in ((text, "PLAIN"), (text.replace("OWN = 1\n", ""), "LOGIN")):
        posture = _posture({CONF: defining})
        assert _doubts(posture) == []
        assert list(_states(posture)) == [name]


@pytest.mark.parametrize(
    ("main", "line"),
    [
        (".include /srv/macros\n", 1),
        (".include_if_exists /srv/hidden\n", 1),
        ("SOME_MACRO\n", 1),
        (".ifdef _HAVE_NOSUCH\nAUTH_SERVER_ALLOW_NOTLS_PASSWORDS = 1\n.endif\n", 10),
    ],
)
def test_what_another_place_may_define_stays_a_doubt(main: str, line: int) -> None:
    """A file that is not there or not to be read, a line that may be anything, the program itself."""
    hidden = Absent("Permission denied", hidden=True)
    posture = _posture({CONF: f"{main}begin authenticators\n{PLAIN}", "/srv/hidden": hidden})
    assert (CONF, line) in _doubts(posture)


@pytest.mark.parametrize(
    "option",
    [
        "auth_advertise_hosts = OWN_HOSTS",
        "tls_advertise_hosts = OWN_HOSTS",
        'tls_advertise_hosts = "ESCAPED"',
        "auth_advertise_hosts = QUOTED",
    ],
)
def test_a_macro_that_is_not_known_or_brings_quotes_stays_a_doubt(option: str) -> None:
    """Also under a condition that is decided."""
    macros = 'ESCAPED = \\x2a\nQUOTED = "*"\n'
    posture = _posture({CONF: f"{macros}.ifdef QUOTED\n{option}\n.endif\nbegin authenticators\n{PLAIN}"})
    assert _doubts(posture) == [(CONF, 4)]
