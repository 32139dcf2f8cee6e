"""The mechanisms that a server listed in a state: as it spells them, and which carry NTLM or may be begun."""

from collections.abc import Sequence
from typing import final

from tightlip.model.facts import Door, Fact, Mechanisms
from tightlip.model.oddity import Oddity, OddityName

NAMES = {Door.SPNEGO: "GSS-SPNEGO", Door.MSN: "MSN", Door.GSSAPI: "GSSAPI"}
"""The mechanisms besides NTLM that may carry it."""

# Listed mechanisms that may be begun and cancelled, the most harmless first: the server speaks first, or hashes.
_HARMLESS = ("CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512", "LOGIN", "PLAIN")

# What else NTLM is called; "SPA" is Microsoft's name for it in Outlook, and Exim's, and Sicily was its first.
_SIGNS = ("NTLM", "SPA", "SECURE-PASSWORD", "SICILY", "NEGOTIATE", "SPNEGO")


@final
class MechanismLists:
    """The mechanisms that the server listed in this state."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        """``names`` are those of AUTH, upper case; ``were_read`` says whether there was such a list, and all of it."""
        lists = [fact for fact in facts if type(fact) is Mechanisms]
        is_cut = any(type(fact) is Oddity and fact.name is OddityName.LIST_TOO_LONG for fact in facts)
        self.were_read = not is_cut and any(listed.via is Door.AUTH for listed in lists)
        self.names = {name for listed in lists if listed.via is Door.AUTH for name in listed.names}
        self._others = {listed.via for listed in lists if listed.via is not Door.AUTH and "NTLM" in listed.names}
        self._spelled: dict[str, list[str]] = {}
        for name in dict.fromkeys(name for listed in lists for name in listed.spelled):
            self._spelled.setdefault(name.upper(), []).append(name)

    def spelled(self, name: str) -> str:
        """The name as the server writes it, or writes it first."""
        return self._spelled.get(name, (name,))[0]

    def also_spelled(self, name: str) -> list[str]:
        """In which other ways it may be written: those that are listed besides, and in capitals as clients do."""
        first, *others = self._spelled.get(name, (name,))
        return list(dict.fromkeys(other for other in (*others, name) if other != first))

    def have(self, door: Door) -> bool:
        """Whether NTLM may come by this door, as far as lists tell."""
        return door in self._others or NAMES.get(door, "") in self.names

    def akin(self) -> list[str]:
        """The listed mechanisms, besides those we know, whose names speak of NTLM: Exim's are what its owner likes."""
        known = ("NTLM", *NAMES.values())
        return [
            self.spelled(name)
            for name in sorted(self.names)
            if name not in known and any(sign in name for sign in _SIGNS)
        ]

    def harmless(self) -> str | None:
        """A listed mechanism that may be begun and cancelled."""
        return next((self.spelled(name) for name in _HARMLESS if name in self.names), None)
