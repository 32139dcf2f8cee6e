"""Whether smtpd shuts itself into the queue directory before it hears a client: the fifth column of master.cf."""

import posixpath
import re

from tightlip.products._gss_lists import HOST, Root, is_plain
from tightlip.products._postfix.services import SmtpService

# Of master.cf's columns behind the type: private, unprivileged, chroot.
_CHROOT = 2
# The first number of a level: 1 and 2, then 3.6 and so on, as Postfix has them.
_LEVEL = re.compile(r"([0-9]{1,9})(?:\.[0-9]{1,9}){0,2}")


def root_of(service: SmtpService) -> Root:
    """What smtpd takes for `/` while it answers: the host's own, or queue_directory, which may be set anywhere.

    Its settings and SASL plugins are read before.
    """
    column = "".join(service.entry.value.split()[_CHROOT : _CHROOT + 1])
    doubt = ""
    if column == "-":
        column, doubt = _default(service)
    elif column not in ("y", "n"):
        doubt = "its fifth column in master.cf is neither y nor n"
    if doubt:
        doubt = f"whether {service.name} runs in a chroot is not known: {doubt}"
    elif column == "n":
        return HOST
    queue = service.get("queue_directory")
    if queue.doubt:
        return Root(doubt=doubt or f"{service.name} runs in a chroot, and {queue.name} depends on {queue.doubt}")
    jail = posixpath.normpath(queue.value)
    if not is_plain(jail) or jail.startswith("//"):
        return Root(doubt=doubt or f"{service.name} runs in a chroot, and {queue.name} names no plain absolute path")
    return HOST if jail == "/" else Root(jail, doubt)


def _default(service: SmtpService) -> tuple[str, str]:
    """What `-` stands for, or why that is not known: "n" from compatibility_level 1 on, "y" before (3.7.11)."""
    level = service.config.globally("compatibility_level")
    number = _LEVEL.fullmatch(level.value)
    if level.doubt:
        return "", f"{level.name} depends on {level.doubt}, which was not worked out"
    if number is None:
        return "", f"{level.name} is no number"
    return ("n" if int(number[1]) else "y"), ""
