"""What one connection is made to ask: in which TLS state, by which door, with which type 1 message."""

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import Door
from tightlip.ntlm.negotiate import Wish


class Question(Struct, frozen=True):
    """One question for one connection; ``ehlo_name`` is what EHLO and LHLO say of us."""

    security: Security
    door: Door = Door.AUTH
    wish: Wish = Wish.COMMON
    ehlo_name: str = "[127.0.0.1]"
