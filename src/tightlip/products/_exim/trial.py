"""An Exim beside the running one: a daemon on the same files, with a spool, a log and a PID file of its own."""

import posixpath
import re
from collections.abc import Generator, Iterator

from tightlip.products._exim.collecting import GENERATED, is_generated
from tightlip.products._exim.commands import program_of
from tightlip.products._exim.configuration import configuration
from tightlip.products._exim.daemon import started_as
from tightlip.products._exim.serving import serving
from tightlip.products._product import Absent, Command, Files, Ran
from tightlip.products._trial import Emptied, Trial

_SPOOL, _LOG = "spool_directory", "log_file_path"
_VALUE = re.compile(r"(\w+) = ?(.*)")
# "%s" in the path of the logs stands for each of these; they say why a connection came to nothing.
_LOGS = ("panic", "main")


def trial(files: Files) -> Generator[Command, Ran | Absent, Trial | str]:
    """Ask Exim where its spool is; why it cannot be tried, where that is so."""
    instance = files.instance
    program = program_of(instance)
    ran = yield Command((*program, "-bP", _SPOOL, _LOG))
    said = dict(_VALUE.findall(ran.output)) if isinstance(ran, Ran) and ran.status == 0 else {}
    spool = said.get(_SPOOL, "")
    if not spool.startswith("/"):
        return "Exim does not tell where its spool is"
    logs = tuple(_logs(said.get(_LOG, ""), spool))
    folders = dict.fromkeys((spool, *map(posixpath.dirname, logs)))
    generated = is_generated(instance)
    own = posixpath.dirname(GENERATED)
    return Trial(
        prepare=(("update-exim4.conf",),) if generated else (),
        # No -q: nothing of a queue is run.
        start=(*program, "-bdf", *started_as(instance), "-oP", posixpath.join(spool, "exim-trial.pid")),
        emptied=tuple(Emptied(each) for each in (*_outermost(folders), *((own,) if generated else ()))),
        logs=logs,
        asks=("dovecot",) if any(each.driver == "dovecot" for each in serving(configuration(files))) else (),
    )


def _logs(path: str, spool: str) -> Iterator[str]:
    """The logs by their paths; those that change with the day are not read."""
    files = [each.strip() for each in path.split(":") if each.strip() not in ("", "syslog")]
    for each in files or [f"{spool}/log/%slog"]:
        yield from (each.replace("%s", name) for name in _LOGS if each.startswith("/") and "%D" not in each)


def _outermost(folders: dict[str, None]) -> Iterator[str]:
    """Without those that lie in another of them."""
    for each in folders:
        if not any(each != other and f"{each}/".startswith(f"{other}/") for other in folders):
            yield each
