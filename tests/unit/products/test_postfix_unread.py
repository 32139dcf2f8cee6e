"""Postfix where something was not read: what stands in it is not known, and is neither made up nor taken for absent."""

import pytest

from tests.unit.products.answering import answered
from tests.unit.products.postfixes import AUTH, CERT, DEBIAN, INSTANCE, MAIN, MASTER, SASL, SMTP, files, meaning
from tightlip.model.posture import NoteKind
from tightlip.model.remedy import RequireTls, WithdrawMechanism
from tightlip.products._product import Absent, Declined, Files, Mending
from tightlip.products.postfix import PRODUCT

NTLM = b"mech_list: PLAIN NTLM\n"
FILTER = "smtpd_sasl_mechanism_filter"


def with_closed(closed: str, texts: dict[str, bytes]) -> Files:
    """What the plug collects where one file is there and may not be read."""
    return answered(PRODUCT.collect(INSTANCE), {**texts, closed: Absent("Permission denied", hidden=True)})


def test_a_closed_smtpd_conf_is_not_taken_for_absent() -> None:
    """Without a list every plugin would be offered; whether there is one is not known, and no plan is made."""
    found = with_closed(SASL, {MAIN: AUTH.encode(), MASTER: SMTP.encode()})
    told = PRODUCT.posture(found)
    assert [each.offers for each in told.services] == [()]
    assert [(note.kind, note.file, note.line) for note in told.notes] == [(NoteKind.UNREAD, MAIN, None)]
    assert isinstance(PRODUCT.edit(found, WithdrawMechanism()), Declined)


def test_what_stands_behind_a_closed_smtpd_conf_does_not_count() -> None:
    """The first takes effect; one that stands behind the first that was read says nothing new."""
    texts = {MAIN: AUTH.encode(), MASTER: SMTP.encode(), "/etc/sasl2/smtpd.conf": b"mech_list: PLAIN\n"}
    assert [each.offers for each in PRODUCT.posture(with_closed(SASL, texts)).services] == [()]
    offers = PRODUCT.posture(with_closed("/etc/sasl2/smtpd.conf", texts | {SASL: NTLM})).services[0].offers
    assert [each.name for each in offers] == ["PLAIN", "NTLM"]


def test_an_smtpd_conf_with_a_line_that_is_none_says_nothing() -> None:
    """The library refuses the whole file (SASL_CONFIGERR): nothing is offered by its absent list."""
    told = meaning(AUTH, sasl="no setting\n")
    assert [each.offers for each in told.services] == [()]
    assert [(note.kind, note.file, note.line) for note in told.notes] == [(NoteKind.UNREAD, SASL, 1)]


@pytest.mark.parametrize(
    "sasl",
    ["#" + "y" * 4_094 + "mech_list: PLAIN NTLM\nmech_list: PLAIN\n", f"mech_list: PLAIN LOGIN{' ' * 4_080}NTLM\n"],
)
def test_what_stands_behind_4095_bytes_of_a_line_is_not_known(sasl: str) -> None:
    """Postfix offered NTLM by the first; by the second it answered nobody any more."""
    told = meaning(AUTH, sasl=sasl)
    assert [each.offers for each in told.services] == [()]
    assert [(note.kind, note.file, note.line) for note in told.notes] == [(NoteKind.UNREAD, SASL, 1)]


@pytest.mark.parametrize("remedy", [WithdrawMechanism(), RequireTls()])
def test_without_main_cf_nothing_is_known(remedy: WithdrawMechanism | RequireTls) -> None:
    """master.cf alone tells neither who decides on logins nor by which list."""
    texts = {MASTER: b"smtp inet n - y - - smtpd -o smtpd_sasl_auth_enable=yes\n", SASL: NTLM, **DEBIAN}
    found = answered(PRODUCT.collect(INSTANCE), texts)
    told = PRODUCT.posture(found)
    assert (told.services, [(note.kind, note.file) for note in told.notes]) == ((), [(NoteKind.UNREAD, MAIN)])
    mending = PRODUCT.edit(found, remedy)
    assert isinstance(mending, Mending)
    assert (mending.edits, "could not be read" in mending.advice[0].text) == ((), True)


