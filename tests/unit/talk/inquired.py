"""Servers for an inquiry without a dialogue, and what it asks of them, by name."""

from collections.abc import Callable

from tightlip.model.facts import Asked, Control, ControlAnswer, Fact, Refusal, Standing
from tightlip.registry import pick
from tightlip.talk.next_probe import Inquiry
from tightlip.talk.probes import CommandLogin, ControlProbe, PasswordProbe, PathProbe, Probe, SaslLogin
from tightlip.talk.protocol import Protocol

Server = Callable[[Probe], list[Fact]]


def protocol(name: str) -> Protocol:
    """The plug of this name."""
    return pick("protocols", name, Protocol)


def refusing(standing: Standing, text: str = "-ERR no") -> Server:
    """A server that says the same no to everything but a listed mechanism and the goodbye."""

    def answer(probe: Probe) -> list[Fact]:
        match probe:
            case PathProbe():
                return [Refusal(Asked.MECHANISM, standing, text, probe.via, probe.mechanism, probe.opening)]
            case ControlProbe(control=Control.KNOWN_COMMAND | Control.LISTED_MECHANISM as control):
                return [ControlAnswer(control, probe.sent, taken=True, text="+OK")]
            case ControlProbe():
                return [ControlAnswer(probe.control, probe.sent, taken=False, text=text)]
            case PasswordProbe() | SaslLogin() | CommandLogin():
                return []

    return answer


def asked_of(inquiry: Inquiry, server: Server, *told: Fact) -> list[list[str]]:
    """What is asked on each connection, by name, of a server that tells these facts first."""
    connections: list[list[str]] = []
    more = True
    while more:
        facts = list(told)
        inquiry.connect(facts)
        connections.append([])
        while (probe := inquiry.next_probe()) is not None:
            connections[-1].append(named(probe))
            facts += server(probe)
            assert len(connections[-1]) < 20
        inquiry.disconnect()
        more = inquiry.wants_connection()
        assert len(connections) < 20
    return connections


def named(probe: Probe) -> str:
    """A probe in a word."""
    match probe:
        case PathProbe(via=via, mechanism=mechanism, message=message, opening=opening):
            return " ".join([via, mechanism, *([message] if message != "current" else []), *_unless_name(opening)])
        case ControlProbe(control=control, sent=sent):
            return f"{control} {sent}"
        case PasswordProbe() | SaslLogin() | CommandLogin():
            return "password"


def _unless_name(opening: str) -> list[str]:
    return [] if opening == "name" else [opening]
