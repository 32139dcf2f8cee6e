"""Debian's Exim reads what update-exim4.conf made of its sources, and which sources these are, a shell file says."""

from collections.abc import Mapping

import pytest

from tests.unit.products.answering import answered
from tightlip.model.posture import Note, NoteKind
from tightlip.products._exim.collecting import DEFAULTS, GENERATED, TEMPLATE
from tightlip.products._product import Absent, Files, Instance
from tightlip.products.exim import PRODUCT

HEAD = "auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}\nbegin authenticators\n"
PLAIN = "plain:\n  driver = plaintext\n  public_name = PLAIN\n  server_condition = yes\n"
SPA = "ntlm:\n  driver = spa\n  public_name = NTLM\n  server_password = x\n"
NOT_SPLIT = "dc_use_split_config='false'\n"
IN_CONF_D = "/etc/exim4/conf.d/auth/30_own"


def read(texts: Mapping[str, str | Absent], main: str = GENERATED) -> Files:
    """What the plug collects of these files."""
    files = {path: text.encode() if isinstance(text, str) else text for path, text in texts.items()}
    return answered(PRODUCT.collect(Instance(product="exim", config=main)), files)


def doubts(found: Files) -> list[Note]:
    """What is said of the generated file but that it is one."""
    notes = PRODUCT.posture(found).notes
    return [each for each in notes if each.file == GENERATED and each.kind is not NoteKind.MANAGED]


@pytest.mark.parametrize("main", [GENERATED, DEFAULTS, TEMPLATE])
def test_what_the_generated_file_says_besides_is_what_runs(main: str) -> None:
    """The sources are mended, and nobody ran update-exim4.conf: a doubt at the line, by which no finding closes."""
    sources = {DEFAULTS: NOT_SPLIT, TEMPLATE: HEAD + PLAIN}
    (doubt,) = doubts(read({**sources, GENERATED: HEAD + PLAIN + SPA}, main))
    assert (doubt.kind, doubt.line) == (NoteKind.DOUBT, 8)
    assert "NTLM too" in doubt.text
    assert "run update-exim4.conf" in doubt.text
    assert doubts(read({**sources, GENERATED: f"# WARNING\n{HEAD}{PLAIN}"}, main)) == []
    assert doubts(read(sources, main)) == []


@pytest.mark.parametrize(
    "generated", [HEAD.replace("auth_adv", "# auth_adv") + PLAIN, f"daemon_smtp_ports = 26\n{HEAD}{PLAIN}", HEAD]
)
def test_whatever_it_means_otherwise_is_a_doubt(generated: str) -> None:
    """The hosts that are offered logins, the ports, the mechanisms."""
    (doubt,) = doubts(read({DEFAULTS: NOT_SPLIT, TEMPLATE: HEAD + PLAIN, GENERATED: generated}))
    assert doubt.kind is NoteKind.DOUBT


def test_what_its_sources_include_no_more_is_unread() -> None:
    """Exim reads it still; what the sources include as well was read with them."""
    sources = {DEFAULTS: NOT_SPLIT, TEMPLATE: HEAD + PLAIN, "/etc/exim4/spa": SPA}
    generated = f"{HEAD}{PLAIN}.include /etc/exim4/spa\n"
    (unread,) = doubts(read({**sources, GENERATED: generated}))
    assert (unread.kind, unread.line) == (NoteKind.UNREAD, 7)
    assert "/etc/exim4/spa, which its sources do not include any more: run update-exim4.conf" in unread.text
    assert doubts(read({**sources, TEMPLATE: generated, GENERATED: generated})) == []


@pytest.mark.parametrize("generated", [f"{HEAD}{PLAIN}  SOME_MACRO\n", Absent("Permission denied", hidden=True)])
def test_a_generated_file_that_was_not_read_is_unread(generated: str | Absent) -> None:
    """Whether it says the same is not known."""
    found = read({DEFAULTS: NOT_SPLIT, TEMPLATE: HEAD + PLAIN, GENERATED: generated})
    assert NoteKind.UNREAD in {each.kind for each in doubts(found)}


@pytest.mark.parametrize(
    ("assigned", "source"),
    [
        ("dc_use_split_config='true'\ndc_use_split_config='false'\n", TEMPLATE),
        ('dc_use_split_config=false\ndc_use_split_config="TRUE" # split\n', IN_CONF_D),
        ("dc_use_split_config='true'\n#dc_use_split_config='false'\n", IN_CONF_D),
        ("dc_use_split_config='true'\ndc_use_split_config=\n", TEMPLATE),
        ("", TEMPLATE),
    ],
)
def test_the_last_assignment_says_which_sources_are_joined(assigned: str, source: str) -> None:
    """A shell reads the file."""
    paths = [each.path for each in read({DEFAULTS: assigned, IN_CONF_D: SPA, TEMPLATE: HEAD + SPA}, DEFAULTS).files]
    assert paths == [DEFAULTS, source]


@pytest.mark.parametrize("assigned", ["dc_use_split_config='yes'\n", 'dc_use_split_config="$(hostname)"\n'])
def test_a_scheme_that_is_none_is_unread(assigned: str) -> None:
    """update-exim4.conf ends with an error, or the shell works it out."""
    notes = PRODUCT.posture(read({DEFAULTS: f"# a\n{assigned}", TEMPLATE: HEAD + PLAIN}, DEFAULTS)).notes
    assert (NoteKind.UNREAD, DEFAULTS, 2) in [(each.kind, each.file, each.line) for each in notes]


def test_the_last_list_of_interfaces_counts_too() -> None:
    """An empty one takes an earlier one away."""
    template = f".ifdef MAIN_LOCAL_INTERFACES\nlocal_interfaces = MAIN_LOCAL_INTERFACES\n.endif\n{HEAD}{PLAIN}"
    assigned = "dc_local_interfaces='127.0.0.1'\ndc_local_interfaces=''\n"
    (service,) = PRODUCT.posture(read({DEFAULTS: assigned, TEMPLATE: template}, DEFAULTS)).services
    assert [each.address for each in service.listeners] == [""]
