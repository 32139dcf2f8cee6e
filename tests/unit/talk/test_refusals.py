"""Refusals are understood where nothing else can be meant, and only there."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.talk.refusal_cases import CASES, LIKE, NOT_NOW, NOT_YOU, UNLIKE
from tightlip.model.facts import Standing
from tightlip.talk.likeness import are_alike, says_no_command
from tightlip.talk.refusal_gist import gist
from tightlip.talk.refusal_texts import BESIDE_504, TABLES
from tightlip.talk.refusals import asks_for_hello, is_error_limit, standing_of

PROVING = {Standing.TLS_REQUIRED, Standing.NO_SUCH_MECHANISM, Standing.NO_AUTHENTICATION}
PROTOCOLS = sorted(TABLES)
_FRAMES = {
    "pop3": "-ERR [AUTH] {}",
    "imap": "NO {}",
    "smtp": "503 5.5.1 {}",
    "lmtp": "503 5.5.1 {}",
    "managesieve": 'NO "{}"',
    "nntp": "503 {}",
}
# Every text of the tables; and some behind each code that proves something by itself.
PROOFS = [
    *((protocol, _FRAMES[protocol], row.text) for protocol in ("pop3", "smtp", "nntp") for row in TABLES[protocol]),
    *(
        (protocol, frame, text)
        for text in ("no", "Unsupported authentication mechanism.", "STARTTLS required first")
        for protocol, frame in (
            ("smtp", "504 5.5.4 {}"),
            ("smtp", "538 5.7.11 {}"),
            ("smtp", "530 5.7.0 {}"),
            ("imap", "NO [PRIVACYREQUIRED] {}"),
            ("managesieve", 'NO (ENCRYPT-NEEDED) "{}"'),
            ("nntp", "483 {}"),
        )
    ),
]


def _framed(protocol: str, text: str) -> str:
    return _FRAMES[protocol].format(text)


@pytest.mark.parametrize(("protocol", "reply", "standing"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_what_a_refusal_proves(protocol: str, reply: str, standing: Standing) -> None:
    """Each reply is what its server or its RFC means by it, in whichever case it is written."""
    assert standing_of(protocol, reply) is standing
    assert standing_of(protocol, reply.upper()) is standing


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_row_of_the_tables_means_what_it_says(protocol: str) -> None:
    """A text of the table proves its class, and no other text of the same gist is of another."""
    by_gist: dict[str, Standing] = {}
    for row in TABLES[protocol]:
        assert standing_of(protocol, _framed(protocol, row.text)) is row.standing, row
        assert by_gist.setdefault(gist(row.text.lower()), row.standing) is row.standing, row
        assert row.source


@pytest.mark.parametrize("text", NOT_NOW)
def test_not_now_proves_nothing(text: str) -> None:
    """Free wordings of "not now" in nine languages are never taken for a proof, and are seen to be for now."""
    assert {standing_of(protocol, _framed(protocol, text)) for protocol in PROTOCOLS} == {Standing.TEMPORARY}


@pytest.mark.parametrize("text", NOT_YOU)
def test_not_you_is_a_ban(text: str) -> None:
    """Who is turned away for the address hears of nothing else, whatever language it is said in."""
    assert {standing_of(protocol, _framed(protocol, text)) for protocol in PROTOCOLS} == {Standing.BANNED}


@pytest.mark.parametrize("phrase", [*NOT_NOW, *NOT_YOU])
def test_not_now_and_not_you_take_every_proof_away(phrase: str) -> None:
    """Whatever proves something proves nothing with "not now" or "not you" before or behind it."""
    for protocol, frame, text in PROOFS:
        for said in (f"{phrase}: {text}", f"{text}, {phrase}"):
            assert standing_of(protocol, frame.format(said)) not in PROVING, frame.format(said)


@pytest.mark.parametrize(
    "word", ["unless", "from", "your", "quux", "perhaps", "ja", "не", "ninety", "if", "certificate"]
)
def test_a_word_that_is_not_known_leaves_it_unclear(word: str) -> None:
    """One word more may turn the sense of a text: what is not known as a whole proves nothing."""
    for row in TABLES["pop3"]:
        assert standing_of("pop3", f"-ERR {row.text} {word}") not in PROVING, row
        assert standing_of("pop3", f"-ERR {word} {row.text}") not in PROVING, row


def test_a_504_proves_by_itself_and_with_a_text_that_is_understood() -> None:
    """What may stand beside the code adds nothing to it, and proves nothing elsewhere."""
    for row in BESIDE_504:
        assert standing_of("smtp", f"504 5.5.4 {row.text}") is Standing.NO_SUCH_MECHANISM, row
        assert standing_of("smtp", f"504 5.5.4 {row.text} quux") is Standing.UNCLEAR, row
        assert standing_of("smtp", f"550 5.5.4 {row.text}") is Standing.UNCLEAR, row
        assert row.source


@pytest.mark.parametrize("code", ["5.7.14", "5.7.13", "5.3.2", "5.7.1", "2.0.0"])
def test_a_504_of_something_else_proves_nothing(code: str) -> None:
    """RFC 3463 and RFC 5248: a trust relationship, a disabled account, a system that takes nothing, a policy."""
    assert standing_of("smtp", f"504 {code}") is Standing.UNCLEAR
    assert standing_of("smtp", f"504 {code} AUTH") is Standing.UNCLEAR


@pytest.mark.parametrize("code", ["CORRUPTION", "CONTACTADMIN", "AUTHENTICATIONFAILED", "NEWCODE 7"])
def test_a_response_code_that_is_not_understood_leaves_it_unclear(code: str) -> None:
    """A code says more than the text; only such as add nothing leave to the text what it says."""
    assert standing_of("imap", f"a1 NO [{code}] no such mechanism") is Standing.UNCLEAR
    assert standing_of("imap", "a1 NO [CANNOT] no such mechanism") is Standing.NO_SUCH_MECHANISM


def test_a_code_for_now_within_the_text_is_seen() -> None:
    """A proxy that quotes its back end."""
    assert standing_of("smtp", "504 5.5.4 451 mechanism not supported") is Standing.UNCLEAR
    assert standing_of("smtp", "504 5.5.4 17 mechanism not supported") is Standing.NO_SUCH_MECHANISM


@pytest.mark.parametrize(
    ("protocol", "reply"),
    [
        ("smtp", "502 unimplemented (#5.5.1)"),
        ("smtp", "500 #5.5.1 command not recognized"),
        ("smtp", "500 5.3.3 Unrecognized command 'AUTH'"),
        ("smtp", "502 I'm afraid I can't do that."),
        ("pop3", "-ERR Mate, the command must be one of CAPA, USER, PASS or QUIT"),
        ("pop3", "-ERR command not understood, sir"),
        ("pop3", "-ERR Invalid command, try one of: USER name, PASS string, QUIT"),
        ("pop3", "-ERR Protocol error. 14"),
        ("pop3", "-ERR illegal command"),
        ("imap", "a1 BAD Unknown or NULL command"),
        ("smtp", "502 Command not implemented; try HELP"),
        ("smtp", "502 5.5.1 AUTH?"),
        ("smtp", "500"),
    ],
)
def test_an_unknown_command_in_the_words_of_real_servers(protocol: str, reply: str) -> None:
    """qmail, Cisco's gateways, Exchange, Citadel, perdition, DBMail, Netscape."""
    assert says_no_command(protocol, reply, "AUTH", "NTLM")


