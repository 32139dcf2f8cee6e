"""What we say to servers, byte by byte, and what we keep to ourselves."""

import pytest

from tests.unit.protocols.holding import Held, asking, hold
from tightlip.model.endpoint import Security
from tightlip.model.facts import Asked, Challenge, Door, Mechanisms, OtherProtocol, Refusal, Standing
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.probes import FirstMessage, PathProbe

TYPE1 = b"TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAPRlAAAADw=="
TYPE1_OLDER = b"TlRMTVNTUAABAAAAB4IIAAAAAAAAAAAAAAAAAAAAAAA="
TYPE2 = b"TlRMTVNTUAACAAAACAAIADAAAAAFggIAAAAAAAAAAAAAAAAAAAAAAAAAAABDAE8AUgBQAA=="

NTLM = PathProbe()
SMTP = [b"220 mx ESMTP\r\n", b"250-mx\r\n250 AUTH NTLM\r\n"]
LISTED = b"* CAPABILITY IMAP4rev1 AUTH=NTLM\r\na1 OK done\r\n"
CAPABLE = b"101 list\r\nSASL NTLM\r\n.\r\n"
SIEVE = b'"IMPLEMENTATION" "Example"\r\n"SASL" "NTLM"\r\nOK\r\n'

WHOLE = [
    (
        "pop3",
        NTLM,
        [b"+OK hi\r\n", b"+OK\r\nSASL NTLM\r\n.\r\n", b"+ \r\n", b"+ " + TYPE2 + b"\r\n", b"-ERR no\r\n", b"+OK\r\n"],
        [b"CAPA\r\n", b"AUTH NTLM\r\n", TYPE1 + b"\r\n", b"*\r\n", b"QUIT\r\n"],
    ),
    (
        "imap",
        NTLM,
        [b"* OK hi\r\n", LISTED, b"+ \r\n", b"+ " + TYPE2 + b"\r\n", b"a2 BAD no\r\n", b"* BYE\r\n"],
        [b"a1 CAPABILITY\r\n", b"a2 AUTHENTICATE NTLM\r\n", TYPE1 + b"\r\n", b"*\r\n", b"a3 LOGOUT\r\n"],
    ),
    (
        "smtp",
        NTLM,
        [*SMTP, b"334 \r\n", b"334 " + TYPE2 + b"\r\n", b"501 no\r\n", b"221\r\n"],
        [b"EHLO [192.0.2.7]\r\n", b"AUTH NTLM\r\n", TYPE1 + b"\r\n", b"*\r\n", b"QUIT\r\n"],
    ),
    (
        "smtp",
        PathProbe(Door.X_EXPS, "Ntlm", FirstMessage.OLDER),
        [*SMTP, b"334 ntlm supported\r\n", b"334 " + TYPE2 + b"\r\n", b"501 no\r\n", b"221\r\n"],
        [b"EHLO [192.0.2.7]\r\n", b"X-EXPS Ntlm\r\n", TYPE1_OLDER + b"\r\n", b"*\r\n", b"QUIT\r\n"],
    ),
    (
        "lmtp",
        NTLM,
        [*SMTP, b"334 \r\n", b"334 " + TYPE2 + b"\r\n", b"501 no\r\n", b"221\r\n"],
        [b"LHLO [192.0.2.7]\r\n", b"AUTH NTLM\r\n", TYPE1 + b"\r\n", b"*\r\n", b"QUIT\r\n"],
    ),
    (
        "nntp",
        NTLM,
        [b"200 hi\r\n", CAPABLE, b"383 =\r\n", b"383 " + TYPE2 + b"\r\n", b"481 no\r\n", b"205\r\n"],
        [b"CAPABILITIES\r\n", b"AUTHINFO SASL NTLM\r\n", TYPE1 + b"\r\n", b"*\r\n", b"QUIT\r\n"],
    ),
    (
        "nntp",
        PathProbe(Door.GENERIC),
        [b"200 hi\r\n", CAPABLE, b"381 go on\r\n", b"381 " + TYPE2 + b"\r\n", b"481 no\r\n", b"205\r\n"],
        [
            b"CAPABILITIES\r\n",
            b"AUTHINFO GENERIC NTLM\r\n",
            b"AUTHINFO GENERIC " + TYPE1 + b"\r\n",
            b"AUTHINFO GENERIC *\r\n",
            b"QUIT\r\n",
        ],
    ),
    (
        "managesieve",
        NTLM,
        [SIEVE, b'""\r\n', b'"' + TYPE2 + b'"\r\n', b'NO "no"\r\n', b"OK\r\n"],
        [b'AUTHENTICATE "NTLM"\r\n', b'"' + TYPE1 + b'"\r\n', b'"*"\r\n', b"LOGOUT\r\n"],
    ),
]
UPGRADES = [
    (
        "pop3",
        [b"+OK hi\r\n", b"-ERR\r\n", b"+OK\r\n", b"-ERR\r\n"],
        [b"CAPA\r\n", b"STLS\r\n", b"CAPA\r\n", b"AUTH\r\n"],
    ),
    (
        "imap",
        [b"* OK hi\r\n", b"a1 OK\r\n", b"a2 OK\r\n", b"a3 OK\r\n"],
        [b"a1 CAPABILITY\r\n", b"a2 STARTTLS\r\n", b"a3 CAPABILITY\r\n", b"a4 AUTHENTICATE NTLM\r\n"],
    ),
    (
        "smtp",
        [b"220 hi\r\n", b"250 mx\r\n", b"220 go\r\n", b"250 mx\r\n"],
        [b"EHLO [192.0.2.7]\r\n", b"STARTTLS\r\n", b"EHLO [192.0.2.7]\r\n", b"AUTH NTLM\r\n"],
    ),
    (
        "lmtp",
        [b"220 hi\r\n", b"250 mx\r\n", b"220 go\r\n", b"250 mx\r\n"],
        [b"LHLO [192.0.2.7]\r\n", b"STARTTLS\r\n", b"LHLO [192.0.2.7]\r\n", b"AUTH NTLM\r\n"],
    ),
    (
        "nntp",
        [b"200 hi\r\n", b"101\r\n.\r\n", b"382 go\r\n", CAPABLE],
        [b"CAPABILITIES\r\n", b"STARTTLS\r\n", b"CAPABILITIES\r\n", b"AUTHINFO SASL NTLM\r\n"],
    ),
    ("managesieve", [SIEVE, b"OK\r\n", SIEVE], [b"STARTTLS\r\n", b'AUTHENTICATE "NTLM"\r\n']),
]
REFUSED = [
    ("pop3", [b"+OK\r\n", b"+OK\r\nSASL NTLM\r\n.\r\n", b"+\r\n", b"-ERR no\r\n"], b"QUIT\r\n"),
    ("imap", [b"* OK\r\n", LISTED, b"+\r\n", b"a2 NO no\r\n"], b"a3 LOGOUT\r\n"),
    ("smtp", [*SMTP, b"334\r\n", b"535 no\r\n"], b"QUIT\r\n"),
    ("lmtp", [*SMTP, b"334\r\n", b"535 no\r\n"], b"QUIT\r\n"),
    ("nntp", [b"200\r\n", CAPABLE, b"383 =\r\n", b"481 no\r\n"], b"QUIT\r\n"),
    ("managesieve", [SIEVE, b'""\r\n', b"NO\r\n"], b"LOGOUT\r\n"),
]


