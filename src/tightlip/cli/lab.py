"""``tightlip lab``: practice servers on this machine that leak on purpose."""

from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from tightlip.cli._command import Command, Stage
from tightlip.cli._folding import folded
from tightlip.cli._output import results, say
from tightlip.lab.servers import Served
from tightlip.model.counting import counted
from tightlip.model.errors import Exit
from tightlip.model.verdict import Verdict
from tightlip.workflows.interruption import interruptible
from tightlip.workflows.practice import hold, practice, target_of

_SECONDS = 60
# Where an endpoint begins, behind its verdict.
_DEEP = 14


def lab(
    *servers: str,
    minutes: Annotated[float, Parameter(validator=Number(gt=0, lte=1440))] = 10.0,
    first_port: Annotated[int, Parameter(validator=Number(gte=0, lte=65535))] = 0,
) -> int:
    """Start practice servers on loopback that leak in every documented way, and print their endpoints.

    They are played from the same .talk files as the tests, TLS included, and nobody outside this machine can
    reach them. They stop by themselves, or on Ctrl-C.

    Parameters
    ----------
    servers
        A protocol (pop3), a claim (exchange2003-says-plus-ok) or a file (./mine.talk). Without any: all that ship.
    minutes
        How long they stay.
    first_port
        Take this port and those above it; 0 takes free ones.
    """
    with practice(servers, minutes * _SECONDS, first_port) as open_lab, interruptible() as interruption:
        header, *lines = table(open_lab.served)
        say(header)
        with results(None) as file:
            file.writelines(f"{folded(line, file, _DEEP)}\n" for line in lines)
            file.flush()
        example = _example(open_lab.served)
        say(f"Open for {_told(minutes)}, or until Ctrl-C. In another terminal: tightlip scan {example}")
        hold(open_lab, interruption)
    say("The practice servers are closed.")
    return Exit.INTERRUPTED if interruption.asked else Exit.OK


def table(served: Sequence[Served]) -> list[str]:
    """A header, and one line a state: what tightlip should say, the endpoint, and the claim of its talk."""
    rows = [("verdict", "endpoint", "what is played")]
    rows += [(str(each.expectation.verdict), str(each.endpoint), each.talk.claim) for each in served]
    wide = max(len(endpoint) for _, endpoint, _ in rows)
    return [f"{verdict:<13} {endpoint:<{wide}}  {claim}" for verdict, endpoint, claim in rows]


def _example(served: Sequence[Served]) -> str:
    """What is worth a first look: a server that names itself, asked in that very state."""
    telling = (each for each in served if each.expectation.verdict is Verdict.DISCLOSES)
    return target_of(next(telling, served[0]).endpoint)


def _told(minutes: float) -> str:
    if minutes < 1:
        return counted(round(minutes * _SECONDS), "second")
    return f"{minutes:g} minute{'' if minutes == 1 else 's'}"


COMMAND = Command(Stage.PROVE, lab)
