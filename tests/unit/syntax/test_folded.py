"""main.cf, imapd.conf and SASL's smtpd.conf: reading, and edits that keep folds and comments."""

import pytest

from tests.unit.syntax.asking import done, told, value
from tests.unit.syntax.shelf import CORPUS, LENSES
from tightlip.syntax import edits
from tightlip.syntax.lenses.folded import IMAPD_CONF, MAIN_CF, SASL_CONF
from tightlip.syntax.reading import Kind, effective

MAIN = MAIN_CF.read((CORPUS / "main_cf/folded-with-comments-inside.cf").read_bytes())
IMAPD = IMAPD_CONF.read((CORPUS / "imapd_conf/debian-like.conf").read_bytes())
SASL = SASL_CONF.read((CORPUS / "sasl_conf/two-lists-of-which-the-first-counts.conf").read_bytes())


def test_a_folded_value_is_one_value() -> None:
    """Comments, empty lines and # at the start of a line are no part of it; later # are."""
    assert (value(MAIN, "mydestination") or "").split() == ["$myhostname,", "mx.example.org,", "localhost"]
    networks = effective(MAIN, "mynetworks")
    assert networks is not None
    assert (networks.line, networks.value.split()) == (9, ["127.0.0.0/8", "192.0.2.0/24", "[::1]/128"])
    assert value(MAIN, "smtpd_banner") == "$myhostname ESMTP $mail_name = 1 # Debian"


def test_which_of_two_settings_counts_is_the_programs_own_rule() -> None:
    """Postfix takes the last, libsasl the first."""
    assert value(MAIN, "smtpd_tls_auth_only") == "yes"
    assert value(SASL, "Mech_List") == "PLAIN LOGIN NTLM CRAM-MD5"
    after = done(SASL, edits.remove_words(SASL, "mech_list", ["ntlm"]))
    assert after == SASL.text.decode().replace("LOGIN NTLM", "LOGIN")
    assert "list" not in done(SASL, edits.remove_setting(SASL, "mech_list")).lower()


def test_cyrus_folds_by_a_backslash_and_ignores_case_in_names() -> None:
    """A comment goes on too, and takes what follows it along; @include is an include."""
    assert effective(IMAPD, "sasl_pwcheck_method") == effective(IMAPD, "SASL_PWCHECK_METHOD")
    assert (value(IMAPD, "admins") or "").split() == ["cyrus", "root"]
    assert [each.value for each in IMAPD.entries if each.kind is Kind.INCLUDE] == ["/etc/imapd-local.conf"]
    assert told(IMAPD_CONF.read(b"# off: \\\na: 1\nb: 2\n").entries) == [("b", "2")]
    assert told(IMAPD_CONF.read(b"a: x\\\r\nb: 2\r\n").entries) == [("a", "x\\"), ("b", "2")]


@pytest.mark.parametrize(
    ("grammar", "text", "line"),
    [
        ("main_cf", "  a = b\nc = d\n", 1),
        ("main_cf", "a = b\nc d\n", 2),
        ("main_cf", "a = b\n c\x00\n", 1),
        ("imapd_conf", "a: b\nc:\n", 2),
        ("imapd_conf", "a : b\n", 1),
        ("imapd_conf", "@other: b\n", 1),
        ("imapd_conf", "a: b\nc: d\\\n", 2),
        ("sasl_conf", "a: b\n\nmech_list PLAIN\n", 3),
        ("sasl_conf", "@include: x\n", 1),
        ("main_cf", "\ufeffa = b\n", 1),
    ],
)
def test_what_the_program_would_not_take_is_named_by_its_line(grammar: str, text: str, line: int) -> None:
    """Missing signs, empty values, unknown directives, what the end of the file cuts off, byte order marks."""
    assert [each.line for each in LENSES[grammar].read(text.encode()).unread] == [line]


# The first and the last lengths at which Cyrus SASL 2.1.28 takes a line whole, and cuts it.
@pytest.mark.parametrize(("length", "unread"), [(4_095, []), (4_096, [2])])
@pytest.mark.parametrize(("before", "behind"), [("#", ""), ("", ""), ("mech_list: PLAIN", " NTLM")])
def test_a_line_that_the_library_cuts_is_not_read(length: int, unread: list[int], before: str, behind: str) -> None:
    """Its rest would be a line, behind a comment and behind blanks. A CR counts, and Cyrus' imapd.conf has no limit."""
    line = before.ljust(length - len(behind)) + behind
    text = f"a: b\n{line}\nc: d\n".encode()
    reading = SASL_CONF.read(text)
    assert [each.line for each in reading.unread] == unread
    assert isinstance(edits.set_value(reading, "c", "e"), edits.Unreadable) is bool(unread)
    assert [each.line for each in SASL_CONF.read(text.replace(b"\n", b"\r\n")).unread] == [2]
    assert IMAPD_CONF.read(text).is_whole


def test_words_of_a_folded_list_go_with_their_lines() -> None:
    """The first, one in the middle, the last; comments between stay."""
    text = MAIN.text.decode()
    gone = {"127.0.0.0/8": "\t127.0.0.0/8\n", "192.0.2.0/24": "\t192.0.2.0/24   \n", "[::1]/128": "\t[::1]/128\n"}
    for word, bytes_of_it in gone.items():
        after = done(MAIN, edits.remove_words(MAIN, "mynetworks", [word]))
        assert after == text.replace(bytes_of_it, "")
    after = done(MAIN, edits.remove_words(MAIN, "smtpd_sasl_mechanism_filter", ["ntlm"]))
    assert after == text.replace("plain, login, ntlm", "plain, login")


def test_a_new_value_takes_the_place_of_all_lines() -> None:
    """Comments between them stay; an empty value gets its space."""
    text = MAIN.text.decode()
    after = done(MAIN, edits.set_value(MAIN, "mynetworks", "10.0.0.0/8"))
    assert after == text.replace("127.0.0.0/8", "10.0.0.0/8").replace("\t192.0.2.0/24   \n\t[::1]/128\n", "")
    after = done(MAIN, edits.set_value(MAIN, "smtpd_sasl_security_options", "noanonymous"))
    assert after == text.replace("security_options =", "security_options = noanonymous")
    assert isinstance(edits.set_value(MAIN, "myhostname", "a\nb = c"), edits.Declined)


def test_a_new_setting_comes_last() -> None:
    """With the line ends, and the want of a last one, that the file has."""
    text = (CORPUS / "main_cf/crlf-without-a-last-line-end.cf").read_bytes()
    reading = MAIN_CF.read(text)
    after = done(reading, edits.set_value(reading, "smtpd_tls_security_level", "may")).encode()
    assert after == text + b"\r\nsmtpd_tls_security_level = may"
    assert done(IMAPD, edits.set_value(IMAPD, "tls_required", "1")) == IMAPD.text.decode() + "tls_required: 1\n"
    empty = SASL_CONF.read(b"")
    assert done(empty, edits.set_value(empty, "mech_list", "PLAIN")) == "mech_list: PLAIN\n"


def test_every_setting_of_a_name_is_removed() -> None:
    """Else the one before would take effect."""
    after = done(MAIN, edits.remove_setting(MAIN, "smtpd_tls_auth_only"))
    expected = MAIN.text.decode().replace("smtpd_tls_auth_only = no\nsmtpd_tls_auth_only = yes\n", "")
    assert after == expected
