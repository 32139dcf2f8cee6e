"""Exim, in one file with its includes, or in the sources that Debian's update-exim4.conf joins."""

import re
from pathlib import PurePosixPath

from msgspec.structs import replace

from tightlip.products._exim.acls import collect
from tightlip.products._exim.collecting import DEFAULTS, GENERATED, HOMES
from tightlip.products._exim.commands import commands, compare, complaints, read_version
from tightlip.products._exim.daemon import ON_CONNECT, PORTS, PROGRAM, counting, ends_of_hup, named, options_of, unsaid
from tightlip.products._exim.edits import edit
from tightlip.products._exim.posture import posture
from tightlip.products._exim.trial import trial
from tightlip.products._gss_config import started_with
from tightlip.products._product import Instance, Process, Product, Starts

_OTHERS = "/etc/exim/exim.conf"
# In the background, in the foreground, and for what inetd or systemd listens for.
_DAEMON = re.compile(r"-bdf?|-bw.*")


def recognise(process: Process) -> Instance | None:
    """The instance whose listening daemon this process is; without ``-C``, at the first usual place that is there.

    It may call itself otherwise, as ``sendmail``: then the file that it executes tells.
    """
    called, program = (PurePosixPath(each).name for each in (process.argv[0] if process.argv else "", process.program))
    modes = [each for each in options_of(process.argv[1:]) if each.startswith("-b")]
    is_exim = PROGRAM.fullmatch(called) or (called == "sendmail" and PROGRAM.fullmatch(program))
    if not is_exim or not modes or not all(map(_DAEMON.fullmatch, modes)):
        return None
    config = named(process.argv).partition(":")[0] or (GENERATED if "exim4" in (called, program) else _OTHERS)
    given = counting(process.argv)
    return Instance(product="exim", config=config, places=started_with(process), arguments=given, pid=process.pid)


def started(process: Process) -> Instance | None:
    """The same of what inetd, or a socket of systemd, starts for each connection (``-bs``) without a daemon."""
    return recognise(replace(process, argv=tuple("-bd" if each == "-bs" else each for each in process.argv)))


PRODUCT = Product(
    title="Exim",
    homes=HOMES,
    # Not the template, nor what exim4-config ships as "30_exim4-config_…": they lie on hosts that have no Exim.
    parts={DEFAULTS: ("/etc/exim4/conf.d/auth/[0-9][0-9]_[!e]*",)},
    recognise=recognise,
    collect=collect,
    posture=posture,
    edit=edit,
    commands=commands,
    read_version=read_version,
    compare=compare,
    complaints=complaints,
    trial=trial,
    ends_of_hup=ends_of_hup,
    unsaid=unsaid,
    before={GENERATED: HOMES[: HOMES.index(GENERATED)]},
    accounts=("Debian-exim", "exim", "mailnull", "mail"),
    starts=Starts(
        programs=rf"{PROGRAM.pattern}|sendmail",
        probes=("-bd", "-C/?", "-D?", f"{PORTS}?", ON_CONNECT),
        aliases={"sendmail": "exim"},
        recognise=started,
        units=("exim*.service",),
        main=("exim4.service", "exim.service"),
        variables=("/etc/default/exim4", "/etc/default/exim"),
        command=("exim4", "-bd", "$COMMONOPTIONS", "$SMTPLISTENEROPTIONS"),
    ),
    order=1,
    vendor_page="https://www.exim.org/exim-html-current/doc/html/spec_html/ch-smtp_authentication.html",
)