@pytest.mark.parametrize(("name", "probe", "answers", "said"), WHOLE)
def test_a_whole_exchange(name: str, probe: PathProbe, answers: list[bytes], said: list[bytes]) -> None:
    """Ask, type 1, challenge noted for the door asked, cancel, leave: these bytes and no others."""
    held = hold(name, asking(Security.PLAIN, probe), answers)
    assert held.said == said
    assert [fact.via for fact in held.facts if isinstance(fact, Challenge)] == [probe.via]


@pytest.mark.parametrize(("name", "answers", "said"), UPGRADES)
def test_the_upgrade_is_asked_for_unlisted(name: str, answers: list[bytes], said: list[bytes]) -> None:
    """In the starttls state TLS is asked for whether or not it is listed, and then everything anew."""
    assert hold(name, asking(Security.STARTTLS), answers).said == said


@pytest.mark.parametrize(("name", "answers", "last"), REFUSED)
def test_nothing_is_cancelled_that_is_not_open(name: str, answers: list[bytes], last: bytes) -> None:
    """After a refusal of the type 1 message follows the goodbye and no ``*``."""
    assert hold(name, asking(), answers).said[-1] == last


@pytest.mark.parametrize("name", ["pop3", "imap", "smtp", "lmtp", "nntp", "managesieve"])
def test_strangers_are_told_nothing(name: str) -> None:
    """A server of another protocol hears not one word of us."""
    assert hold(name, asking(), [b"SSH-2.0-OpenSSH_9.2p1\r\n", b"\r\n"]).said == []


