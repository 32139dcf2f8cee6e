"""Stable names for what must not be named: a keyed hash, the same for the same value whatever kind of thing it is."""

from hmac import digest
from ipaddress import ip_address

_DIGITS = 10


class Pseudonyms:
    """Pseudonyms under one secret key: without it nobody can try names out, with it reports can be compared."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """Use ``key``, at least 16 secret bytes."""
        if len(key) < 16:
            raise ValueError("a redaction key has at least 16 bytes")
        self._key = key

    def of(self, kind: str, value: str) -> str:
        """``kind-1a2b3c4d5e``; letter case plays no part."""
        hashed = digest(self._key, value.casefold().encode("utf-8", "surrogatepass"), "sha256")
        return f"{kind}-{hashed.hex()[:_DIGITS]}"

    def perhaps(self, kind: str, value: str | None) -> str | None:
        """The pseudonym of ``value``, where there is one."""
        return None if value is None else self.of(kind, value)

    def host(self, value: str) -> str:
        """Of a name, or of an address."""
        try:
            ip_address(value)
        except ValueError:
            return self.of("host", value)
        return self.of("address", value)
