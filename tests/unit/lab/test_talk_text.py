"""The .talk format: what a file says, and one clear complaint where it cannot be understood."""

from datetime import UTC, datetime

import pytest

from tests.unit.lab.talk_texts import HEADER, talk_of
from tightlip.model.disclosure import Disclosure
from tightlip.model.endpoint import Security
from tightlip.model.errors import UsageError
from tightlip.model.facts import Door
from tightlip.model.oddity import OddityName
from tightlip.model.verdict import Reason, Verdict
from tightlip.talk.script import Speak

EXPECTING = """Names itself.
# a comment
protocol: pop3
source: a transcript
  of two lines
expect plain: discloses names
  mechanisms: PLAIN NTLM
  mechanisms x-exps: GSSAPI
  logins: USER
  via: auth spnego
  netbios_computer_name: \\x1bMX1
  system_time: 2024-05-01T12:00:00Z
  oddities: bare_lf empty_name
expect starttls implicit: clean refused
"""


def test_an_expectation_is_read_whole() -> None:
    """Every key below ``expect`` arrives in its own place."""
    talk = talk_of("S: +OK\n", EXPECTING)
    plain = talk.states[Security.PLAIN]
    assert (plain.verdict, plain.reason) == (Verdict.DISCLOSES, Reason.NAMES)
    assert plain.mechanisms == {Door.AUTH: ("PLAIN", "NTLM"), Door.X_EXPS: ("GSSAPI",)}
    assert (plain.logins, plain.via) == (("USER",), (Door.AUTH, Door.SPNEGO))
    clock = datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert plain.fields == Disclosure(netbios_computer_name="\x1bMX1", system_time=clock)
    assert plain.oddities == {OddityName.BARE_LF, OddityName.EMPTY_NAME}
    assert talk.states[Security.STARTTLS] is talk.states[Security.IMPLICIT]
    assert (talk.summary, talk.source) == ("Names itself.", "a transcript of two lines")


def test_an_indented_line_continues_what_the_server_says() -> None:
    """A long line may be broken; comments and blank lines count for nothing."""
    talk = talk_of("S: one\n\n# not said\n  two\n")
    assert talk.clear.greeting == (Speak((b"one two\r\n",)),)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: the first line must be a sentence"),
        ("S: +OK\n", "line 1: the first line must be a sentence"),
        ("A server.\nsource: x\nS: +OK\n", "line 1: the header must say 'protocol:'"),
        ("A server.\nprotocol: pop3\nS: +OK\n", "line 1: the header must say 'source:'"),
        ("A server.\nprotocol: pop3\ncolour: red\n", "line 3: unknown key 'colour'"),
        ("A server.\nprotocol: pop3\njust words\n", "line 3: unknown key 'just words'"),
        ("A server.\nnewest_tls: SSLv3\n", "line 2: 'SSLv3' is not a valid TlsVersion"),
        ("A server.\ncertificate: fine\n", "line 2: 'fine' is not a valid Certificate"),
        ("A server.\nexpect plain: discloses\nprotocol: x\nsource: y\n", "line 2: "),
        ("A server.\nprotocol: x\nsource: y\nexpect sometimes: clean refused\n", "line 4: 'sometimes'"),
        (
            "A server.\nprotocol: x\nsource: y\nexpect plain: clean refused\n  mood: good\n",
            "line 4: unknown key 'mood'",
        ),
        (HEADER + "S: +OK\n-- dance --\n", "line 7: unknown mark '-- dance --'"),
        (HEADER + "S: <type2 colour=red>\n", "line 6: unknown key 'colour'"),
        (HEADER + "S: \\q\n", "line 6: unknown escape \\q"),
        (HEADER + "S: <repeat 9999999 AAAA>\n", "line 6: repeat makes more than"),
        (HEADER + "C: a\\\nS: x\n", "line 6: unknown escape \\"),
        (HEADER + "S: x\nhm\n", "line 7: expected S:"),
        (HEADER + "-- tls --\n-- tls --\n", "line 7: a second '-- tls --'"),
    ],
)
def test_a_wrong_file_gets_one_complaint(text: str, complaint: str) -> None:
    """The complaint names claim and line, whatever is wrong."""
    with pytest.raises(UsageError) as caught:
        talk_of("", text)
    assert caught.value.message.startswith(f"a-test.talk, {complaint}")
