"""Exim's configuration by kinds: the main options, the authenticators in their order, what the ACLs say."""

from collections.abc import Iterator

from msgspec import Struct

from tightlip.model.finding import Place
from tightlip.model.posture import NTLM_CARRIERS
from tightlip.products._exim.statements import Statement, Walk
from tightlip.products._product import ConfigFile, Files
from tightlip.syntax.reading import Kind

# The role of a file that holds one ACL and is named by an option, or by another ACL.
ACL_FILE = "acl"
# Stands for the name of a block whose head was not read; none is called so.
NAMELESS = "(no name)"
_MOST_AUTHENTICATORS = 200
# They hold a dialogue of their own, whatever clients call them.
_OWN_DIALOGUE = frozenset({"plaintext", "external", "cram_md5", "heimdal_gssapi", "tls"})


class Authenticator(Struct, frozen=True, kw_only=True):
    """One named block of the section authenticators: its head, and its options by name.

    ``name`` is as written, ``called`` with macros put in, and empty of a block whose head was not read.
    """

    name: str
    called: str
    head: Statement
    options: dict[str, Statement]

    def get(self, option: str) -> str:
        """An option's value, empty where it is not set."""
        return self.options[option].value if option in self.options else ""

    @property
    def driver(self) -> str:
        """Which code answers."""
        return self.get("driver")

    @property
    def public_name(self) -> str:
        """What clients call it, in upper case; without one, the block's own name."""
        return (self.get("public_name") or self.called or self.driver).upper()

    @property
    def mechanism(self) -> str:
        """The mechanism it is: whatever its public name (MSN), spa is NTLM; a SASL library is told which by another."""
        if self.driver in ("cyrus_sasl", "gsasl") and (named := self.get("server_mech")):
            return named.upper()
        if self.is_misnamed:
            return self.driver.upper()
        return "NTLM" if self.driver == "spa" else self.public_name

    @property
    def is_misnamed(self) -> bool:
        """Whether it has the name of what NTLM comes in, and a driver that answers none."""
        return self.driver in _OWN_DIALOGUE and self.public_name in NTLM_CARRIERS


class Configuration(Struct, frozen=True, kw_only=True):
    """What counts, by kind: main options by name, authenticators in order, the statements of the ACLs.

    ``cut`` says why that is not all; at ``of_the_build`` stands what may not count, or may in the place of another.
    """

    options: dict[str, Statement]
    authenticators: tuple[Authenticator, ...]
    acls: tuple[Statement, ...]
    cut: str = ""
    of_the_build: Place | None = None

    @property
    def lists(self) -> dict[str, str]:
        """What ``+name`` stands for in a list of hosts; Exim's own options are no lists that anybody names."""
        return {name: each.value for name, each in self.options.items()}


def configuration(files: Files) -> Configuration:
    """The configuration as Exim would take it."""
    options: dict[str, Statement] = {}
    acls: list[Statement] = []
    blocks: list[Authenticator] = []
    walk = Walk(files)
    for each in walk.statements():
        entry = each.entry
        if entry.kind is Kind.SETTING and not entry.path:
            options[entry.name] = each
        elif entry.path[:1] == ("acl",):
            acls.append(each)
        elif entry.kind is Kind.BLOCK and entry.path == ("authenticators",):
            called = walk.expanded(entry.name)
            blocks.append(Authenticator(name=entry.name, called=called, head=each, options={}))
        elif entry.kind is Kind.SETTING and entry.path[:1] == ("authenticators",) and blocks:
            if entry.name in blocks[-1].options:
                # Exim takes no option twice in one block: there is a head between them that was not read.
                blocks.append(Authenticator(name=NAMELESS, called="", head=each, options={}))
            blocks[-1].options[entry.name] = each
        if len(blocks) > _MOST_AUTHENTICATORS:
            walk.cut = f"more than {_MOST_AUTHENTICATORS} authenticators"
            break
    acls += [each for file in files.files if file.role == ACL_FILE for each in of_file(file)]
    return Configuration(
        options=options,
        authenticators=tuple(blocks),
        acls=tuple(acls),
        cut=walk.cut,
        of_the_build=walk.of_the_build,
    )


def of_file(file: ConfigFile) -> Iterator[Statement]:
    """The statements of an ACL that has a file of its own, in which no macro counts."""
    for entry in file.reading.entries:
        if entry.kind is Kind.STATEMENT:
            yield Statement(file, entry, entry.value, f"{entry.name} {entry.value}", entry.doubt)
