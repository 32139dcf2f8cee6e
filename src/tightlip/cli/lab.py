"""``tightlip lab``: practice servers on this machine that leak on purpose."""

from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import results, say
from tightlip.lab.servers import Served
from tightlip.model.errors import Exit
from tightlip.workflows.interruption import interruptible
from tightlip.workflows.practice import hold, practice

_SECONDS = 60


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
        with results(None) as file:
            file.writelines(f"{line}\n" for line in table(open_lab.served))
            file.flush()
        example = open_lab.served[0].endpoint
        time = f"{minutes:g} minute{'' if minutes == 1 else 's'}"
        say(f"Open for {time}, or until Ctrl-C. In another terminal: tightlip scan {example}")
        hold(open_lab, interruption)
    say("The practice servers are closed.")
    return Exit.INTERRUPTED if interruption.asked else Exit.OK


def table(served: Sequence[Served]) -> list[str]:
    """One line a state: what tightlip should say, the endpoint, and the claim of its talk."""
    wide = max(len(str(each.endpoint)) for each in served)
    rows = [(each.expectation.verdict, str(each.endpoint), each.talk.claim) for each in served]
    return [f"{verdict:<13} {endpoint:<{wide}}  {claim}" for verdict, endpoint, claim in rows]


COMMAND = Command(Stage.PROVE, lab)