@pytest.mark.parametrize(
    ("name", "greeting", "goodbye"),
    [
        ("pop3", b"-ERR no\r\n", b"QUIT\r\n"),
        ("imap", b"* BYE no\r\n", b"a1 LOGOUT\r\n"),
        ("smtp", b"554 no\r\n", b"QUIT\r\n"),
        ("lmtp", b"554 no\r\n", b"QUIT\r\n"),
        ("nntp", b"502 no\r\n", b"QUIT\r\n"),
        ("managesieve", b"BYE\r\n", b"LOGOUT\r\n"),
    ],
)
def test_who_turns_us_away_is_told_goodbye(name: str, greeting: bytes, goodbye: bytes) -> None:
    """A server that greets with a refusal may wait for QUIT (RFC 5321 section 3.1), and is asked nothing."""
    assert hold(name, asking(), [greeting, b"221 bye\r\n"]).said == [goodbye]


@pytest.mark.parametrize(
    ("name", "answers", "lists"),
    [
        ("pop3", [b"+OK\r\n", b"-ERR\r\n", b"-ERR\r\n"], []),
        ("pop3", [b"+OK\r\n", b"-ERR\r\n", b"+OK\r\n.\r\n"], [()]),
        ("pop3", [b"+OK\r\n", b"+OK\r\nUIDL\r\n.\r\n", b"-ERR\r\n"], [()]),
        ("imap", [b"* OK\r\n", b"a1 BAD what\r\n"], []),
        ("imap", [b"* OK\r\n", b"* CAPABILITY \r\na1 OK\r\n"], []),
        ("imap", [b"* OK\r\n", b"* CAPABILITY IMAP4rev1\r\na1 OK\r\n"], [()]),
        ("smtp", [b"220\r\n", b"500 what\r\n"], []),
        ("smtp", [b"220\r\n", b"550 not you\r\n"], []),
        ("smtp", [b"220\r\n", b"250 mx\r\n"], [()]),
        ("lmtp", [b"220\r\n", b"500 what\r\n"], []),
        ("lmtp", [b"220\r\n", b"250 mx\r\n"], [()]),
        ("nntp", [b"200\r\n", b"500 what\r\n", b"500 what\r\n", b"500 what\r\n"], []),
        ("nntp", [b"200\r\n", b"101\r\nMODE-READER\r\n.\r\n", b"200\r\n", b"500 what\r\n"], []),
        ("nntp", [b"200\r\n", b"101\r\nVERSION 2\r\n.\r\n"], [()]),
        ("managesieve", [b"OK\r\n"], []),
        ("managesieve", [b'"SASL" ""\r\nOK\r\n'], [()]),
    ],
)
def test_no_list_is_not_an_empty_list(name: str, answers: list[bytes], lists: list[tuple[str, ...]]) -> None:
    """A list that names no mechanism is a fact; where none could be read there is no fact, and no rule concludes."""
    assert [fact.names for fact in hold(name, asking(), answers).facts if isinstance(fact, Mechanisms)] == lists


@pytest.mark.parametrize("name", ["smtp", "lmtp"])
def test_our_name_refused_is_a_refusal_of_our_question_for_extensions(name: str) -> None:
    """The greeting was friendly; AUTH is asked all the same, for a server that gives a challenge anyway."""
    held = hold(name, asking(), [b"220 hi\r\n", b"550 not you\r\n", b"503 no\r\n"])
    assert held.of(Refusal) == [
        Refusal(Asked.CAPABILITIES, Standing.PERMANENT, "550 not you"),
        Refusal(Asked.MECHANISM, Standing.UNCLEAR, "503 no", Door.AUTH, "NTLM"),
    ]


def test_imap_passes_over_stale_tags() -> None:
    """Another tag's answer answers nothing; ours does in either case of letters."""
    held = hold("imap", asking(), [b"* OK\r\n", b"b1 OK\r\na1 OK done\r\n", b"a1 NO late\r\nA2 NO never\r\n"])
    assert refusals(held) == ["NO never"]


@pytest.mark.parametrize(
    ("name", "answers", "names"),
    [
        ("pop3", [b"+OK\r\n", b"+OK\r\nSASL\tPLAIN, ntlm\r\n.\r\n"], ("PLAIN", "NTLM")),
        ("imap", [b"* OK [CAPABILITY IMAP4 AUTH=GSSAPI] hi\r\n", b"* CAPABILITY IMAP4\r\na1 OK\r\n"], ("GSSAPI",)),
        ("smtp", [b"220\r\n", b"250-mx\r\n250-AUTH=LOGIN\r\n250 AUTH PLAIN,NTLM\r\n"], ("LOGIN", "PLAIN", "NTLM")),
        ("nntp", [b"200\r\n", b"101\r\nSASL\tNTLM,PLAIN\r\n.\r\n"], ("NTLM", "PLAIN")),
    ],
)
def test_lists_are_read_however_they_are_written(name: str, answers: list[bytes], names: tuple[str, ...]) -> None:
    """With tabs or commas, on two lines, or in IMAP's greeting alone."""
    (listed,) = (fact for fact in hold(name, asking(), answers).facts if isinstance(fact, Mechanisms))
    assert listed.names == names


