"""The words of Cyrus SASL's mech_list, as libsasl2 2.1.28 and Postfix 3.7.11 of Debian 12 took them."""

import pytest

from tests.unit.products.cases import mended, read
from tests.unit.products.postfixes import AUTH, CERT, MAIN, MASTER, SASL, SMTP, files, meaning
from tightlip.model.posture import NoteKind
from tightlip.model.remedy import WithdrawMechanism
from tightlip.products import cyrus
from tightlip.products._product import Declined, Files, Instance, Mending
from tightlip.products.postfix import PRODUCT

PLUGINS = tuple(f"/usr/lib/x86_64-linux-gnu/sasl2/lib{name}.so" for name in ("plain", "login", "ntlm"))
WITHDRAW = WithdrawMechanism()


def offers(value: str) -> list[str]:
    """What a service is found to accept with this list."""
    (service,) = meaning(AUTH, sasl=f"mech_list: {value}\n").services
    return [each.name for each in service.offers]


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ("PLAIN, LOGIN, NTLM", ["NTLM"]),
        ("PLAIN\tNTLM,LOGIN", ["PLAIN"]),
        ("PLAIN\tLOGIN", ["PLAIN", "LOGIN"]),
        ("PLAIN,LOGIN", []),
        ("plain NTLM # LOGIN", ["PLAIN", "NTLM", "LOGIN"]),
        ('"PLAIN LOGIN"', []),
        ("LOGIN NTLM-PLUS", ["LOGIN", "NTLM"]),
        ("PLAIN\N{NO-BREAK SPACE}NTLM", []),
    ],
)
def test_blanks_alone_part_the_words(value: str, taken: list[str]) -> None:
    """What sasl_listmech() gave for each, asked with the plugins of Debian's libsasl2-modules."""
    assert offers(value) == taken
    telling = f"sasl_mech_list: {value}\nallowplaintext: yes\n".encode()
    instance = Instance(product="cyrus", config="/etc/imapd.conf")
    told = cyrus.PRODUCT.posture(read(cyrus.PRODUCT, instance, {"/etc/imapd.conf": telling}))
    assert [each.name for each in told.services[0].offers] == taken


def test_words_that_are_no_mechanisms_are_a_doubt_and_not_shown() -> None:
    """They may be anything that got into the file."""
    notes = [each for each in meaning(AUTH, sasl="mech_list: PLAIN, hunter2!\n").notes if each.kind is NoteKind.UNREAD]
    assert [(each.file, each.line) for each in notes] == [(SASL, 1)]
    assert ("2 words" in notes[0].text, "hunter2" in notes[0].text) == (True, False)
    assert not [each for each in meaning(AUTH, sasl="mech_list: PLAIN LOGIN\n").notes if each.kind is NoteKind.UNREAD]


def outcome(sasl: str, *seen: str) -> Mending | Declined:
    """What withdrawing NTLM comes to with this `smtpd.conf`."""
    return PRODUCT.edit(_with(files(AUTH, sasl=sasl), seen), WITHDRAW)


def _with(found: Files, seen: tuple[str, ...]) -> Files:
    return Files(instance=found.instance, files=found.files, seen=seen)


def test_a_list_with_commas_is_not_left_to_kill_smtpd() -> None:
    """`PLAIN, LOGIN,` is what would stay, with which smtpd ends: it is refused, and the commas are named."""
    refusal = outcome("mech_list: PLAIN, LOGIN, NTLM\n")
    assert isinstance(refusal, Declined)
    assert refusal.place is not None
    assert (refusal.place.file, refusal.place.line, "comma" in refusal.why) == (SASL, 1, True)


def test_a_word_that_holds_ntlm_and_a_comma_is_none_and_stays() -> None:
    """Smtpd announced PLAIN alone with it; without the word between it would have announced nothing."""
    assert outcome("mech_list: PLAIN\tNTLM,LOGIN\n") == Mending()


def test_ntlm_goes_in_every_spelling() -> None:
    """Another case, and with the channel binding that the library cuts off."""
    mending = outcome("mech_list: PLAIN\tntlm LOGIN NTLM-PLUS\n")
    assert isinstance(mending, Mending)
    before = {MAIN: AUTH.encode(), MASTER: SMTP.encode(), SASL: b"mech_list: PLAIN\tntlm LOGIN NTLM-PLUS\n"}
    assert mended(before, mending)[SASL] == b"mech_list: PLAIN LOGIN\n"


@pytest.mark.parametrize("left", ["SCRAM-SHA-256", "XOAUTH2", "EXTERNAL", "FOO"])
def test_what_would_stay_must_be_there(left: str) -> None:
    """A name alone is no mechanism: smtpd ends where no plugin has it. EXTERNAL needs a client's certificate."""
    sasl = f"mech_list: {left} NTLM\n"
    refusal = outcome(sasl, *PLUGINS)
    assert isinstance(refusal, Declined)
    assert "no mechanism would be left" in refusal.why
    assert isinstance(outcome(f"mech_list: PLAIN {left} NTLM\n", *PLUGINS), Mending)


def test_it_must_be_there_in_every_state_that_takes_logins() -> None:
    """Without TLS noplaintext leaves CRAM-MD5, which has no plugin here."""
    main = f"{AUTH}{CERT}smtpd_sasl_security_options = noplaintext\nsmtpd_sasl_tls_security_options = noanonymous\n"
    found = files(main, sasl="mech_list: PLAIN CRAM-MD5 NTLM\n")
    refusal = PRODUCT.edit(_with(found, PLUGINS), WITHDRAW)
    assert isinstance(refusal, Declined)
    assert "noplaintext leaves nothing of PLAIN" in refusal.why
    assert isinstance(PRODUCT.edit(_with(found, (*PLUGINS, "/usr/lib/sasl2/libcrammd5.so")), WITHDRAW), Mending)


def test_cyrus_imap_is_not_left_without_what_it_has() -> None:
    """The same library, the same words."""
    instance = Instance(product="cyrus", config="/etc/imapd.conf")
    for value, refused in (("plain, ntlm", True), ("PLAIN NTLM", False), ("SCRAM-SHA-1 NTLM", True)):
        texts = {"/etc/imapd.conf": f"sasl_mech_list: {value}\nallowplaintext: yes\n".encode()}
        found = read(cyrus.PRODUCT, instance, texts | dict.fromkeys(PLUGINS, b""))
        assert isinstance(cyrus.PRODUCT.edit(found, WITHDRAW), Declined) is refused
