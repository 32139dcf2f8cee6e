"""An account for a test login, and how its password is kept out of everything that is shown or written down."""

from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote

from msgspec import Struct

_LONGEST_WORDS = 200
_LONGEST_CODE = 8
# A shorter one is a word of many answers.
_SHORTEST_SECRET = 4


class Credentials(Struct, frozen=True):
    """An account for the test; it is never shown."""

    user: str
    password: str

    def __repr__(self) -> str:
        """Without the password: a traceback may show it."""
        return f"Credentials({self.user!r})"

    def are_in(self, outgoing: bytes) -> bool:
        """Whether these bytes carry the password."""
        return any(form.encode() in outgoing for form in self._forms() if form)

    def masked(self, text: str) -> str:
        """The first words of an answer; a server that repeats the password must not have it written down."""
        for secret in filter(None, self._forms()):
            text = text.replace(secret, "‹secret›")
        disguised = [form for form in map(_squeezed, self._disguises()) if len(form) >= _SHORTEST_SECRET]
        if any(form in _squeezed(text) for form in disguised):
            text = f"{text.split(maxsplit=1)[0][:_LONGEST_CODE]} ‹secret›"  # in some other writing
        return text[:_LONGEST_WORDS]

    def _forms(self) -> Iterator[str]:
        """The password as it goes over the line: bare, in IMAP's quotes, and as AUTH LOGIN and PLAIN encode it."""
        yield self.password
        yield self.password.replace("\\", "\\\\").replace('"', '\\"')
        for text in (self.password, f"\0{self.user}\0{self.password}"):
            yield b64encode(text.encode()).decode()

    def _disguises(self) -> Iterator[str]:
        """Other writings: as Latin-1, in hexadecimal, in base64 beside other words; case and signs do not count."""
        raw = self.password.encode()
        yield self.password
        yield raw.decode("latin-1")
        yield quote(raw)
        yield raw.hex()
        yield b64encode(raw).decode().rstrip("=")
        yield b64encode(f"{self.user} {self.password}".encode()).decode().rstrip("=")


def _squeezed(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))
