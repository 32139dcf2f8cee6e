"""What a .talk file expects tightlip to say of each TLS state of its server."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, field

from tightlip.model.disclosure import Disclosure, Implementation
from tightlip.model.endpoint import Security
from tightlip.model.facts import Door
from tightlip.model.observation import Ending
from tightlip.model.oddity import OddityName
from tightlip.model.verdict import Reason, Verdict
from tightlip.talk.escapes import as_text


class Expectation(Struct, frozen=True):
    """What is expected of some states. What the file does not state is expected to be empty.

    ``mechanisms`` by the door that listed them; ``via`` the doors that answered. ``implementation`` and ``banner``
    are None where the file leaves them open; ``fields`` never holds ``product``, which follows from the version.
    """

    states: tuple[Security, ...]
    verdict: Verdict
    reason: Reason
    ending: Ending = Ending.COMPLETED
    mechanisms: dict[Door, tuple[str, ...]] = field(default_factory=dict)
    logins: tuple[str, ...] = ()
    via: tuple[Door, ...] = ()
    implementation: Implementation | None = None
    oddities: frozenset[OddityName] = frozenset()
    banner: str | None = None
    fields: Disclosure = Disclosure()


_DOOR_LISTS = {"mechanisms": Door.AUTH, "mechanisms x-exps": Door.X_EXPS, "mechanisms generic": Door.GENERIC}
_NAMES = frozenset(Disclosure.__struct_fields__) - {"product", "system_time"}


def expectation(heading: str, lines: Iterable[tuple[str, str]]) -> Expectation:
    """Read ``plain starttls: discloses names`` and the ``key: value`` lines below it; ValueError names a bad word."""
    states, _, outcome = heading.partition(":")
    verdict, reason = outcome.split()
    known: dict[str, object] = {
        "states": tuple(Security(state) for state in states.split()),
        "verdict": Verdict(verdict),
        "reason": Reason(reason),
    }
    mechanisms: dict[Door, tuple[str, ...]] = {}
    fields: dict[str, str | datetime] = {}
    for key, value in lines:
        if key in _DOOR_LISTS:
            mechanisms[_DOOR_LISTS[key]] = tuple(value.split())
        elif key in _NAMES:
            fields[key] = as_text(value)
        elif key == "system_time":
            fields[key] = datetime.fromisoformat(value)
        else:
            known[key] = _fact(key, value)
    return Expectation(**known, mechanisms=mechanisms, fields=Disclosure(**fields))  # type: ignore[arg-type]  # by key


def _fact(key: str, value: str) -> object:
    match key:
        case "ending":
            return Ending(value)
        case "logins":
            return tuple(value.split())
        case "via":
            return tuple(Door(word) for word in value.split())
        case "implementation":
            return Implementation(value)
        case "oddities":
            return frozenset(OddityName(word) for word in value.split())
        case "banner":
            return value
        case _:
            raise ValueError(f"unknown key {key!r}")
