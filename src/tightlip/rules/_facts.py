"""Questions rules ask of an observation's facts, by exact type: isinstance would ask the metaclass of a Struct."""

from tightlip.model.facts import Acceptance, Challenge, Door, LoginCommand, Mechanisms, Refusal, TlsState
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth, Observation
from tightlip.model.verdict import Verdict

# Bound once, as in the session: rules ask these of every observation.
_AUTH, _THOROUGH, _CLEAN = Door.AUTH, Depth.THOROUGH, Verdict.CLEAN
_AS_IT_IS = frozenset({"PLAIN", "LOGIN"})


def most_telling(observation: Observation) -> Challenge:
    """The challenge that gives the most names away, of one that disclosed."""
    told = [fact for fact in observation.facts if type(fact) is Challenge]
    return told[0] if len(told) == 1 else max(told, key=lambda challenge: len(challenge.disclosure.names))


def acceptance(observation: Observation, *vias: Door) -> Acceptance | None:
    """The first acceptance, by one of these doors or by any."""
    for fact in observation.facts:
        if type(fact) is Acceptance and (not vias or fact.via in vias):
            return fact
    return None


def refusal(observation: Observation, via: Door) -> Refusal | None:
    """The refusal by a door."""
    for fact in observation.facts:
        if type(fact) is Refusal and fact.via is via:
            return fact
    return None


def mechanisms(observation: Observation) -> tuple[str, ...] | None:
    """The mechanisms listed for logins, or None where no list could be read."""
    for fact in observation.facts:
        if type(fact) is Mechanisms and fact.via is _AUTH:
            return fact.names
    return None


def is_proven_closed(assessed: Assessed) -> bool:
    """Whether NTLM is proven not to be reached here: only a thorough asking does, of a host that let us ask."""
    observation = assessed.observation
    is_whole = observation.depth is _THOROUGH and not observation.was_throttled
    return is_whole and assessed.assessment.verdict is _CLEAN


def cleartext_logins(observation: Observation) -> list[str]:
    """What sends a password as it is: the mechanisms PLAIN and LOGIN, and the protocol's own login command.

    Of all lists: each node of a pool has its own.
    """
    listed: dict[str, None] = {}
    commands: dict[str, None] = {}
    for fact in observation.facts:
        if type(fact) is Mechanisms and fact.via is _AUTH:
            listed |= {name: None for name in fact.names if name in _AS_IT_IS}
        elif type(fact) is LoginCommand:
            commands[f"the {fact.name} command"] = None
    return [*listed, *commands]


def tls_state(observation: Observation) -> TlsState | None:
    """What TLS came to, where it came up."""
    for fact in observation.facts:
        if type(fact) is TlsState:
            return fact
    return None
