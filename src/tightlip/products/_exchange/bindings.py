"""The sockets that Exchange's bindings name: ``[::]:110``, ``0.0.0.0:110``, and ``:::110`` as Exchange 2010 has it."""

import re

_BINDING = re.compile(
    r"(?:\[(?P<boxed>[0-9A-Fa-f:.%]+)\]|(?P<bare>[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)|(?P<host>[^\[\]:]*))"
    r":(?P<port>[0-9]{1,5})"
)
_EVERY_ADDRESS = {"", "0.0.0.0", "::", "*", "0000:0000:0000:0000:0000:0000:0000:0000"}


def binding(text: str) -> tuple[str, int] | None:
    """The address ("" for every one) and port; None where it is none."""
    found = _BINDING.fullmatch(text.strip())
    if found is None or not 0 < int(found["port"]) < 65536:
        return None
    address = found["boxed"] or found["bare"] or found["host"] or ""
    return "" if address in _EVERY_ADDRESS else address, int(found["port"])
