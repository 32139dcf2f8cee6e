"""Cyrus IMAP with the Cyrus SASL library inside of it: imapd.conf, what it includes, and cyrus.conf."""

from pathlib import PurePosixPath

from msgspec.structs import replace

from tightlip.products._cyrus.collecting import CYRUS, IMAPD, collect
from tightlip.products._cyrus.commands import commands, compare, complaints, read_version
from tightlip.products._cyrus.edits import edit
from tightlip.products._cyrus.posture import posture
from tightlip.products._gss_config import GSS_MECH_CONFIG, started_with
from tightlip.products._masters import is_of_postfix
from tightlip.products._options import read_permuted
from tightlip.products._product import Instance, Process, Product, Starts
from tightlip.products._sasl_plugins import SASL_PATH, named_by

# Debian's script takes two names from its file, others whole options.
_VARIABLES = ("/etc/default/cyrus-imapd", "/etc/default/cyrus", "/etc/sysconfig/cyrus-imapd")
_BY_SCRIPT = ("cyrmaster", "-C${CONF}", "-M${MASTERCONF}", "-M${MASTER_CONF}", "$OPTIONS", "$CYRUSOPTIONS")
# Options of master that have a value; all others are switches.
_WITH_VALUES = "CMLjlpP"
_LOCAL_IMAPD = "/usr/local/etc/imapd.conf"


def recognise(process: Process) -> Instance | None:
    """The instance whose master this process is, with the files that its ``-C`` and ``-M`` name.

    A build of one's own has it in the ``libexec`` of its prefix; elsewhere many a program is called master.
    """
    program = PurePosixPath(process.argv[0] if process.argv else "")
    said = read_permuted(process.argv[1:], _WITH_VALUES)
    if program.name == "master" and not is_of_postfix(process):
        is_ours = "cyrus" in str(program.parent) or program.parent.name == "libexec" or bool(said.keys() & {"C", "M"})
    else:
        is_ours = program.name in ("cyrmaster", "cyrus-master")
    if not is_ours:
        return None
    places = {"cyrus.conf": said.get("M") or CYRUS, "bin": str(program.parent)}
    config = said.get("C") or IMAPD
    return Instance(
        product="cyrus", config=config, places=places | named_by(process) | started_with(process), pid=process.pid
    )


def started(process: Process) -> Instance | None:
    """The same in a copy, where nothing is run, and no matter where the programs are."""
    found = recognise(process)
    return (
        replace(found, places={name: place for name, place in found.places.items() if name != "bin"}) if found else None
    )


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
    variables=(SASL_PATH, GSS_MECH_CONFIG),
    starts=Starts(
        programs="cyrmaster|cyrus-master|master",
        probes=("-C/?", "-M/?"),
        units=("cyrus*.service",),
        main=("cyrus-imapd.service", "cyrus.service"),
        variables=_VARIABLES,
        command=_BY_SCRIPT,
        recognise=started,
    ),
    vendor_page="https://www.cyrusimap.org/imap/reference/manpages/configs/imapd.conf.html",
)
