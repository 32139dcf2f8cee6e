"""The findings of configurations that the store knows of, so that an audit can prove them mended."""

from tightlip.model.finding import Finding, FindingState
from tightlip.store.contract import Store

_LIVING = frozenset({FindingState.OPEN, FindingState.REGRESSED, FindingState.ACCEPTED})
# So many hosts are looked up one by one; for more of them one walk through the store is cheaper.
_SINGLY = 4


class KnownFindings:
    """What stands, or is accepted, of a host's settings; findings of endpoints are left out."""

    def __init__(self, store: Store) -> None:
        """Nothing is read before the first host is asked for."""
        self._store = store
        self._asked: set[str] = set()
        self._all: dict[str, list[Finding]] | None = None

    def of(self, host: str) -> list[Finding]:
        """Those of one host."""
        if self._store.place == "none":
            return []
        if len(self._asked) < _SINGLY or host in self._asked:
            self._asked.add(host)
            kept = self._store.findings(_LIVING, host)
            return [each.finding for each in kept if is_written(each.finding, host)]
        if self._all is None:
            self._all = self._read()
        return self._all.get(host, [])

    def _read(self) -> dict[str, list[Finding]]:
        found: dict[str, list[Finding]] = {}
        for each in self._store.findings(_LIVING):
            if is_written(each.finding, each.host):
                found.setdefault(each.host, []).append(each.finding)
        return found


def is_written(finding: Finding, host: str) -> bool:
    """Whether its subject is a setting of the host; an endpoint's has no space."""
    return finding.subject.startswith(f"{host} ")
