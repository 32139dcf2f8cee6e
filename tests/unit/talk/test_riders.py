"""A word more than the table has takes a proof away, whatever it is made of."""

import pytest

from tightlip.model.facts import Standing
from tightlip.talk.refusal_gist import gist
from tightlip.talk.refusal_texts import BESIDE_504, TABLES
from tightlip.talk.refusals import standing_of
from tightlip.talk.text import TEXT_LIMIT, words

PROVING = {Standing.TLS_REQUIRED, Standing.NO_SUCH_MECHANISM, Standing.NO_AUTHENTICATION}
NOW, US, UNCLEAR = Standing.TEMPORARY, Standing.BANNED, Standing.UNCLEAR
NO_MECHANISM = Standing.NO_SUCH_MECHANISM

# Frames that may prove each class: 503 also what is said of AUTH as a whole.
_FRAMES = {
    "pop3": "-ERR [AUTH] {}",
    "imap": "a1 NO {}",
    "smtp": "503 5.5.1 {}",
    "lmtp": "503 5.5.1 {}",
    "managesieve": 'NO "{}"',
    "nntp": "503 {}",
}

RIDERS = {
    "请5分钟后再试": NOW,
    "5分後に再試行してください": NOW,
    "请稍后再试.谢谢": NOW,
    "(retry_after=300s)": NOW,
    "[temporarily.unavailable]": NOW,
    "[temporarily.not.available]": NOW,
    "[retry.in.5minutes]": NOW,
    "(5 minutes)": NOW,
    "blocked:192.0.2.1": US,
    "see http://www.spamhaus.org/query/bl?ip=192.0.2.1": US,
    "see https://docs.example.org/blocked?ip=192.0.2.1": US,
    "see https://docs.example.org/first-steps-ssl": UNCLEAR,
    "for 192.0.2.1": UNCLEAR,
    "for [192.0.2.1]": UNCLEAR,
    "for:192.0.2.1": UNCLEAR,
    "via 2001:db8::1": UNCLEAR,
    "from [mx1.corp.example]": UNCLEAR,
    "user@corp.example": UNCLEAR,
    "client7": UNCLEAR,
    "'bob'": UNCLEAR,
    '"x"': UNCLEAR,
    "quux": UNCLEAR,
    "qu-ux": UNCLEAR,
    "qu.ux": UNCLEAR,
    "qu_ux": UNCLEAR,
    "5x": UNCLEAR,
    "x=5": UNCLEAR,
    "[5x]": UNCLEAR,
    "2026-11-28": UNCLEAR,
    "⏳": UNCLEAR,
    "5分": UNCLEAR,
    "¿5?": UNCLEAR,
    "4.7.0": UNCLEAR,
    "(#4.3.0)": UNCLEAR,
    "[4.7.0]": UNCLEAR,
    "[IN-USE]": UNCLEAR,
}
PLAIN_ADDITIONS = [
    "[EX01.corp.example]",
    "[mail.corp.example]",
    "[EX01.corp.internal 2026-11-28T08:00:00.000Z 08DB4A0123456789]",
    "(#5.5.1)",
    "192.0.2.1",
    "2001:db8::1",
    "504",
    "!",
]


def _rows() -> list[tuple[str, str]]:
    """Every text that proves something, in the frame of its protocol."""
    framed = [(protocol, _FRAMES[protocol].format("{}")) for protocol in TABLES]
    rows = [(protocol, frame.format(row.text + "{}")) for protocol, frame in framed for row in TABLES[protocol]]
    return [*rows, *(("smtp", f"504 5.5.4 {row.text}{{}}") for row in BESIDE_504)]


@pytest.mark.parametrize("rider", RIDERS)
def test_a_rider_takes_every_proof_away(rider: str) -> None:
    """What follows a text that proves is heard: as "not now", "not you", or as something that is not understood."""
    for protocol, frame in _rows():
        assert standing_of(protocol, frame.format(f" {rider}")) is RIDERS[rider], frame


@pytest.mark.parametrize("addition", PLAIN_ADDITIONS)
def test_a_number_an_address_and_the_id_of_the_server_say_nothing(addition: str) -> None:
    """Exchange adds its name and a time, qmail a code: the text means what it means without them."""
    for protocol, frame in _rows():
        bare = frame.format("")
        if bare.endswith((" in", ' in"', "504 5.5.4 ")):
            continue  # behind "in" it tells where, and beside a code that stands alone it is a text
        assert standing_of(protocol, frame.format(f" {addition}")) is standing_of(protocol, bare), frame


@pytest.mark.parametrize(
    ("reply", "standing"),
    [
        ("504", NO_MECHANISM),
        ("504 5.5.4", NO_MECHANISM),
        ("504 5.5.4 unsupported", NO_MECHANISM),
        ("504 请5分钟后再试", NOW),
        ("504 blocked:192.0.2.1", US),
        ("504 [temporarily.unavailable]", NOW),
        ("504 [mx1.corp.example]", UNCLEAR),
        ("504 192.0.2.1", UNCLEAR),
        ("504 (5)", UNCLEAR),
    ],
)
def test_a_code_stands_alone_only_without_any_text(reply: str, standing: Standing) -> None:
    """A text of which nothing is understood is no empty text."""
    assert standing_of("smtp", reply) is standing


