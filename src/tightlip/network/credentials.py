"""An account for a test login, and how its password is kept out of everything that is shown or written down."""

from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote

from msgspec import Struct

_LONGEST_WORDS = 200
_LONGEST_CODE = 8
# A shorter one is a word of many answers.
_SHORTEST_SECRET = 4
# So many characters of its base64 are told from chance, where an answer was cut.
_TELLING = 6


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
        shown = text
        for secret in filter(None, self._forms()):
            shown = shown.replace(secret, "‹secret›")
        if self._is_disguised_in(_squeezed(shown)):
            shown = f"{text.split(maxsplit=1)[0][:_LONGEST_CODE]} ‹secret›"  # in some other writing
        return shown[:_LONGEST_WORDS]

    def _forms(self) -> Iterator[str]:
        """The password as it goes over the line: bare, in IMAP's quotes, and as AUTH LOGIN and PLAIN encode it."""
        yield self.password
        yield self.password.replace("\\", "\\\\").replace('"', '\\"')
        for text in (self.password, f"\0{self.user}\0{self.password}"):
            yield b64encode(text.encode()).decode()

    def _is_disguised_in(self, text: str) -> bool:
        """Whether another writing of it stands in a text, or so much of its base64 that it can be told."""
        whole = (form for form in map(_squeezed, self._disguises()) if len(form) >= _SHORTEST_SECRET)
        parts = (form[at : at + _TELLING] for form in map(_squeezed, self._in_base64()) for at in _places_in(form))
        return any(form in text for form in (*whole, *parts))

    def _disguises(self) -> Iterator[str]:
        """As Latin-1, backwards, in hexadecimal; case and signs do not count."""
        raw = self.password.encode()
        yield self.password
        yield self.password[::-1]
        yield raw.decode("latin-1")
        yield quote(raw)
        yield raw.hex()

    def _in_base64(self) -> Iterator[str]:
        """Behind other words it begins at one of three places in a group of four characters.

        Those at either end are of its neighbours, too.
        """
        for before, theirs in enumerate((0, 2, 3)):
            yield b64encode(b" " * before + self.password.encode()).decode().rstrip("=")[theirs:-1]


def _places_in(form: str) -> range:
    """Where what is told from chance begins; nowhere in what is too short for that."""
    return range(max(len(form) - _TELLING, 0) + 1) if len(form) >= _SHORTEST_SECRET else range(0)


def _squeezed(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))
