"""What every real server offers to the tests: its endpoints, its variants, and how it is started and stopped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

LEAKY = "leaky"
FIXED = "fixed"

# The schemes whose port speaks TLS from the first byte; on all others the tests ask plain and STARTTLS.
IMPLICIT = {
    "pop3s": "pop3",
    "imaps": "imap",
    "smtps": "smtp",
    "nntps": "nntp",
}


class Unavailable(Exception):
    """The machine cannot run this server: no root, no package lists, no network, no overlay."""


class ServerFailed(Exception):
    """A server that should run does not; carries the end of its own output."""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """One port of a server."""

    scheme: str
    port: int
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        """The listener as an endpoint URL; without a state it stands for plain and STARTTLS both."""
        return f"{self.scheme}://{self.host}:{self.port}"


class Inside(Protocol):
    """The namespaces of a server."""

    @property
    def pid(self) -> int:
        """Process 1 in them, as the outside numbers it."""


class Server(Protocol):
    """A real server on loopback, in a folder and namespaces of its own."""

    @property
    def name(self) -> str:
        """Product and version, as shown to people."""

    @property
    def variants(self) -> tuple[str, ...]:
        """The configurations it knows; `leaky` and `fixed` are always among them."""

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """Where it listens; the ports are chosen when the object is made and stay."""

    @property
    def folder(self) -> Path:
        """Its configuration, logs and run files."""

    @property
    def namespace(self) -> Inside:
        """Where it runs, and where an administrator of its host would stand."""

    def start(self, variant: str) -> None:
        """Start it and return once every listener answers."""

    def reconfigure(self, variant: str) -> None:
        """Change the running server's configuration and have it reloaded, not restarted."""

    def stop(self) -> None:
        """End everything that was started; harmless when nothing runs."""


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in the place of `@NAME@`; a place that stays open is a mistake in the template or its caller."""
    for key, value in values.items():
        template = template.replace(f"@{key}@", value)
    if left := re.findall(r"@[A-Z_0-9]+@", template):
        raise ValueError(f"places left open in a server's template: {', '.join(left)}")
    return template


def template(name: str) -> str:
    """The text of a configuration template of this folder."""
    return (Path(__file__).parent / "config" / name).read_text(encoding="utf-8")
