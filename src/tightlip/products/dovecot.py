"""Dovecot 2.2, 2.3 and 2.4: POP3, IMAP, submission and ManageSieve, and logins for Postfix and Exim that ask it."""

from tightlip.products._dovecot.commands import commands, compare, complaints, read_version, recognise
from tightlip.products._dovecot.edits import edit
from tightlip.products._dovecot.posture import posture
from tightlip.products._dovecot.surroundings import collect
from tightlip.products._dovecot.trial import trial
from tightlip.products._product import Product, Starts

_FOLDERS = ("/etc/dovecot", "/usr/local/etc/dovecot")

PRODUCT = Product(
    title="Dovecot",
    homes=tuple(f"{folder}/dovecot.conf" for folder in _FOLDERS),
    parts={f"{folder}/dovecot.conf": (f"{folder}/*.conf", f"{folder}/conf.d/*.conf") for folder in _FOLDERS},
    recognise=recognise,
    collect=collect,
    posture=posture,
    edit=edit,
    commands=commands,
    read_version=read_version,
    compare=compare,
    complaints=complaints,
    trial=trial,
    starts=Starts(
        programs="dovecot",
        probes=("-c/?",),
        units=("dovecot*.service",),
        main=("dovecot.service", "dovecot@*.service"),
        variables=("/etc/default/dovecot",),
        command=("dovecot", "-c${CONF}"),
    ),
    order=0,
    vendor_page="https://doc.dovecot.org/2.4.2/core/config/auth/mechanisms/winbind.html",
)
