"""Dovecot: what becomes of a plan where a part of the configuration could not be read."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from tests.unit.products import cases
from tests.unit.products.answering import answered
from tightlip.model.remedy import DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.products._dovecot.collecting import collect
from tightlip.products._product import Declined, Instance, Mending
from tightlip.products.dovecot import PRODUCT

MAIN = "/etc/dovecot/dovecot.conf"
EARLY, AUTH, LATE = (f"/etc/dovecot/conf.d/{name}.conf" for name in ("05-x", "10-auth", "99-x"))
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


def test_without_its_main_file_nothing_is_planned() -> None:
    """An empty plan would say that there is nothing to do."""
    refusal = PRODUCT.edit(answered(collect(INSTANCE), {}), WithdrawMechanism())
    assert isinstance(refusal, Declined)
    assert refusal.why == f"{MAIN} could not be read: No such file or directory"