@pytest.mark.parametrize("pattern", ["/etc/postfix/mechs", "hash:/etc/postfix/mechs", "inline:{ntlm=x}", "$unknown"])
def test_a_filter_that_looks_things_up_is_a_doubt_and_no_no(pattern: str) -> None:
    """What it hides is not known: nothing is said to be hidden, and the plan is made with advice to look."""
    found = files(f"{AUTH}{FILTER} = {pattern}\n")
    told = PRODUCT.posture(found)
    assert [each.hidden_by for each in told.services[0].offers] == [None, None]
    assert [(note.kind, note.line) for note in told.notes if "filter" in note.text] == [(NoteKind.DOUBT, 2)]
    mending = PRODUCT.edit(found, WithdrawMechanism())
    assert isinstance(mending, Mending)
    assert (len(mending.edits), [each.place and each.place.line for each in mending.advice]) == (1, [2])


def test_what_comes_before_the_table_decides_by_itself() -> None:
    """The first pattern that matches."""
    told = PRODUCT.posture(files(f"{AUTH}{CERT}{FILTER} = !ntlm, plain, hash:/etc/postfix/mechs\n"))
    assert [each.hidden_by is not None for each in told.services[0].offers] == [False, True]


@pytest.mark.parametrize("name", ["sub/smtpd", "/none/smtpd"])
def test_the_name_of_smtpd_conf_may_have_slashes(name: str) -> None:
    """Postfix 3.7.11 read conf/sasl/sub/smtpd.conf for `sub/smtpd`, and offered every plugin where there was none."""
    main = f"{AUTH}smtpd_sasl_path = {name}\n".encode()
    texts = {MAIN: main, MASTER: SMTP.encode(), SASL: b"mech_list: PLAIN\n"}
    told = PRODUCT.posture(answered(PRODUCT.collect(INSTANCE), texts))
    assert "NTLM" in [each.name for each in told.services[0].offers]
    listed = texts | {f"/etc/postfix/sasl/{name}.conf": b"mech_list: CRAM-MD5\n"}
    told = PRODUCT.posture(answered(PRODUCT.collect(INSTANCE), listed))
    assert [each.name for each in told.services[0].offers] == ["CRAM-MD5"]


def test_a_name_that_is_not_known_leads_to_no_file() -> None:
    """A doubt and no offers, for which file is read is not known."""
    told = meaning(f"{AUTH}smtpd_sasl_path = $unknown\n")
    assert ([each.offers for each in told.services], {note.kind for note in told.notes}) == ([()], {NoteKind.DOUBT})


@pytest.mark.parametrize(
    ("disabled", "names"),
    [
        ("", ["smtp/inet", "127.0.0.1:2525/inet"]),
        ("inet", []),
        ("!smtp/inet, inet", ["smtp/inet"]),
        ("127.0.0.1:2525/inet unix", ["smtp/inet"]),
        ("$unknown", ["smtp/inet", "127.0.0.1:2525/inet"]),
        ("hash:/etc/postfix/off", ["smtp/inet", "127.0.0.1:2525/inet"]),
    ],
)
def test_what_main_cf_disables_is_no_service(disabled: str, names: list[str]) -> None:
    """As in an instance that postmulti has just made; what is looked up is not taken for disabled."""
    master = f"{SMTP}127.0.0.1:2525 inet n - y - - smtpd\n"
    told = meaning(f"{AUTH}master_service_disable = {disabled}\n", master)
    assert [each.name for each in told.services] == names


@pytest.mark.parametrize("folder", ["/etc/postfix/sasl", "/etc/postfix//sasl/", "/etc/postfix/sasl:/etc/postfix/sasl"])
def test_one_file_by_two_names_is_no_doubt(folder: str) -> None:
    """cyrus_sasl_config_path is the folder beside main.cf; where it is another, both files may be meant."""
    texts = {MAIN: f"{AUTH}cyrus_sasl_config_path = {folder}\n".encode(), MASTER: SMTP.encode(), SASL: NTLM}
    told = answered(PRODUCT.collect(INSTANCE), texts)
    assert [each.path for each in told.files] == [MAIN, MASTER, SASL]
    assert [each.text for each in PRODUCT.posture(told).notes if each.kind is NoteKind.DOUBT] == []
    other = {"/etc/sasl2/smtpd.conf": b"mech_list: PLAIN\n", SASL: b"mech_list: PLAIN\n", MASTER: SMTP.encode()}
    main = f"{AUTH}cyrus_sasl_config_path = /etc/sasl2\n".encode()
    both = PRODUCT.posture(answered(PRODUCT.collect(INSTANCE), {MAIN: main, **other}))
    assert ["depends on how Postfix was built" in each.text for each in both.notes if each.kind is NoteKind.DOUBT] == [
        True
    ]
