"""The corpus: our own files beside this one, and what mail packages that happen to be installed have shipped."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tightlip.syntax.lenses.assignments import ASSIGNMENTS
from tightlip.syntax.lenses.blocks import DOVECOT
from tightlip.syntax.lenses.cmdlets import CMDLETS
from tightlip.syntax.lenses.columns import MASTER_CF
from tightlip.syntax.lenses.folded import IMAPD_CONF, MAIN_CF, SASL_CONF
from tightlip.syntax.lenses.sections import EXIM, exim
from tightlip.syntax.reading import Lens

CORPUS = Path(__file__).parent / "corpus"

# The folder of the corpus, its lens, and where packages put files of that grammar.
LENSES: dict[str, Lens] = {
    "dovecot": DOVECOT,
    "main_cf": MAIN_CF,
    "imapd_conf": IMAPD_CONF,
    "sasl_conf": SASL_CONF,
    "master_cf": MASTER_CF,
    "exim": EXIM,
    "exim_authenticators": exim("authenticators"),
    "assignments": ASSIGNMENTS,
    "cmdlets": CMDLETS,
}
SHIPPED = {
    "dovecot": ("usr/share/dovecot/dovecot.conf", "usr/share/dovecot/conf.d/*", "etc/dovecot/conf.d/*"),
    "main_cf": ("usr/share/postfix/main.cf*", "etc/postfix/main.cf"),
    "imapd_conf": ("etc/imapd.conf",),
    "sasl_conf": ("etc/postfix/sasl/smtpd.conf",),
    "master_cf": ("usr/share/postfix/master.cf.dist", "etc/postfix/master.cf"),
    "exim": ("etc/exim4/exim4.conf.template",),
    "exim_authenticators": ("etc/exim4/conf.d/auth/*",),
    "assignments": ("etc/courier/imapd", "etc/courier/pop3d", "etc/courier/authdaemonrc"),
}
# Unpacked packages that the tests with real servers keep, if they have run here.
_UNPACKED = Path.home() / ".cache" / "tightlip-tests"


def ours() -> list[tuple[str, Path]]:
    """Our own files with the name of their grammar."""
    return [(file.parent.name, file) for file in sorted(CORPUS.glob("*/*"))]


def shipped() -> list[tuple[str, Path]]:
    """Files of packages, where there are any."""
    return list(islice(_shipped(), 200))


def _shipped() -> Iterator[tuple[str, Path]]:
    roots = [Path("/"), *(sorted(_UNPACKED.glob("*-????????????????")) if _UNPACKED.is_dir() else [])]
    for grammar, patterns in SHIPPED.items():
        for root in roots:
            for pattern in patterns:
                yield from ((grammar, file) for file in sorted(root.glob(pattern)) if file.is_file())
