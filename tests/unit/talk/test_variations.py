"""How the repetitions of a thorough asking differ from the first, and from each other."""

from tests.unit.talk.inquired import asked_of, protocol, refusing
from tightlip.model.endpoint import Security
from tightlip.model.facts import Mechanisms, Standing
from tightlip.model.observation import Depth
from tightlip.talk.next_probe import Inquiry
from tightlip.talk.probes import Variation

PLAIN_LISTED = Mechanisms(("PLAIN",))


def test_a_repeated_asking_begins_with_what_does_not_exist() -> None:
    """Who refuses the first mechanism of each connection, whatever it is, is asked for NTLM as the second."""
    inquiry = Inquiry(protocol("pop3"), Security.IMPLICIT, Depth.THOROUGH)
    inquiry.vary(Variation.SECOND)
    asked = asked_of(inquiry, refusing(Standing.NO_SUCH_MECHANISM), PLAIN_LISTED)
    assert asked == [
        ["unknown_mechanism X-TIGHTLIP", "auth NTLM", "spnego GSS-SPNEGO wrapped"],
        ["auth NTLM", "msn MSN", "gssapi GSSAPI"],
        ["auth NTLM initial_response", "auth NTLM"],
    ]


def test_a_second_repetition_gives_each_path_its_first_message_at_once() -> None:
    """For who takes a mechanism with its message alone, and for NTLM the older form of it.

    So is NTLM asked for on each further connection: of several nodes one may take it in this form alone.
    """
    inquiry = Inquiry(protocol("smtp"), Security.IMPLICIT, Depth.THOROUGH)
    inquiry.vary(Variation.WITH_MESSAGE)
    asked = asked_of(inquiry, refusing(Standing.NO_SUCH_MECHANISM), PLAIN_LISTED)
    assert asked == [
        ["unknown_mechanism X-TIGHTLIP", "auth NTLM", "x-exps NTLM initial_response"],
        ["auth NTLM initial_response", "spnego GSS-SPNEGO wrapped initial_response", "msn MSN initial_response"],
        ["auth NTLM initial_response", "gssapi GSSAPI initial_response"],
        ["auth NTLM older initial_response", "auth NTLM initial_response"],
    ]


def test_a_way_of_asking_that_takes_one_word_is_never_given_two() -> None:
    """AUTHINFO GENERIC and TRANSACT: each message is a command of its own."""
    inquiry = Inquiry(protocol("nntp"), Security.IMPLICIT, Depth.THOROUGH)
    inquiry.vary(Variation.WITH_MESSAGE)
    connections = asked_of(inquiry, refusing(Standing.NO_SUCH_MECHANISM), PLAIN_LISTED)
    asked = {each for connection in connections for each in connection}
    assert {"generic NTLM", "transact NTLM"} <= asked
    assert asked.isdisjoint({"generic NTLM initial_response", "transact NTLM initial_response"})


def test_a_third_repetition_asks_for_each_path_first() -> None:
    """By its name and with its message, for who has nothing more to say on a connection that was refused anything.

    NTLM comes last on each, which may have led to a machine that was not met before.
    """
    inquiry = Inquiry(protocol("nntp"), Security.IMPLICIT, Depth.THOROUGH)
    inquiry.vary(Variation.ALONE)
    asked = asked_of(inquiry, refusing(Standing.NO_SUCH_MECHANISM), PLAIN_LISTED)
    assert asked == [
        ["auth NTLM"],
        ["generic NTLM", "auth NTLM"],
        ["transact NTLM", "auth NTLM"],
        ["spnego GSS-SPNEGO wrapped", "auth NTLM"],
        ["spnego GSS-SPNEGO wrapped initial_response", "auth NTLM"],
        ["msn MSN", "auth NTLM"],
        ["msn MSN initial_response", "auth NTLM"],
        ["gssapi GSSAPI", "auth NTLM"],
        ["gssapi GSSAPI initial_response", "auth NTLM"],
        ["unknown_mechanism X-TIGHTLIP", "auth NTLM"],
        ["auth NTLM initial_response", "auth NTLM"],
    ]


def test_a_listed_name_that_speaks_of_ntlm_is_given_its_message_too() -> None:
    """In the round in which all paths are, by its name in another, and each way alone in the last."""
    listed = Mechanisms(("PLAIN", "SPA"))
    for variation, probe in (
        (Variation.SECOND, "auth SPA"),
        (Variation.WITH_MESSAGE, "auth SPA initial_response"),
        (Variation.ALONE, "auth SPA"),
        (Variation.ALONE, "auth SPA initial_response"),
    ):
        inquiry = Inquiry(protocol("pop3"), Security.IMPLICIT, Depth.THOROUGH)
        inquiry.vary(variation)
        asked = asked_of(inquiry, refusing(Standing.NO_SUCH_MECHANISM), listed)
        assert probe in [each for connection in asked for each in connection]
        assert variation is not Variation.ALONE or probe in [connection[0] for connection in asked]


def test_all_listed_names_that_speak_of_ntlm_are_asked_for_or_left_unasked() -> None:
    """However many there are: what the limits cut off is told."""
    names = ("NTLM-A", "NTLM-B", "NTLM-C", "NTLM-D", "NTLM-E", "NTLM-F", "X-SPA")
    for depth, is_left in ((Depth.POLITE, True), (Depth.THOROUGH, False)):
        inquiry = Inquiry(protocol("pop3"), Security.IMPLICIT, depth)
        connections = asked_of(inquiry, refusing(Standing.NO_SUCH_MECHANISM), Mechanisms(names))
        asked = {each for connection in connections for each in connection}
        assert ({f"auth {name}" for name in names} <= asked) is not is_left
        assert bool(list(inquiry.left_unasked())) is is_left
