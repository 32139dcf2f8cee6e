"""What the store knows of: findings of configurations that an audit may prove mended, and ports to ask thoroughly."""

from msgspec import Struct

from tightlip.model.endpoint import read_endpoint
from tightlip.model.finding import Finding, FindingState
from tightlip.model.observation import Depth
from tightlip.store.contract import Store
from tightlip.store.values import KeptFinding

_LIVING = frozenset({FindingState.OPEN, FindingState.REGRESSED, FindingState.ACCEPTED})
_OPEN = _LIVING - {FindingState.ACCEPTED}
_ANY = frozenset[FindingState]()
# Rules whose findings only a thorough asking can close.
ABOUT_NTLM = frozenset(
    {
        "ntlm-discloses-host",
        "ntlm-offered",
        "ntlm-without-tls",
        "advertised-contradicts-accepted",
        "pool-answers-differ",
    }
)
# Those, and the one that holds what is written against them.
_CLOSED_BY_THE_THOROUGH = ABOUT_NTLM | {"config-contradicts-wire"}
# So many hosts are looked up one by one; for more of them one walk through the store is cheaper.
_SINGLY = 4


class Depths(Struct, frozen=True):
    """How thoroughly states are asked: as ordered, or thoroughly where a finding about NTLM stands.

    ``ports`` are the hosts, as targeted, and ports of which the store knows such findings: only a thorough asking can
    close them.
    """

    everywhere: Depth
    ports: frozenset[tuple[str, int]] = frozenset()

    def of(self, host: str, port: int) -> Depth:
        """The depth for one port of a host."""
        return Depth.THOROUGH if self.ports and (host, port) in self.ports else self.everywhere


def depths(everywhere: Depth, store: Store) -> Depths:
    """What the order and the store's findings make of it."""
    if everywhere is Depth.THOROUGH or store.place == "none":
        return Depths(everywhere)
    kept = (each.finding for each in store.findings(_LIVING) if each.finding.rule in _CLOSED_BY_THE_THOROUGH)
    endpoints = (read_endpoint(finding.subject) for finding in kept if "://" in finding.subject)
    return Depths(everywhere, frozenset((endpoint.host, endpoint.port) for endpoint in endpoints))


class KnownFindings:
    """Findings of hosts' settings, fixed ones too; those of endpoints are left out."""

    def __init__(self, store: Store) -> None:
        """Nothing is read before the first host is asked for."""
        self._store = store
        self._asked: set[str] = set()
        self._all: dict[str, list[KeptFinding]] | None = None

    def standing(self, host: str) -> list[Finding]:
        """What stands, or is accepted, of one host."""
        return [each.finding for each in self._of(host) if each.state in _LIVING]

    def open(self, host: str) -> list[Finding]:
        """What stands of one host, and nobody has accepted."""
        return [each.finding for each in self._of(host) if each.state in _OPEN]

    def ever(self, host: str) -> list[Finding]:
        """What was ever found of one host, the standing first."""
        return [each.finding for each in sorted(self._of(host), key=lambda each: each.state not in _LIVING)]

    def _of(self, host: str) -> list[KeptFinding]:
        if self._store.place == "none":
            return []
        if len(self._asked) < _SINGLY or host in self._asked:
            self._asked.add(host)
            return [each for each in self._store.findings(_ANY, host) if is_written(each.finding, host)]
        if self._all is None:
            self._all = self._read()
        return self._all.get(host, [])

    def _read(self) -> dict[str, list[KeptFinding]]:
        found: dict[str, list[KeptFinding]] = {}
        for each in self._store.findings(_ANY):
            if is_written(each.finding, each.host):
                found.setdefault(each.host, []).append(each)
        return found


def is_written(finding: Finding, host: str) -> bool:
    """Whether its subject is a setting of the host; an endpoint's has no space."""
    return finding.subject.startswith(f"{host} ")
