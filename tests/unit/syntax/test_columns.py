"""master.cf: services with their options, and options set, added and taken away."""

import pytest

from tests.unit.syntax.asking import done, told
from tests.unit.syntax.shelf import CORPUS
from tightlip.syntax import edits
from tightlip.syntax.edits import Declined
from tightlip.syntax.lenses.columns import MASTER_CF
from tightlip.syntax.reading import Kind

MASTER = MASTER_CF.read((CORPUS / "master_cf/submission-and-smtps.cf").read_bytes())
TEXT = MASTER.text.decode()
SUBMISSION = ("submission/inet",)


def test_services_and_their_options_are_read() -> None:
    """In either way of writing -o; what stands behind a pipe's own arguments is none."""
    services = [(each.name, each.value.split()[-1]) for each in MASTER.entries if each.kind is Kind.BLOCK]
    assert services == [
        ("smtp/inet", "smtpd"),
        ("submission/inet", "smtpd"),
        ("smtps/inet", "smtpd"),
        ("[::1]:2525/inet", "smtpd"),
        ("pickup/unix", "pickup"),
        ("maildrop/unix", "pipe"),
    ]
    assert told(MASTER.entries)[3:7] == [
        ("submission/inet/smtpd_relay_restrictions", "permit_sasl_authenticated, reject"),
        ("submission/inet/smtpd_client_restrictions", ""),
        ("smtps/inet/smtpd_tls_wrappermode", "yes"),
        ("smtps/inet/milter_macro_daemon_name", "ORIGINATING"),
    ]


@pytest.mark.parametrize(
    "line", ["smtp inet n - y - -", "smtp inet n - y - - smtpd -o", "smtp inet n - y - - smtpd -o x", " x"]
)
def test_what_is_no_service_is_named_by_its_line(line: str) -> None:
    """Too few columns, options that are cut off, a fold without a beginning."""
    assert [each.line for each in MASTER_CF.read(line.encode()).unread] == [1]


@pytest.mark.parametrize(
    "words",
    [
        "{-ox = a b}",
        "{-o x = a b}",
        "{-o} {x = a b}",
        "{ -o } { x=a b }",
        "-vo {x=a b}",
        "{-vox=a b}",
        "-v -D {-o}\n  {x =\n a b}",
        "-s 5 -o {x = a b}",
        "{-s} -o -o {x = a b}",
    ],
)
def test_braces_and_switches_hide_no_option(words: str) -> None:
    """As master parts the arguments, braces making one of many words, and as getopt reads them in smtpd."""
    reading = MASTER_CF.read(f"smtp inet n - y - - smtpd {words}\n".encode())
    assert (reading.unread, told(reading.entries)) == ((), [("smtp/inet/x", "a b")])


@pytest.mark.parametrize("words", ["-- -o x=y", "- -o x=y", "word -o x=y", "{} -o x=y", "-so x=y", "-o {-ox=z} w"])
def test_what_getopt_takes_for_no_option_sets_nothing(words: str) -> None:
    """What stands behind the first argument that is none, and what is another option's value."""
    assert "x" not in {each.name for each in MASTER_CF.read(f"smtp inet n - y - - smtpd {words}".encode()).entries}


@pytest.mark.parametrize("words", ["{-ox = y}z", "{-o}{x = y}", "{-o x = y", "-v {x", "{-o} {x}"])
def test_arguments_that_master_does_not_start_with_are_unread(words: str) -> None:
    """A brace is closed, and nothing is glued to it."""
    assert [each.line for each in MASTER_CF.read(f"smtp inet n - y - - smtpd {words}".encode()).unread] == [1]


def test_a_switch_that_shares_a_word_with_an_option_stays() -> None:
    """Where the option has another value; and taking the option away is declined."""
    for words, after in (("-vo x=a", "-vo x=b"), ("{-vox = a}", "{-vox = b}"), ("-vox=a", "-vox=b")):
        reading = MASTER_CF.read(f"smtp inet n - y - - smtpd {words}\n".encode())
        assert (
            done(reading, edits.set_value(reading, "x", "b", ("smtp/inet",))) == f"smtp inet n - y - - smtpd {after}\n"
        )
        assert isinstance(edits.remove_setting(reading, "x", ("smtp/inet",)), Declined)
        assert isinstance(edits.set_value(reading, "x", "b c", ("smtp/inet",)), Declined) is ("{" not in words)


def test_an_option_is_set_where_it_stands() -> None:
    """In braces where it is in braces, and where the new value needs them."""
    after = done(MASTER, edits.set_value(MASTER, "smtpd_tls_security_level", "encrypt", SUBMISSION))
    assert after == TEXT.replace("smtpd_tls_security_level=may", "smtpd_tls_security_level=encrypt")
    after = done(MASTER, edits.set_value(MASTER, "smtpd_relay_restrictions", "reject", SUBMISSION))
    assert after == TEXT.replace("permit_sasl_authenticated, reject", "reject")
    after = done(MASTER, edits.set_value(MASTER, "syslog_name", "a b", SUBMISSION))
    assert after == TEXT.replace("-o syslog_name=postfix/submission", "-o { syslog_name = a b }")


def test_an_option_that_is_not_there_comes_behind_the_last() -> None:
    """On a line of its own, indented as the one before; behind the command where there is none."""
    after = done(MASTER, edits.set_value(MASTER, "smtpd_tls_auth_only", "yes", SUBMISSION))
    last = "  -o smtpd_client_restrictions=\n"
    assert after == TEXT.replace(last, last + "  -o smtpd_tls_auth_only=yes\n")
    after = done(MASTER, edits.set_value(MASTER, "x", "a b", ("smtp/inet",)))
    assert after == TEXT.replace("       smtpd\n#", "       smtpd\n  -o { x = a b }\n#", 1)
    after = done(MASTER, edits.set_value(MASTER, "x", "y", ("maildrop/unix",)))
    assert after == TEXT.replace("pipe\n  flags", "pipe\n  -o x=y\n  flags")
    assert edits.set_value(MASTER, "x", "y", ("lmtp/unix",)) == Declined("no service lmtp/unix")


def test_options_and_services_are_removed() -> None:
    """With their lines, where they have lines of their own."""
    after = done(MASTER, edits.remove_setting(MASTER, "syslog_name", SUBMISSION))
    assert after == TEXT.replace("  -o syslog_name=postfix/submission\n", "")
    after = done(MASTER, edits.remove_setting(MASTER, "smtpd_tls_wrappermode", ("smtps/inet",)))
    assert after == TEXT.replace(" -osmtpd_tls_wrappermode=yes", "")
    after = done(MASTER, edits.remove_block(MASTER, ("[::1]:2525/inet",)))
    assert after == "".join(line for line in TEXT.splitlines(True) if "2525" not in line)


def test_a_word_goes_out_of_an_option() -> None:
    """With its comma."""
    after = done(
        MASTER, edits.remove_words(MASTER, "smtpd_sasl_security_options", ["noplaintext"], ("[::1]:2525/inet",))
    )
    assert after == TEXT.replace(",noplaintext", "")
