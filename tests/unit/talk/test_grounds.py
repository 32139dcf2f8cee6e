"""What refusals prove, by their words, by the initial response, and by the controls."""

import pytest

from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    Asked,
    Control,
    ControlAnswer,
    Door,
    Fact,
    Kerberos,
    Mechanisms,
    Opening,
    Refusal,
    Standing,
    TlsOffer,
)
from tightlip.model.verdict import Reason
from tightlip.talk.grounds import grounds_of

TLS_LISTED = TlsOffer(listed=True)
NOTHING_LISTED, PLAIN_LISTED, NTLM_LISTED = Mechanisms(()), Mechanisms(("PLAIN",)), Mechanisms(("PLAIN", "NTLM"))


def no(standing: Standing, text: str = "-ERR no", mechanism: str = "NTLM", via: Door = Door.AUTH) -> Refusal:
    """A refusal of a mechanism by its name."""
    return Refusal(Asked.MECHANISM, standing, text, via, mechanism)


def invented(text: str) -> ControlAnswer:
    """The refusal of a mechanism that does not exist."""
    return ControlAnswer(Control.UNKNOWN_MECHANISM, "X-TIGHTLIP", taken=False, text=text)


def listed(text: str, *, taken: bool) -> ControlAnswer:
    """The answer to a mechanism that is listed."""
    return ControlAnswer(Control.LISTED_MECHANISM, "PLAIN", taken=taken, text=text)


def command(text: str) -> ControlAnswer:
    """The refusal of a command that does not exist."""
    return ControlAnswer(Control.UNKNOWN_COMMAND, "STIGHTLIP", taken=False, text=text)


KNOWN = ControlAnswer(Control.KNOWN_COMMAND, "QUIT", taken=True, text="+OK")
WITH_RESPONSE = Refusal(
    Asked.MECHANISM, Standing.NO_SUCH_MECHANISM, "504 no", Door.AUTH, "NTLM", Opening.INITIAL_RESPONSE
)
UNCLEAR = Standing.UNCLEAR

CASES: list[tuple[list[Fact], Reason]] = [
    ([PLAIN_LISTED, no(Standing.NO_SUCH_MECHANISM)], Reason.REFUSED),
    ([NTLM_LISTED, no(Standing.NO_SUCH_MECHANISM)], Reason.REFUSAL_UNCLEAR),
    ([TLS_LISTED, no(Standing.TLS_REQUIRED)], Reason.TLS_REQUIRED),
    ([TlsOffer(listed=False), no(Standing.TLS_REQUIRED)], Reason.TLS_REQUIRED_BUT_ABSENT),
    ([no(Standing.TLS_REQUIRED)], Reason.TLS_REQUIRED_BUT_ABSENT),
    ([NOTHING_LISTED, no(Standing.NO_AUTHENTICATION)], Reason.AUTHENTICATION_NOT_OFFERED),
    ([PLAIN_LISTED, no(Standing.NO_AUTHENTICATION)], Reason.REFUSAL_UNCLEAR),
    ([PLAIN_LISTED, no(UNCLEAR)], Reason.REFUSAL_UNCLEAR),
    ([PLAIN_LISTED, no(UNCLEAR), WITH_RESPONSE], Reason.REFUSED),
    ([NTLM_LISTED, no(UNCLEAR), WITH_RESPONSE], Reason.REFUSAL_UNCLEAR),
    ([no(UNCLEAR, "-ERR What?"), command("-ERR What?"), KNOWN], Reason.AUTHENTICATION_NOT_OFFERED),
    (
        [no(UNCLEAR, "-ERR bad command AUTH"), command("-ERR bad command STIGHTLIP"), KNOWN],
        Reason.AUTHENTICATION_NOT_OFFERED,
    ),
    (
        [no(UNCLEAR, "-ERR authorization first"), command("-ERR authorization first"), KNOWN],
        Reason.AUTHENTICATION_NOT_OFFERED,
    ),
    (
        [no(UNCLEAR, "-ERR Protocol error. 14"), command("-ERR Protocol error. 20"), KNOWN],
        Reason.AUTHENTICATION_NOT_OFFERED,
    ),
    ([no(UNCLEAR, "-ERR what?"), command("-ERR what?")], Reason.REFUSAL_UNCLEAR),
    ([no(UNCLEAR, "-ERR bad command"), command("-ERR what?"), KNOWN], Reason.REFUSAL_UNCLEAR),
    ([no(UNCLEAR), command("-ERR no"), KNOWN], Reason.REFUSAL_UNCLEAR),
    ([no(UNCLEAR, "-ERR Starting up"), command("-ERR Starting up"), KNOWN], Reason.REFUSAL_UNCLEAR),
    ([no(UNCLEAR, "-ERR Not permitted"), command("-ERR Not permitted"), KNOWN], Reason.REFUSAL_UNCLEAR),
    ([PLAIN_LISTED, no(UNCLEAR), command("-ERR no"), KNOWN], Reason.REFUSAL_UNCLEAR),
    (
        [PLAIN_LISTED, no(UNCLEAR, "-ERR NTLM: no"), invented("-ERR X-TIGHTLIP: no"), listed("+ ", taken=True)],
        Reason.REFUSED_LIKE_UNKNOWN,
    ),
    (
        [PLAIN_LISTED, no(UNCLEAR), invented("-ERR no"), listed("-ERR STLS first", taken=False)],
        Reason.REFUSED_LIKE_UNKNOWN,
    ),
    (
        [PLAIN_LISTED, no(UNCLEAR), invented("-ERR no"), listed("-ERR no, one left", taken=False)],
        Reason.EVERYTHING_REFUSED,
    ),
    (
        [
            PLAIN_LISTED,
            no(UNCLEAR, "-ERR Plain login refused"),
            invented("-ERR Plain login refused"),
            listed("-ERR Plain login refused", taken=False),
        ],
        Reason.EVERYTHING_REFUSED,
    ),
    (
        [PLAIN_LISTED, no(UNCLEAR), invented("-ERR no"), listed("-ERR unknown mechanism", taken=False)],
        Reason.EVERYTHING_REFUSED,
    ),
    ([PLAIN_LISTED, no(Standing.NO_SUCH_MECHANISM, "-ERR GSSAPI not supported")], Reason.REFUSAL_UNCLEAR),
    ([PLAIN_LISTED, no(UNCLEAR), invented("-ERR no"), listed("-ERR no", taken=False)], Reason.EVERYTHING_REFUSED),
    ([PLAIN_LISTED, no(UNCLEAR), invented("-ERR no")], Reason.EVERYTHING_REFUSED),
    ([PLAIN_LISTED, no(UNCLEAR), invented("-ERR what?"), listed("+ ", taken=True)], Reason.REFUSAL_UNCLEAR),
    ([PLAIN_LISTED, no(Standing.PERMANENT)], Reason.REFUSAL_UNCLEAR),
]


