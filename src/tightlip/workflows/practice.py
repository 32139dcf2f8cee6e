"""Practice: servers on loopback that leak on purpose, held open, or toured with a scan of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

from tightlip.lab.servers import Lab, Limits, Served, open_lab
from tightlip.lab.shelf import chosen_talks
from tightlip.model.endpoint import Endpoint, Security
from tightlip.network.descriptors import raise_limit
from tightlip.network.messages import EngineSettings
from tightlip.workflows.beginning import Sources
from tightlip.workflows.intake import Complaint
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.scan import Progress, Scan
from tightlip.workflows.scanning import ScanOrder, scanning

# What a newcomer should have seen: TLS that helps nothing, a hidden mechanism, another protocol, the mended
# server, and one that must not be called clean.
STATIONS = (
    "pop3/exchange2010-leaks-before-and-after-stls",
    "pop3/exchange2019-hides-ntlm-and-answers",
    "smtp/postfix-without-mech-list-leaks",
    "imap/dovecot-refuses-ntlm-after-the-fix",
    "pop3/too-many-connections",
)

_LOOK_AROUND = 0.2
# Some two hundred ports, and a few who ask all of them at once.
_DESCRIPTORS = 4_096
# A practice server answers at once; nobody on a tour should wait for the one that says "later".
_PACE = EngineSettings(allowed=(), rate=0.0, read_timeout=5.0, retry_delay=1.0)


@contextmanager
def practice(words: Sequence[str], seconds: float, first_port: int) -> Iterator[Lab]:
    """A lab that serves the talks which ``words`` choose, for at most ``seconds``."""
    raise_limit(_DESCRIPTORS)
    with open_lab(chosen_talks(words), Limits(seconds=seconds), first_port) as lab:
        yield lab


def hold(lab: Lab, interruption: Interruption) -> None:
    """Return when the lab's time is up or somebody asked to stop."""
    while lab.is_open and not interruption.asked:
        lab.wait(_LOOK_AROUND)


class Tour(Struct, frozen=True):
    """A lab and a scan of it that is ready to go."""

    served: tuple[Served, ...]
    scan: Scan

    def expected(self, endpoint: Endpoint) -> Served:
        """The station with this endpoint."""
        return next(each for each in self.served if each.endpoint == endpoint)


@contextmanager
def touring(watch: Callable[[Progress], None], interruption: Interruption) -> Iterator[Tour]:
    """Open the stations and get a scan of every state ready; nothing is kept anywhere."""
    with open_lab(chosen_talks(STATIONS)) as lab:
        targets = tuple(target_of(each.endpoint) for each in lab.served)
        order = ScanOrder(Sources(targets), _PACE, workers=1, store="none")
        with scanning(order, watch, _never, interruption) as scan:
            yield Tour(lab.served, scan)


def target_of(endpoint: Endpoint) -> str:
    """The target that asks this state and no other: ``pop3://`` alone would ask for STARTTLS too."""
    if endpoint.security is Security.PLAIN:
        return f"{endpoint.protocol}+plain{str(endpoint).removeprefix(endpoint.protocol)}"
    return str(endpoint)


def _never(complaint: Complaint) -> None:
    raise AssertionError(f"the tour's own target cannot be read: {complaint.message}")
