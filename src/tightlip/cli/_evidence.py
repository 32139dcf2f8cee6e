"""What each endpoint said before and after a change, side by side: the proof that a person can read."""

from collections.abc import Iterator

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tightlip.config.changes import ChangeFolder
from tightlip.remediate.proof import Witness
from tightlip.reports._escape import visible
from tightlip.reports._layout import labelled
from tightlip.workflows.change.work import AFTER, BACK, BEFORE

_NOTHING = "not asked"


class _Evidence(msgspec.Struct):
    witnesses: tuple[Witness, ...] = ()


def evidence_of(folder: ChangeFolder) -> RenderableType:
    """Endpoint by endpoint: before, after, and after an undo, as far as they were asked."""
    columns = {name: _witnesses(folder, file) for name, file in _moments(folder)}
    endpoints = dict.fromkeys(endpoint for said in columns.values() for endpoint in said)
    parts: list[RenderableType] = []
    for endpoint in sorted(endpoints):
        parts.append(Text(visible(endpoint), "bold"))
        rows = [(name, _said(said.get(endpoint))) for name, said in columns.items()]
        parts.append(Padding(labelled(rows), (0, 0, 0, 2)))
    return Group(*parts) if parts else Text("none was taken")


def _moments(folder: ChangeFolder) -> Iterator[tuple[str, str]]:
    for name, file in (("before", BEFORE), ("after", AFTER), ("undone", BACK)):
        if folder.read(file) is not None:
            yield name, file


def _witnesses(folder: ChangeFolder, name: str) -> dict[str, Witness]:
    try:
        evidence = msgspec.json.decode(folder.read(name) or b"{}", type=_Evidence)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return {each.endpoint: each for each in evidence.witnesses}


def _said(witness: Witness | None) -> str:
    if witness is None:
        return _NOTHING
    words = [f"{witness.verdict} ({witness.reason.replace('_', ' ')})"]
    if witness.challenge is not None:
        words.append(
            f"a challenge of {len(witness.challenge)} bytes that names {', '.join(witness.names) or 'nothing'}"
        )
    if witness.detail:
        words.append(witness.detail)
    if witness.mechanisms is not None:
        words.append(f"listed: {' '.join(witness.mechanisms) or 'nothing'}")
    return "; ".join(words)
