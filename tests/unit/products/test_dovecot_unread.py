"""Dovecot: what becomes of a plan where a part of the configuration could not be read."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from tests.unit.products import cases
from tests.unit.products.answering import answered
from tightlip.model.finding import Place
from tightlip.model.posture import NoteKind
from tightlip.model.remedy import DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.products._dovecot.collecting import collect
from tightlip.products._product import Absent, Declined, Instance, Mending
from tightlip.products.dovecot import PRODUCT

FOLDER = "/etc/dovecot"
MAIN = f"{FOLDER}/dovecot.conf"
EARLY, AUTH, LATE = (f"{FOLDER}/conf.d/{name}.conf" for name in ("05-x", "10-auth", "99-x"))
INSTANCE = Instance(product="dovecot", config=MAIN)
WITHDRAW = WithdrawMechanism()
BROKEN = b"plugin {\n"
HEAD = b"protocols = pop3\nssl_cert = </c.pem\nssl = required\n"
INCLUDING = HEAD + b"!include conf.d/*.conf\n"
LEAKY = b"auth_mechanisms = plain ntlm\nauth_use_winbind = yes\n"


def edited(files: Mapping[str, bytes], remedy: Remedy = WITHDRAW) -> Mending | Declined:
    """What the plug plans for these files."""
    return PRODUCT.edit(cases.read(PRODUCT, INSTANCE, files), remedy)


@pytest.mark.parametrize("path", [EARLY, LATE, MAIN])
@pytest.mark.parametrize("remedy", [WithdrawMechanism(), RequireTls(), DisableService("imap")])
def test_what_needs_no_change_needs_not_be_read(path: str, remedy: Remedy) -> None:
    """Nothing is refused where nothing would be changed."""
    files = {MAIN: INCLUDING, AUTH: b"auth_mechanisms = plain\n"}
    files[path] = files.get(path, b"") + BROKEN
    assert edited(files, remedy) == Mending()


@pytest.mark.parametrize(("path", "line"), [(LATE, 1), (AUTH, 3), (MAIN, 5)])
def test_what_could_overrule_a_change_must_be_read(path: str, line: int) -> None:
    """It stands behind the list: in the same file, a later one, or after the include."""
    files = {MAIN: INCLUDING, AUTH: LEAKY}
    files[path] = files.get(path, b"") + BROKEN
    refusal = edited(files)
    assert isinstance(refusal, Declined)
    assert "may overrule what would be changed" in refusal.why
    assert refusal.place
    assert (refusal.place.file, refusal.place.line) == (path, line)


def test_what_stands_before_a_list_that_starts_anew_does_not_matter() -> None:
    """The last list counts; what it takes over from an earlier one must be read."""
    files = {MAIN: INCLUDING, EARLY: BROKEN, AUTH: LEAKY}
    mending = edited(files)
    assert isinstance(mending, Mending)
    assert [each.path for each in mending.edits] == [AUTH]
    assert isinstance(edited(files | {AUTH: LEAKY.replace(b"plain", b"$auth_mechanisms plain")}), Declined)
    assert isinstance(edited(files | {AUTH: b"auth_mechanisms = plain ntlm\n"}), Declined)


@pytest.mark.parametrize("remedy", [RequireTls(), DisableService("pop3"), LimitAccounts(("anna",))])
def test_blocks_of_protocols_and_services_count_wherever_they_stand(remedy: Remedy) -> None:
    """An unread one may say the opposite, also before what is changed."""
    refusal = edited({MAIN: INCLUDING.replace(b"ssl = required\n", b""), EARLY: BROKEN}, remedy)
    assert isinstance(refusal, Declined)


@pytest.mark.parametrize(
    ("why", "refused"),
    [
        ("Permission denied", True),
        ("No such file or directory", False),
        ("it is none of the files that were named", False),
    ],
)
def test_a_file_that_dovecot_alone_can_read_may_overrule(why: str, refused: bool) -> None:
    """Dovecot is root; what is not there for it either overrules nothing."""
    files = cases.read(PRODUCT, INSTANCE, {MAIN: HEAD + LEAKY + b"!include_try secret.conf\n"})
    missing = tuple(replace(each, why=why) for each in files.missing)
    refusal = PRODUCT.edit(replace(files, missing=missing), WITHDRAW)
    assert isinstance(refusal, Declined) is refused


@pytest.mark.parametrize("why", ["No such file or directory", "it is no regular file", "Permission denied"])
def test_an_include_that_must_be_there_may_overrule_wherever_it_is_gone(why: str) -> None:
    """As one line of it that is not understood; before a list that starts anew it does not matter."""
    files: dict[str, bytes | Absent] = {
        MAIN: HEAD + LEAKY + b"!include late.conf\n",
        f"{FOLDER}/late.conf": Absent(why),
    }
    refusal = PRODUCT.edit(answered(collect(INSTANCE), files), WITHDRAW)
    assert isinstance(refusal, Declined)
    assert refusal.place == Place(MAIN, 6, "", None)
    files[MAIN] = HEAD + b"!include late.conf\n" + LEAKY
    assert isinstance(PRODUCT.edit(answered(collect(INSTANCE), files), WITHDRAW), Mending)


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"local": b"!include dovecot.conf\n"}, ("local", 1)),
        ({"local": b"!include_try local.conf\n"}, ("local", 1)),
        ({"local": b"!include_try [a-e]*.conf\n"}, ("local", 1)),
        ({"local": b"!include b.conf\n", "b": b"!include_try dovecot.conf\n"}, ("b", 1)),
        # Dovecot opens all files of a pattern before it reads the first.
        ({"local": b"!include c*.conf\n", "c1": b"!include c2.conf\n", "c2": b""}, ("c1", 1)),
    ],
)
def test_a_circle_of_includes_is_unread(files: dict[str, bytes], place: tuple[str, int]) -> None:
    """Dovecot 2.3.19: `Fatal: Recursive include file`. Neither clean nor to be planned for."""
    texts = {f"{FOLDER}/{name}.conf": text for name, text in files.items()}
    found = answered(collect(INSTANCE), {MAIN: HEAD + LEAKY + b"!include local.conf\n", **texts})
    told = [note for note in PRODUCT.posture(found).notes if "Recursive include file" in note.text]
    assert [(note.kind, note.file, note.line) for note in told] == [
        (NoteKind.UNREAD, f"{FOLDER}/{place[0]}.conf", place[1])
    ]
    assert isinstance(PRODUCT.edit(found, WITHDRAW), Declined)


def test_a_file_that_is_included_twice_makes_no_circle() -> None:
    """Once it was read to its end it may be included again, also by a later file of the same pattern."""
    files = {
        MAIN: HEAD + b"!include a.conf\n!include_try a.conf\n!include c*.conf\n",
        f"{FOLDER}/a.conf": b"auth_mechanisms = plain\n",
        f"{FOLDER}/c1.conf": b"!include a.conf\n",
        f"{FOLDER}/c2.conf": b"!include c1.conf\n!include a.conf\n",
    }
    assert answered(collect(INSTANCE), files).missing == ()


def test_without_its_main_file_nothing_is_planned() -> None:
    """An empty plan would say that there is nothing to do."""
    refusal = PRODUCT.edit(answered(collect(INSTANCE), {}), WithdrawMechanism())
    assert isinstance(refusal, Declined)
    assert refusal.why == f"{MAIN} could not be read: No such file or directory"
