"""Postfix: SMTP and submission, with logins that Cyrus SASL or a Dovecot behind it decides on."""

from tightlip.products._gss_config import GSS_MECH_CONFIG
from tightlip.products._masters import MAIL_CONFIG
from tightlip.products._postfix.collecting import collect
from tightlip.products._postfix.commands import (
    commands,
    compare,
    complaints,
    read_version,
    recognise,
    started,
)
from tightlip.products._postfix.edit import edit
from tightlip.products._postfix.instances import further
from tightlip.products._postfix.posture import posture
from tightlip.products._postfix.trial import trial
from tightlip.products._product import Product, Starts
from tightlip.products._sasl_plugins import SASL_PATH

_FOLDERS = ("/etc/postfix", "/usr/local/etc/postfix", "/opt/postfix/conf", "/usr/pkg/etc/postfix")

PRODUCT = Product(
    title="Postfix",
    homes=tuple(f"{folder}/main.cf" for folder in _FOLDERS),
    parts={f"{folder}/main.cf": (f"{folder}/master.cf",) for folder in _FOLDERS},
    recognise=recognise,
    variables=(MAIL_CONFIG, SASL_PATH, GSS_MECH_CONFIG),
    collect=collect,
    posture=posture,
    edit=edit,
    commands=commands,
    read_version=read_version,
    compare=compare,
    complaints=complaints,
    trial=trial,
    further=further,
    starts=Starts(
        programs=r"postfix|postmulti",
        probes=("-c/?",),
        units=("postfix*.service",),
        main=("postfix.service", "postfix@*.service"),
        recognise=started,
    ),
    # Behind Dovecot, whose auth socket it may ask: smtpd keeps its old connection until it is reloaded.
    order=10,
    vendor_page="https://www.postfix.org/SASL_README.html",
)