@pytest.mark.parametrize("text", ["no", "Server not ready", "Not permitted", "Closed", "AUTH NTLM", "not now, sir"])
def test_what_does_not_speak_of_the_command_says_nothing_of_it(text: str) -> None:
    """However short it is."""
    assert not says_no_command("pop3", f"-ERR {text}", "AUTH", "NTLM")


@pytest.mark.parametrize("text", ["500 Server not available", "502 5.5.1 Bad server", "500 Not available"])
def test_a_code_with_words_about_the_server_says_nothing_of_the_command(text: str) -> None:
    """They may mean that it is away."""
    assert not says_no_command("smtp", text, "AUTH", "NTLM")


@pytest.mark.parametrize(("protocol", "one", "other", "asked", "control"), LIKE)
def test_refusals_that_differ_in_what_was_asked_are_alike(
    protocol: str, one: str, other: str, asked: tuple[str, ...], control: tuple[str, ...]
) -> None:
    """The name asked for, numbers, times and ids make no difference; nor do 500 and 502 that know no such command."""
    assert are_alike(protocol, (one, "".join(asked)), (other, "".join(control)), "AUTH", "AUTHINFO")


@pytest.mark.parametrize(("protocol", "one", "other", "asked", "control"), UNLIKE)
def test_refusals_that_say_something_else_are_not_alike(
    protocol: str, one: str, other: str, asked: tuple[str, ...], control: tuple[str, ...]
) -> None:
    """Another code, another response code, another word: another refusal."""
    assert not are_alike(protocol, (one, "".join(asked)), (other, "".join(control)), "AUTH", "AUTHINFO")


