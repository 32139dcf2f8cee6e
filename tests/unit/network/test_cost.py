"""What a host costs that discloses: a sweep has millions of them, and a small step a week made it slower unseen.

Time says nothing on a busy machine, so the interpreter's steps are counted. The engine's own loop is left out: how
often it goes round depends on when the answers come.
"""

import sys
from collections import Counter
from types import CodeType, FrameType
from typing import Any

from msgspec.structs import replace

from tests.unit.network.asking import PLAIN, QUICK, ask, said
from tests.unit.network.scripts import ntlm
from tests.unit.network.servers import serving
from tightlip.model.observation import Intent
from tightlip.model.verdict import Reason, Verdict
from tightlip.network import deadlines, engine
from tightlip.network.messages import WorkItem
from tightlip.talk.session import Transcripts

HOSTS = 64
# Steps of the interpreter: version 0.1.0 took 4,970. More of them need a reason.
MOST = 5_280
SETTINGS = replace(QUICK, transcripts=Transcripts.DROPPED)
_OF_THE_LOOP = (engine.__file__, deadlines.__file__)


def test_a_host_costs_few_steps() -> None:
    """The usual case of a sweep: no transcript, one state, one challenge.

    The least of three counts: on a busy machine an answer comes in two parts now and then, and is looked at twice.
    """
    with serving(ntlm(), "0.0.0.0") as server:
        hosts = [f"127.1.1.{number}" for number in range(1, HOSTS + 1)]
        items = [
            WorkItem(number, host, host, server.port, "pop3", PLAIN, Intent.SWEPT) for number, host in enumerate(hosts)
        ]
        ask(items[:1], SETTINGS)  # what is made once, or kept from one host to the next
        paid = min((_paid(items) for _ in range(3)), key=Counter.total)
    dearest = [f"{count / HOSTS:.0f} {code.co_qualname}" for code, count in paid.most_common(12)]
    assert paid.total() / HOSTS <= MOST, dearest


def _paid(items: list[WorkItem]) -> Counter[CodeType]:
    """The steps that it takes to ask them all, by the code that takes them."""
    steps = Counter[CodeType]()
    sys.settrace(_counting(steps))
    try:
        heard = ask(items, SETTINGS)
    finally:
        sys.settrace(None)
    assert {said(each) for each in heard} == {(Verdict.DISCLOSES, Reason.NAMES)}
    return Counter({code: count for code, count in steps.items() if code.co_filename not in _OF_THE_LOOP})


def _counting(steps: Counter[CodeType]) -> Any:
    """A trace function that counts each frame's steps."""

    def count(frame: FrameType, event: str, _argument: object) -> Any:
        if event == "opcode":
            steps[frame.f_code] += 1
        else:
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return count

    return count