@pytest.mark.parametrize(
    ("via", "text", "is_ground"),
    [
        (Door.X_EXPS, "535 5.7.8 failed", True),
        (Door.GSSAPI, "535 5.7.8 failed", False),
        (Door.MSN, "BAD arguments", False),
    ],
)
def test_a_path_that_was_only_given_its_message_is_not_passed_over(via: Door, text: str, is_ground: bool) -> None:
    """Its unclear refusal proves nothing; unless it may be about the form, or is Kerberos' own failure."""
    with_message = Refusal(Asked.MECHANISM, UNCLEAR, text, via, "NTLM", Opening.INITIAL_RESPONSE)
    facts: list[Fact] = [PLAIN_LISTED, no(Standing.NO_SUCH_MECHANISM), with_message]
    grounds = [(ground.refusal.via, ground.reason) for ground in grounds_of("smtp", Security.IMPLICIT, facts)]
    assert ((via, Reason.REFUSAL_UNCLEAR) in grounds) is is_ground
    by_name = no(Standing.NO_SUCH_MECHANISM, via=via)
    assert with_message not in [ground.refusal for ground in grounds_of("smtp", Security.IMPLICIT, [*facts, by_name])]


@pytest.mark.parametrize(("facts", "reason"), CASES)
def test_what_a_refusal_proves(facts: list[Fact], reason: Reason) -> None:
    """Understood words prove by themselves, unless the list contradicts them; the rest only measured by controls."""
    (ground,) = grounds_of("pop3", Security.PLAIN, facts)
    assert ground.reason is reason


@pytest.mark.parametrize("state", [Security.STARTTLS, Security.IMPLICIT])
def test_tls_first_proves_nothing_over_tls(state: Security) -> None:
    """Nobody can be asked for what is there."""
    (ground,) = grounds_of("pop3", state, [TLS_LISTED, no(Standing.TLS_REQUIRED)])
    assert not ground.is_proven


def test_each_path_has_its_own_ground() -> None:
    """In the order asked; the same path asked again with an initial response is not another."""
    spnego = no(UNCLEAR, mechanism="GSS-SPNEGO", via=Door.SPNEGO)
    grounds = grounds_of(
        "smtp", Security.IMPLICIT, [PLAIN_LISTED, no(Standing.NO_SUCH_MECHANISM), spnego, WITH_RESPONSE]
    )
    assert [(ground.refusal.via, ground.reason) for ground in grounds] == [
        (Door.AUTH, Reason.REFUSED),
        (Door.SPNEGO, Reason.REFUSAL_UNCLEAR),
    ]


@pytest.mark.parametrize(("theirs", "alike"), [("502 5.5.1 not implemented", True), ("503 bad sequence", False)])
def test_unrecognized_and_not_implemented_are_alike(theirs: str, alike: bool) -> None:
    """SMTP's 500 and 502 say the same of a command (RFC 5321 section 4.2.4)."""
    known = ControlAnswer(Control.KNOWN_COMMAND, "NOOP", taken=True, text="250 OK")
    facts: list[Fact] = [NOTHING_LISTED, no(UNCLEAR, "500 5.5.2 what?"), command(theirs), known]
    (ground,) = grounds_of("smtp", Security.PLAIN, facts)
    assert (ground.reason is Reason.AUTHENTICATION_NOT_OFFERED) is alike