HELLO = {
    "503 5.5.1 Error: send HELO/EHLO first": True,
    "503 5.5.1 Error: send EHLO first": True,
    "503 5.5.2 Send hello first": True,
    "503 Polite people say HELO first": True,
    "503 5.5.1 Polite people say EHLO first.": True,
    "503 HELO or EHLO required": True,
    "503-5.5.1 EHLO/HELO first.\n503 5.5.1 see you": True,
    "503 5.5.1 need LHLO": True,
    "503 AUTH command used when not advertised": False,
    "503 5.5.1 Error: authentication not enabled": False,
    "503 bad sequence of commands": False,
    "503 Duplicate HELO/EHLO": False,
    "501 please say HELO/EHLO first": True,
    "501 HELO requires domain/address": False,
    "504 5.5.4 send EHLO first": False,
    "": False,
}


@pytest.mark.parametrize(("reply", "asks"), HELLO.items())
def test_who_asks_to_be_introduced_to(reply: str, asks: bool) -> None:
    """A 503 that wants EHLO, HELO or LHLO first is told from one that wants nothing or has had it."""
    assert asks_for_hello(reply) is asks


ERROR_LIMITS = {
    "421 4.7.0 mx1.example.org Error: too many errors": True,
    "421 Error: too much errors after AUTH": True,
    "554 Too many syntax or protocol errors": True,
    "* BYE Too many invalid IMAP commands.": True,
    "-ERR Too many invalid bad commands.": True,
    "421 4.7.0 Too many invalid commands.": True,
    "500 Too many unrecognized commands": True,
    "455 4.3.0 Too many authentication errors, disconnecting.": True,
    "421 Too many bad commands, closing": True,
    "502 5.5.1 Too many unrecognized commands, goodbye.": True,
    "421 Error: too many unauthenticated commands": True,
    "* BYE Too many protocol errors": True,
    "554 IP is rejected, smtp auth error limit exceed": False,
    "421 4.7.0 Too many connections": False,
    "421 Too many concurrent SMTP connections; please try again later.": False,
    "421 too many errors from your address, blocked": False,
    "421 too many errors from 192.0.2.1": False,
    "-ERR Invalid user name or password. Too many invalid logon attempts.": False,
    "500 syntax error": False,
    "": False,
}


@pytest.mark.parametrize(("reply", "is_limit"), ERROR_LIMITS.items())
def test_an_error_limit_is_about_this_connection(reply: str, is_limit: bool) -> None:
    """Too many errors or bad commands of ours is no ban of our address, and no full server."""
    assert is_error_limit(reply) is is_limit


@given(st.sampled_from(PROTOCOLS), st.text(), st.lists(st.text(), max_size=3))
def test_any_text_is_read(protocol: str, reply: str, names: list[str]) -> None:
    """Whatever a peer says is read without an error; what is no refusal at all proves nothing."""
    assert standing_of(protocol, reply) not in PROVING or reply[:1] in "45"
    are_alike(protocol, (reply, "NTLM"), (reply, "X-TIGHTLIP"), *names)
    asks_for_hello(reply)
    is_error_limit(reply)


@pytest.mark.parametrize(
    "piece",
    [
        "only ",
        "tls ",
        "tls-",
        "a/",
        "a.",
        "'",
        '"x" ',
        "<",
        "[",
        "(",
        "too many ",
        "503 ehlo\n",
        "504-",
        "try ",
        "1",
        "永",
    ],
)
@pytest.mark.parametrize("protocol", ["imap", "smtp"])
def test_long_texts_are_read_in_time(protocol: str, piece: str) -> None:
    """64 KiB of anything take time in proportion to their length."""
    reply = f"{_FRAMES[protocol][:3]} {piece * (65_536 // len(piece))}"
    began = time.process_time()
    standing_of(protocol, reply)
    are_alike(protocol, (reply, "NTLM"), (reply, "tls"))
    asks_for_hello(reply)
    is_error_limit(reply)
    assert time.process_time() - began < 1
