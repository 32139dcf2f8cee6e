"""What one connection is made to ask: in which TLS state, about what, by which door, with which type 1 message."""

from enum import StrEnum

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import Door
from tightlip.ntlm.negotiate import Wish


class Subject(StrEnum):
    """What a question is about: NTLM, or whether a password would be taken. None is ever sent."""

    NTLM = "ntlm"
    PASSWORDS = "passwords"


class Question(Struct, frozen=True):
    """One question for one connection; ``ehlo_name`` is what EHLO and LHLO say of us.

    ``door`` and ``wish`` matter to questions about NTLM alone.
    """

    security: Security
    door: Door = Door.AUTH
    wish: Wish = Wish.CURRENT
    ehlo_name: str = "[127.0.0.1]"
    subject: Subject = Subject.NTLM
