"""When a state without STARTTLS is called absent, and when it may be there for somebody else."""

import pytest
from msgspec.structs import replace

from tests.unit.assess.observed import observed
from tightlip.assess.verdict import assess, beside
from tightlip.model.endpoint import Security
from tightlip.model.facts import Banner, Control, ControlAnswer, TlsOffer, Upgrade
from tightlip.model.host_view import Assessed
from tightlip.model.verdict import Assessment, Reason, Verdict

# Real texts of servers that have no TLS, and the answer of each to an invented command.
NO_TLS = [
    ("pop3", "-ERR TLS support isn't enabled.", "-ERR Unknown command."),
    ("pop3", "-ERR Unknown command: STLS", "-ERR Unknown command: STIGHTLIP"),
    ("imap", "BAD TLS support isn't enabled.", "BAD Error in IMAP command received by server."),
    ("smtp", "502 5.5.1 Error: command not implemented", "500 5.5.2 Error: command not recognized"),
    ("smtp", "503 STARTTLS command used when not advertised", "500 unrecognized command"),
    ("smtp", "554 5.7.3 Unable to initialize security subsystem", "500 5.3.3 Unrecognized command"),
    ("nntp", "500 What?", "500 What?"),
    ("nntp", "502 Command unavailable", "502 Command unavailable"),
    ("imap", "NO STARTTLS unavailable", "BAD Unknown command"),
    ("imap", "BAD Unrecognized command", "BAD Unrecognized command"),
]
# Of these the server may well take STARTTLS from somebody else, or later.
MAY_HAVE_TLS = [
    ("smtp", "503 5.5.1 Bad sequence of commands", "500 5.5.1 Unknown command"),
    ("smtp", "530 5.7.0 Authentication required", "500 5.5.1 Unknown command"),
    ("smtp", "501 Syntax error", "500 5.5.1 Unknown command"),
    ("smtp", "503 TLS already active", "500 5.5.1 Unknown command"),
    ("smtp", "502 Command not implemented for your address", "502 Command not implemented"),
    ("imap", "NO TLS not available for your address", "BAD Unknown command"),
    ("nntp", "580 Can not initiate TLS negotiation", "500 Unknown command"),
    ("nntp", "502 Command unavailable", "500 Unknown command"),
    ("pop3", "-ERR Not in this state", "-ERR Unknown command"),
    ("smtp", "454 4.7.0 TLS not available", "500 5.5.1 Unknown command"),
    ("smtp", "454 4.7.0 TLS not available due to local problem", "454 4.7.0 TLS not available due to local problem"),
    ("imap", "NO STARTTLS unavailable at this time", "BAD Unknown command"),
    ("imap", "NO TLS already active", "BAD Unknown command"),
    ("imap", "NO [UNAVAILABLE] TLS not available", "BAD Unknown command"),
    ("pop3", "-ERR TLS currently not available", "-ERR unknown command"),
    ("pop3", "-ERR TLS not available after authentication", "-ERR unknown command"),
    ("nntp", "580 TLS not available", "500 What?"),
    ("nntp", "502 STARTTLS not allowed with active TLS layer", "500 What?"),
    ("smtp", "502 5.5.1 TLS already active", "500 5.5.2 Error: command not recognized"),
    ("smtp", "502 TLS not ready", "502 Command not implemented"),
    ("smtp", "554 5.7.0 TLS temporarily unavailable", "500 5.5.2 Error: command not recognized"),
    ("imap", "BAD TLS not available to this client", "BAD Unknown command"),
    ("pop3", "-ERR Server not ready", "-ERR Server not ready"),
    ("imap", "NO Not permitted", "NO Not permitted"),
    ("smtp", "550 5.7.1 Rejected", "550 5.7.1 Rejected"),
]


@pytest.mark.parametrize(
    ("protocol", "said", "unknown", "reason"),
    [(*row, Reason.NO_STARTTLS) for row in NO_TLS] + [(*row, Reason.STARTTLS_REFUSED) for row in MAY_HAVE_TLS],
)
def test_a_state_is_absent_only_where_the_server_has_no_tls(
    protocol: str, said: str, unknown: str, reason: Reason
) -> None:
    """STARTTLS is refused like a command that does not exist, or by a text that says so."""
    refused = Upgrade(offered=False, accepted=False, text=said)
    control = ControlAnswer(Control.UNKNOWN_COMMAND, "STIGHTLIP", taken=False, text=unknown)
    heard = observed(Banner("ready"), refused, control, protocol=protocol, security=Security.STARTTLS)
    assert assess(heard).reason is reason


def test_what_another_asking_met_is_not_absent() -> None:
    """Each asking has connections of its own, and another node of a pool may have answered on them."""
    gone = observed(Banner("ready"), Upgrade(offered=False, accepted=False, text="-ERR no TLS"))
    absent = Assessed(
        replace(gone, endpoint=replace(gone.endpoint, security=Security.STARTTLS)),
        Assessment(Verdict.ABSENT, Reason.NO_STARTTLS, "-ERR no TLS"),
    )
    lists, lists_none = observed(TlsOffer(listed=True)), observed(TlsOffer(listed=False))
    elsewhere = replace(lists, endpoint=replace(lists.endpoint, port=1110))
    doubt = Assessment(Verdict.INCONCLUSIVE, Reason.STARTTLS_REFUSED, "-ERR no TLS")
    upgraded = observed(Upgrade(offered=False, accepted=True, text="+OK"))
    assert beside(absent, [lists]).assessment == beside(absent, [upgraded]).assessment == doubt
    assert beside(absent, [lists_none, elsewhere, replace(lists, address="192.0.2.8")]) == absent
    refused = Assessed(absent.observation, Assessment(Verdict.CLEAN, Reason.REFUSED))
    assert beside(refused, [lists]) == refused
