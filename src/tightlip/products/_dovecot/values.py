"""Values that stand in a file of their own (`auth_mechanisms = </etc/dovecot/m.txt`), of settings that count here.

Read off Dovecot 2.3.19: the whole content is the value, its line ends too, nothing in it is expanded, and a relative
path begins where the file stands that names it. A file that ends with a line end makes the last mechanism one that
the auth process does not know, and it ends at its start, though `doveconf -n` is content.
"""

import re
from posixpath import dirname, join

from tightlip.products._product import ConfigFile
from tightlip.syntax.lines import spoken
from tightlip.syntax.reading import Entry, Form, Kind, Path

LONGEST = 4_000

# No other file is ever asked for: `args = <secret` is nobody's business.
FOLLOWED = frozenset(
    """auth_mechanisms protocols ssl disable_plaintext_auth auth_allow_cleartext auth_use_winbind ssl_min_protocol
    ssl_protocols listen login_trusted_networks haproxy_trusted_networks""".split()
)
# These count within blocks, where a value in a file is so odd that it is only noted.
_INNER = frozenset("port address ssl listen haproxy executable protocol deny driver username_filter".split())
_FOREIGN = ("service ", "passdb", "userdb", "plugin", "namespace", "inet_listener", "unix_listener", "dict")
_CONTROL = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")


def is_followed(entry: Entry, path: Path) -> bool:
    """Whether this setting's value stands in a file that is read for it."""
    return _is_of_file(entry) and is_counted(entry.name, path)


def is_unfollowed(entry: Entry, path: Path) -> bool:
    """Whether its value stands in a file that is not read, although the value would count."""
    return _is_of_file(entry) and is_inner(entry.name, path)


def is_counted(name: str, path: Path) -> bool:
    """Whether a setting of this name says something of all services, or those of a protocol or of some addresses."""
    return name in FOLLOWED and not any(step.startswith(_FOREIGN) for step in path)


def is_inner(name: str, path: Path) -> bool:
    """Whether it says something of one service, or of one list of accounts."""
    return name in _INNER and any(step.startswith(("service ", "passdb")) for step in path)


def path_of(file: ConfigFile, entry: Entry) -> str:
    """The file that holds the value."""
    return join(dirname(file.path), entry.value)


def unfit(content: bytes) -> str:
    """Why a file's content is taken for no value; empty where it is taken for one."""
    if len(content) > LONGEST:
        return f"it holds more than {LONGEST:,} bytes, which is no value of a setting"
    return "it holds bytes that are no text" if _CONTROL.search(content) else ""


def text_of(content: bytes) -> str:
    """The value, white space at its ends included."""
    return spoken(content)


def _is_of_file(entry: Entry) -> bool:
    return entry.kind is Kind.SETTING and entry.form is Form.FILE
