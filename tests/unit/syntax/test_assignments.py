"""Courier's shell-like files: quoting, variables left alone, commands unread."""

import pytest

from tests.unit.syntax.asking import done, told
from tests.unit.syntax.shelf import CORPUS
from tightlip.syntax import edits
from tightlip.syntax.edits import Declined
from tightlip.syntax.lenses.assignments import ASSIGNMENTS

POP3D = ASSIGNMENTS.read((CORPUS / "assignments/courier-pop3d").read_bytes())
TEXT = POP3D.text.decode()


def test_values_are_read_as_a_shell_reads_them() -> None:
    """Quotes off, folded lines joined, stretches put together, variables as they are written."""
    values = dict(told(POP3D.entries))
    assert values["POP3AUTH"] == "LOGIN CRAM-MD5 NTLM"
    assert values["POP3AUTH_ORIG"].split() == ["PLAIN", "LOGIN", "CRAM-MD5", "CRAM-SHA1"]
    assert values["exec_prefix"] == "${prefix}"
    assert values["LOGGEROPTS"] == "-name=pop3d-x"
    assert values["POP3_PROXY"] == "0"
    assert values["PATH"] == "/usr/bin:$PATH"


@pytest.mark.parametrize(
    "line", ["if true; then", "A=1; B=2", "A=1 command", 'A="x', "A=$(ls)", "A=1 | b", "A =1", ". /x", "source x"]
)
def test_a_command_is_named_by_its_line(line: str) -> None:
    """Only assignments are read."""
    assert [each.line for each in ASSIGNMENTS.read(f"X=1\n{line}\n".encode()).unread] == [2]


def test_a_value_that_a_shell_computes_is_doubted() -> None:
    """It is read as written and not edited."""
    reading = ASSIGNMENTS.read(b'A="$(hostname)"\nB=`x`\n')
    assert edits.set_value(reading, "A", "y") == Declined("only a shell can work out this value", 1)
    assert edits.set_value(reading, "B", "y") == Declined("only a shell can work out this value", 2)


def test_edits_keep_quotes_and_quote_where_needed() -> None:
    """Words go out of quotes; values with blanks come into them; the last of two settings counts."""
    after = done(POP3D, edits.remove_words(POP3D, "POP3AUTH", ["ntlm"]))
    assert after == TEXT.replace("CRAM-MD5 NTLM", "CRAM-MD5")
    assert done(POP3D, edits.set_value(POP3D, "PORT", "110 0")) == TEXT.replace("PORT=110", 'PORT="110 0"')
    assert done(POP3D, edits.set_value(POP3D, "NEW", "1")) == TEXT + "NEW=1\n"
    after = done(POP3D, edits.remove_setting(POP3D, "POP3AUTH_ORIG"))
    assert after == TEXT.replace('POP3AUTH_ORIG="PLAIN LOGIN CRAM-MD5 \\\n  CRAM-SHA1"\n', "")
    twice = ASSIGNMENTS.read(b"A=1\nA=2\n")
    assert done(twice, edits.set_value(twice, "A", "3")) == "A=1\nA=3\n"