@pytest.mark.parametrize(
    ("name", "answers", "is_in_step"),
    [
        ("pop3", [b"+OK\r\n", b"-ERR\r\n", b"-ERR late\r\n", b"+OK begin TLS\r\n", b"+OK\r\n"], False),
        ("pop3", [b"+OK\r\n", b"-ERR\r\n", b"-ERR no TLS\r\n", b"-ERR what\r\n", b"+OK\r\n"], True),
        ("managesieve", [b"OK\r\n", b"NO late\r\n", b"OK begin TLS\r\n", b"OK\r\n"], False),
        ("managesieve", [b"OK\r\n", b"NO no TLS\r\n", b"NO what\r\n", b"OK\r\n"], True),
    ],
)
def test_an_upgrade_that_was_answered_late_is_noticed(name: str, answers: list[bytes], is_in_step: bool) -> None:
    """What looks like its refusal answers an earlier question; then what nobody knows would be granted."""
    held = hold(name, asking(Security.STARTTLS), answers)
    assert b"STIGHTLIP\r\n" in held.said
    oddities = [fact.name for fact in held.of(Oddity) if isinstance(fact, Oddity)]
    assert (OddityName.OUT_OF_STEP not in oddities) is is_in_step


def test_old_and_new_auth_lines_are_one_list() -> None:
    """``AUTH=`` and ``AUTH`` together, each name once; X-EXPS is a list of its own."""
    lines = b"250-mx\r\n250-auth=login ntlm\r\n250-AUTH NTLM PLAIN\r\n250-X-EXPS=LOGIN\r\n250 x-exps gssapi NTLM\r\n"
    held = hold("smtp", asking(), [b"220 mx\r\n", lines])
    assert held.of(Mechanisms) == [
        Mechanisms(("LOGIN", "NTLM", "PLAIN"), Door.AUTH, ("login", "ntlm", "NTLM", "PLAIN")),
        Mechanisms(("LOGIN", "GSSAPI", "NTLM"), Door.X_EXPS, ("LOGIN", "gssapi", "NTLM")),
    ]


@pytest.mark.parametrize(("answer", "is_lmtp"), [(b"250 mx\r\n", True), (b"500 what?\r\n", False)])
def test_who_knows_lhlo_alone_speaks_lmtp(answer: bytes, is_lmtp: bool) -> None:
    """It refuses EHLO, HELO and AUTH like any command that does not exist, and takes logins after LHLO."""
    unknown = b"500 5.5.1 Command unrecognized\r\n"
    held = hold("smtp", asking(), [b"220 mx ESMTP\r\n", unknown, unknown, answer])
    assert held.said[1:3] == [b"HELO [192.0.2.7]\r\n", b"LHLO [192.0.2.7]\r\n"]
    assert bool(held.of(OtherProtocol)) is is_lmtp


def refusals(held: Held) -> list[str]:
    """The words of every refusal."""
    return [fact.text for fact in held.facts if isinstance(fact, Refusal)]


LAYER = b'NO "AUTHENTICATE only available under a layer"\r\n'
MORE = b'NO "Expected a command. Got something else."\r\nNO "Authenticate first"\r\n'


@pytest.mark.parametrize("pieces", [(LAYER + MORE,), (LAYER, MORE)], ids=["at once", "one by one"])
@pytest.mark.parametrize(
    ("mark", "is_in_step"),
    [
        (b'OK (TAG {8}\r\ntightlip) "Done"\r\n', True),
        (b'OK (TAG "tightlip") "Done"\r\n', True),
        (b'OK "Done"\r\n', False),
        (b'OK (TAG "other") "Done"\r\n', False),
    ],
)
def test_answers_to_the_rest_of_a_line_end_at_our_mark(
    pieces: tuple[bytes, ...], mark: bytes, is_in_step: bool
) -> None:
    """Cyrus' ManageSieve answers AUTHENTICATE three times; without our word in it an OK may be anybody's."""
    answers = [SIEVE, *pieces, mark, b"OK\r\n"]
    held = hold("managesieve", asking(), answers)
    assert held.said == [b'AUTHENTICATE "NTLM"\r\n', b'NOOP "tightlip"\r\n', b"LOGOUT\r\n"]
    (refusal,) = held.of(Refusal)
    assert isinstance(refusal, Refusal)
    assert refusal.standing is Standing.TLS_REQUIRED
    oddities = [fact.name for fact in held.of(Oddity) if isinstance(fact, Oddity)]
    assert (OddityName.OUT_OF_STEP not in oddities) is is_in_step
