"""Changes that kill a real server, which its own check does not see, and the client that notices."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from tests.real.administration import Administrator
from tests.real.servers.ask import PLAIN, STARTTLS, capabilities
from tests.real.watcher import SOURCE
from tightlip.remediate.plan import Patch, Plan, PlannedFile, decode, encode
from tightlip.syntax.spans import Span, Splice, apply, digest


class Death(NamedTuple):
    """A setting, the value with which a server dies, and the scheme and TLS state of a listener where it does.

    Listeners of the ``spared`` schemes go on.
    """

    server: str
    file: str
    setting: bytes
    value: bytes
    scheme: str
    state: str
    spared: tuple[str, ...] = ()


DEATHS = {
    # The process that all logins ask ends, and no listener greets any more.
    "dovecot": Death("dovecot", "dovecot.conf", rb"  driver = (static)", b"nonsense", "pop3", PLAIN),
    # Port 25 greets and takes EHLO; smtpd ends at the EHLO after STARTTLS, where it has no mechanism to announce. Then
    # master keeps the whole port waiting.
    "postfix": Death(
        "postfix-cyrus-sasl",
        "conf/main.cf",
        rb"smtpd_sasl_mechanism_filter = (.*)",
        b"nonsense",
        "submission",
        STARTTLS,
    ),
    # Everybody is turned away with 421.
    "exim": Death("exim", "exim.conf", rb"host_lookup =()", b"\nsmtp_banner = ${nonsense}", "smtp", PLAIN),
    # All that needs its databases ends before it greets.
    "cyrus": Death(
        "cyrus",
        "imapd.conf",
        rb"configdirectory: (.*)",
        b"/nowhere",
        "imap",
        PLAIN,
        spared=("pop3", "pop3s", "managesieve"),
    ),
}


# Seconds; far above what was measured (docs/performance.md). Where Postfix' smtpd dies a second time, it takes 120.
LONGEST = 100.0
# Who is not answered asks again: a port may keep its connections waiting for a minute.
_ONE_TRY = 5.0


def client_of(admin: Administrator, death: Death) -> Callable[[], bytes]:
    """Who wants the greeting, and what it can do, of a listener that dies."""
    listener = next(each for each in admin.server.listeners if each.scheme == death.scheme)
    return partial(capabilities, listener, death.state, SOURCE, seconds=_ONE_TRY)


def deadly_plan(admin: Administrator, death: Death) -> Path:
    """A plan that withdraws NTLM, and kills the server by the way."""
    path = admin.plan()
    plan = decode(path.read_bytes(), str(path))
    file = admin.server.folder / death.file
    text = file.read_bytes()
    found = re.search(rb"(?m)^%s$" % death.setting, text)
    assert found is not None
    patch = Patch(found.start(1), found.end(1), death.value, "somebody's mistake")
    path.write_bytes(encode(_with(plan, file, text, patch)))
    return path


def _with(plan: Plan, file: Path, text: bytes, patch: Patch) -> Plan:
    """The plan with one more patch, of a file of its first product's."""
    (product, *others) = plan.products
    files = {each.path: each for each in product.files}
    planned = files[str(file)].patches if str(file) in files else ()
    patches = tuple(sorted((*planned, patch), key=lambda each: each.start))
    after = apply(text, [Splice(Span(each.start, each.end), each.new) for each in patches])
    files[str(file)] = PlannedFile(path=str(file), before=digest(text), after=digest(after), patches=patches)
    return replace(plan, products=(replace(product, files=tuple(files.values())), *others))
