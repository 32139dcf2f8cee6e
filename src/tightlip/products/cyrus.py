"""Cyrus IMAP with the Cyrus SASL library inside of it: imapd.conf, what it includes, and cyrus.conf."""

from pathlib import PurePosixPath

from tightlip.products._cyrus.collecting import CYRUS, IMAPD, collect
from tightlip.products._cyrus.commands import commands, compare, complaints, read_version
from tightlip.products._cyrus.edits import edit
from tightlip.products._cyrus.posture import posture
from tightlip.products._product import Instance, Process, Product, Starts
from tightlip.products._sasl_plugins import named_by

# Debian's script takes two names from its file, others whole options.
_VARIABLES = ("/etc/default/cyrus-imapd", "/etc/default/cyrus", "/etc/sysconfig/cyrus-imapd")
_BY_SCRIPT = ("cyrmaster", "-C${CONF}", "-M${MASTERCONF}", "-M${MASTER_CONF}", "$OPTIONS", "$CYRUSOPTIONS")
_LOCAL_IMAPD = "/usr/local/etc/imapd.conf"


def recognise(process: Process) -> Instance | None:
    """The instance whose master this process is, with the files that its ``-C`` and ``-M`` name."""
    program = PurePosixPath(process.argv[0] if process.argv else "")
    # Postfix calls its own process master too.
    is_master = program.name == "master" and "cyrus" in str(program.parent)
    if not is_master and program.name not in ("cyrmaster", "cyrus-master"):
        return None
    config, services = (_named(process.argv[1:], flag) for flag in ("-C", "-M"))
    places = {"cyrus.conf": services or CYRUS, "bin": str(program.parent)}
    return Instance(product="cyrus", config=config or IMAPD, places=places | named_by(process), pid=process.pid)


def _named(arguments: tuple[str, ...], flag: str) -> str | None:
    """The absolute path behind a flag, in the next argument or the same."""
    for number, each in enumerate(arguments):
        value = "".join(arguments[number + 1 : number + 2]) if each == flag else each.removeprefix(flag)
        if each.startswith(flag) and value.startswith("/"):
            return value
    return None


PRODUCT = Product(
    title="Cyrus IMAP",
    homes=(IMAPD, _LOCAL_IMAPD),
    parts={IMAPD: (CYRUS,), _LOCAL_IMAPD: ("/usr/local/etc/cyrus.conf",)},
    recognise=recognise,
    collect=collect,
    posture=posture,
    edit=edit,
    commands=commands,
    read_version=read_version,
    compare=compare,
    complaints=complaints,
    accounts=("cyrus",),
    starts=Starts(units=("cyrus*.service",), variables=_VARIABLES, command=_BY_SCRIPT),
    vendor_page="https://www.cyrusimap.org/imap/reference/manpages/configs/imapd.conf.html",
)
