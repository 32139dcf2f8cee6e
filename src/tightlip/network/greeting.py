"""Whether an endpoint greets and lists its capabilities, in its TLS state; nothing else is asked."""

import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tightlip.model.endpoint import Endpoint, Security, read_endpoint
from tightlip.model.facts import Asked, Banner, Fact, OtherProtocol, Refusal, TlsState
from tightlip.network.conversation import Deadline, converse
from tightlip.network.tls import lenient_context
from tightlip.talk.framing import TooLongError
from tightlip.talk.probes import Probe, Variation
from tightlip.talk.session import OverlongError

_FIRST = frozenset({Asked.GREETING, Asked.CAPABILITIES, Asked.STARTTLS})
_MOST_ASKED_AT_ONCE = 8


class _Greeter:
    """Asks nothing between the capabilities and the goodbye."""

    has_disclosed = False
    variation = Variation.USUAL

    def __init__(self) -> None:
        self.facts: Sequence[Fact] = ()

    def next_probe(self) -> Probe | None:
        """None."""
        return None

    def note(self, outgoing: bytes) -> None:
        """Nothing secret is sent."""


def silence_at(endpoint: Endpoint, seconds: float) -> str | None:
    """Why an endpoint does not answer within ``seconds``, in the peer's words or the machine's; None where it does.

    It answers that greets, brings up TLS where its state has it, lists its capabilities, and takes our goodbye.
    Certificates are not looked at.
    """
    greeter = _Greeter()
    deadline = Deadline(time.monotonic() + seconds, f"no answer within {seconds:g} s")
    try:
        with socket.create_connection((endpoint.host, endpoint.port), deadline.left()) as connection:
            converse(endpoint, connection, greeter, lenient_context(), deadline)
    except (TooLongError, OverlongError):
        return "it says more than any server does"
    except EOFError:
        return "the connection was closed"
    except OSError as error:
        return str(error.args[0] if isinstance(error, TimeoutError) and error.args else error) or type(error).__name__
    return next(_refusals(endpoint, greeter.facts), None)


def silences(endpoints: Sequence[str], seconds: float) -> Mapping[str, str | None]:
    """The same of several endpoints, in text form, each asked once."""
    with ThreadPoolExecutor(_MOST_ASKED_AT_ONCE) as pool:
        told = pool.map(partial(silence_at, seconds=seconds), map(read_endpoint, endpoints))
        return dict(zip(endpoints, told, strict=True))


def _refusals(endpoint: Endpoint, facts: Sequence[Fact]) -> Iterator[str]:
    """What of the facts says that we were turned away, or came no further than the greeting."""
    for fact in facts:
        if isinstance(fact, Refusal) and fact.asked in _FIRST:
            yield fact.text or "turned away"
        elif isinstance(fact, OtherProtocol):
            yield f"another protocol answers: {fact.text}"
    if not any(isinstance(fact, Banner) for fact in facts):
        yield "no greeting"
    if endpoint.security is Security.STARTTLS and not any(isinstance(fact, TlsState) for fact in facts):
        yield "TLS did not come up"