@pytest.mark.parametrize(
    ("protocol", "reply"),
    [
        ("pop3", "-ERR Error in TLS layer"),
        ("pop3", "-ERR error with SSL"),
        ("pop3", "-ERR Error: SSL"),
        ("imap", "NO TLS"),
        ("imap", "NO using TLS"),
        ("pop3", "-ERR cannot start TLS"),
        ("pop3", "-ERR 'bob' not enabled"),
        ("pop3", '-ERR "base64" not supported'),
        ("imap", "BAD unsupported"),
        ("pop3", "-ERR unsupported"),
        ("pop3", "-ERR bad scheme"),
        ("pop3", "-ERR bad mechanism"),
        ("pop3", "-ERR unsupported type"),
        ("pop3", "-ERR invalid method"),
        ("imap", "BAD unsupported method"),
        ("pop3", "-ERR invalid NTLM type"),
        ("pop3", "-ERR unknown NTLM type"),
    ],
)
def test_a_fault_and_a_name_of_something_else_prove_nothing(protocol: str, reply: str) -> None:
    """A fault of TLS is no wish for it, a quoted word no mechanism, and the type of a message none either."""
    assert standing_of(protocol, reply) is UNCLEAR


@pytest.mark.parametrize(
    "reply",
    [
        "NTLM authentication type not supported",
        "Unrecognized authentication type 'NTLM'",
        "GSSAPI unsupported",
        "Método de autenticación no soportado",
    ],
)
def test_the_type_of_an_authentication_is_a_mechanism(reply: str) -> None:
    """With the word "authentication" beside it, or the mechanism's own name, it can mean nothing else."""
    assert standing_of("pop3", f"-ERR {reply}") is NO_MECHANISM


def test_no_text_of_the_tables_is_reduced_to_nothing_or_to_a_bare_thing() -> None:
    """One word for what it is about, without what is said of it, would be met in any fault."""
    for rows in TABLES.values():
        for row in rows:
            assert gist(row.text.lower()) not in ("", "tls", "name", "mechanism", "auth", "not supported"), row


@pytest.mark.parametrize("protocol", ["imap", "managesieve"])
def test_a_bye_is_not_now_whatever_it_says(protocol: str) -> None:
    """It ends the connection and refuses nothing for good; but "not you" stays what it is."""
    frame = "* BYE {}" if protocol == "imap" else 'BYE "{}"'
    for row in TABLES[protocol]:
        assert standing_of(protocol, frame.format(row.text)) is NOW, row
        assert standing_of(protocol, frame.format(f"{row.text}: your address is blocked")) is US, row
    assert standing_of("imap", "a1 BYE [PRIVACYREQUIRED] TLS required") is NOW
    assert standing_of("managesieve", 'BYE (ENCRYPT-NEEDED) "TLS required"') is NOW


def test_a_text_that_was_cut_proves_nothing() -> None:
    """What is missing may turn the sense; what says "not now" or "not you" before the cut says it."""
    for protocol, frame in _rows():
        line = frame.format(" ".ljust(TEXT_LIMIT)) + "unless you ask for it"
        assert standing_of(protocol, words(line.encode())) is UNCLEAR, frame
    blank = " " * TEXT_LIMIT
    assert standing_of("smtp", words(f"538 5.7.11 {blank}".encode())) is UNCLEAR
    assert standing_of("imap", words(f"NO [PRIVACYREQUIRED] {blank}".encode())) is UNCLEAR
    assert standing_of("smtp", words(f"504 try again {blank}".encode())) is NOW
    assert standing_of("smtp", words(f"504 you are blocked {blank}".encode())) is US
    assert standing_of("smtp", words(f"451 {blank}".encode())) is NOW


@pytest.mark.parametrize(
    ("reply", "standing"),
    [
        ("504-5.5.4 Unrecognized\n504 5.5.4 authentication type", NO_MECHANISM),
        ("504-Unrecognized\n504 5.5.4 authentication type", NO_MECHANISM),
        ("504-Unrecognized authentication type\n504", NO_MECHANISM),
        ("504-Unrecognized authentication type\n454 later", NOW),
        ("504-Unrecognized authentication type\n454", NOW),
        ("454-Unrecognized authentication type\n504", NOW),
        ("504-5.5.4 Unrecognized\n504 4.7.0 authentication type", NOW),
        ("504-4.7.0 Unrecognized\n504 5.5.4 authentication type", NOW),
        ("504-Unrecognized authentication type\n535", UNCLEAR),
        ("503-Unrecognized authentication type\n504", UNCLEAR),
        ("504-\n550", UNCLEAR),
        ("250-Unrecognized authentication type\n504", UNCLEAR),
        ("538-5.7.11 so it is\n554 5.7.11", UNCLEAR),
        ("504-Your address is blocked\n454", US),
    ],
)
@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_a_reply_of_several_codes_proves_nothing(protocol: str, reply: str, standing: Standing) -> None:
    """All lines have one code; where one of several says "not now", that is meant."""
    assert standing_of(protocol, reply) is standing