def test_an_empty_list_of_managesieve_says_tls_first() -> None:
    """RFC 5804 section 1.7 lets it be empty only where STARTTLS is offered and has to come first."""
    refusal = no(UNCLEAR, 'NO "Authentication Error"')
    (ground,) = grounds_of("managesieve", Security.PLAIN, [TLS_LISTED, NOTHING_LISTED, refusal])
    assert ground.reason is Reason.TLS_REQUIRED
    (ground,) = grounds_of("managesieve", Security.PLAIN, [TlsOffer(listed=False), NOTHING_LISTED, refusal])
    assert not ground.is_proven


def test_each_machine_has_its_own_ground() -> None:
    """Where two that answer at one address refuse in their own words, both have to prove something."""
    facts: list[Fact] = [
        PLAIN_LISTED,
        no(Standing.NO_SUCH_MECHANISM, "-ERR unknown mechanism"),
        no(UNCLEAR, "-ERR failed"),
    ]
    grounds = grounds_of("pop3", Security.IMPLICIT, facts)
    assert [ground.reason for ground in grounds] == [Reason.REFUSED, Reason.REFUSAL_UNCLEAR]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("500 What?", Reason.REFUSED),
        ("501 Bad AUTHINFO", Reason.REFUSED),
        ("501 Syntax: AUTHINFO mechanism initial-response", Reason.REFUSAL_UNCLEAR),
        ("501 Missing argument", Reason.REFUSAL_UNCLEAR),
    ],
)
def test_a_variant_of_authinfo_that_misses_a_message_is_known(text: str, reason: Reason) -> None:
    """500 and 501 say that GENERIC is unknown (RFC 3977 section 3.2.1), unless the text asks for more of it."""
    (ground,) = grounds_of("nntp", Security.IMPLICIT, [PLAIN_LISTED, no(UNCLEAR, text, via=Door.GENERIC)])
    assert ground.reason is reason


def test_what_was_taken_a_moment_ago_is_not_unknown() -> None:
    """GSSAPI that refused a bare message and then its own name was never asked with a wrapped one."""
    gssapi = no(Standing.NO_SUCH_MECHANISM, "NO unknown mechanism", "GSSAPI", Door.GSSAPI)
    message = Refusal(Asked.MESSAGE, UNCLEAR, "BAD data", Door.GSSAPI, "GSSAPI")
    (ground,) = grounds_of("imap", Security.IMPLICIT, [PLAIN_LISTED, message, gssapi])
    assert ground.reason is Reason.REFUSAL_UNCLEAR
    (ground,) = grounds_of("imap", Security.IMPLICIT, [PLAIN_LISTED, message, Kerberos(Door.GSSAPI, "+ oRQ="), gssapi])
    assert ground.reason is Reason.REFUSED


def test_who_lists_nothing_and_asks_for_more_takes_logins() -> None:
    """An empty list of ManageSieve says "TLS first", but not of a server that wants the first message."""
    facts: list[Fact] = [TLS_LISTED, NOTHING_LISTED, no(UNCLEAR, 'NO "Initial response required"')]
    (ground,) = grounds_of("managesieve", Security.PLAIN, facts)
    assert not ground.is_proven


@pytest.mark.parametrize(
    ("text", "facts", "reason"),
    [
        ("502 5.5.2 Error: command not recognized", [], Reason.REFUSED),
        ("502 5.7.0 come from the office network", [], Reason.REFUSAL_UNCLEAR),
        ("550 5.5.1 no idea", [command("550 5.5.1 no idea")], Reason.REFUSED),
        ("550 5.5.1 no idea", [command("550 5.5.1 what?")], Reason.REFUSAL_UNCLEAR),
        ("502 unknown", [Mechanisms(("NTLM",), Door.X_EXPS)], Reason.REFUSAL_UNCLEAR),
    ],
)
def test_a_command_of_its_own_is_none_where_it_is_refused_as_none(text: str, facts: list[Fact], reason: Reason) -> None:
    """By a text that says so and no more, or like an invented one; and never where it is listed."""
    refusal = no(UNCLEAR, text, via=Door.X_EXPS)
    (ground,) = grounds_of("smtp", Security.IMPLICIT, [PLAIN_LISTED, *facts, refusal])
    assert ground.reason is reason


def test_an_auth_that_is_off_for_now_is_not_unknown() -> None:
    """What a 502 says besides its code may be any reason, and the next day AUTH is back."""
    refusal = no(UNCLEAR, "502 5.5.1 Authentication is off while the domain controller reboots")
    facts: list[Fact] = [NOTHING_LISTED, refusal, command("500 5.5.1 command unrecognized"), KNOWN]
    (ground,) = grounds_of("smtp", Security.IMPLICIT, facts)
    assert not ground.is_proven
