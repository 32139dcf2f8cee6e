"""Exim's files as Exim takes them: in order, conditions decided, macros put in, the fragments of conf.d as one."""

import re
from collections.abc import Iterator

from msgspec import Struct

from tightlip.model.finding import Place
from tightlip.model.posture import NTLM_CARRIERS
from tightlip.products._exim.collecting import include_path, section_of
from tightlip.products._product import ConfigFile, Files
from tightlip.syntax.lenses.doubts import DIRECTIVE
from tightlip.syntax.lenses.sections import MAIN
from tightlip.syntax.lines import lines, spoken
from tightlip.syntax.reading import Entry, Kind

DEEPEST = 16
LONGEST_VALUE = 65_536
# The role of a file that holds one ACL and is named by an option, or by another ACL.
ACL_FILE = "acl"
_MOST_ROUNDS = 30
# What following files, macros and conditions may cost in all: a microsecond each, roughly.
_MOST_WORK = 10_000_000
_VISIT = 100
# Stands for the name of a block whose head was not read; none is called so.
NAMELESS = "(no name)"
_MOST_AUTHENTICATORS = 200
# They hold a dialogue of their own, whatever clients call them.
_OWN_DIALOGUE = frozenset({"plaintext", "external", "cram_md5", "heimdal_gssapi", "tls"})

# Options of the main part that say who may log in, where, and under what TLS.
_OF_LOGINS = frozenset(
    {
        *("auth_advertise_hosts", "acl_smtp_auth", "acl_smtp_connect", "acl_smtp_helo", "hosts_proxy"),
        *("daemon_smtp_ports", "daemon_smtp_port", "local_interfaces", "tls_on_connect_ports"),
        *("tls_advertise_hosts", "tls_certificate", "tls_privatekey"),
    }
)
_WORDS = re.compile(r"[A-Za-z0-9_]+")


class Statement(Struct, frozen=True):
    """One statement that counts: its file, its entry, its value with macros put in, and the conditions around it.

    ``text`` is what it says; of a statement that is no setting (those of an ACL) its first word is in it, too.
    """

    file: ConfigFile
    entry: Entry
    value: str
    conditions: int
    text: str

    def place(self, setting: str = "") -> Place:
        """Where it stands, as the host knows it; ``setting`` where the entry's own name would not say enough."""
        return Place(self.file.path, self.entry.line, setting or self.entry.name, self.value)


class _Condition(Struct, frozen=True, gc=False):
    """A branch that we are in: whether it is taken, any of its kind was, and what decides is a macro of the build."""

    taken: bool
    any_taken: bool
    is_of_the_build: bool


class _Walk:
    """The macros that are known where the walk has come to; ``cut`` says why it does not come to the end."""

    def __init__(self, files: Files) -> None:
        self.files = files.files
        self.by_place = {(each.path, section_of(each)): each for each in files.files}
        self.macros: dict[str, str] = {}
        self.cut = ""
        self._unsure: set[str] = set()
        self._left = _MOST_WORK

    def statements(self) -> Iterator[Statement]:
        """What counts of all files, the sources of a generated one in their order; macros are followed on the way."""
        for file in self.files:
            if file.role == "defaults":
                self.take_defaults(file)
        for file in self.files:
            if file.role in ("main", "fragment"):
                yield from self.of(file, ())

    def take_defaults(self, file: ConfigFile) -> None:
        """What Debian's update-exim4.conf makes macros of."""
        for entry in {each.name: each for each in file.reading.entries}.values():
            if entry.name == "dc_local_interfaces" and entry.value:
                parted = ";" in entry.value and not entry.value.startswith("<")
                self.macros["MAIN_LOCAL_INTERFACES"] = f"<; {entry.value}" if parted else entry.value
            elif entry.name[:1].isupper():
                self.macros[entry.name] = entry.value

    def of(self, file: ConfigFile, above: tuple[str, ...]) -> Iterator[Statement]:
        """The statements of one file and of those it includes in their places."""
        if not self._affords(_VISIT + len(file.reading.text) // 8):
            return
        directives = dict(_directives(file.reading.text))
        conditions: list[_Condition] = []
        numbers = sorted({*directives, *(each.line for each in file.reading.entries)})
        by_line: dict[int, list[Entry]] = {}
        for entry in file.reading.entries:
            by_line.setdefault(entry.line, []).append(entry)
        for number in numbers:
            if number in directives:
                self._decide(conditions, *directives[number])
                continue
            if all(each.taken or each.is_of_the_build for each in conditions):
                self._mistrust(file, by_line[number], any(each.is_of_the_build for each in conditions))
            if all(each.taken for each in conditions):
                for entry in by_line[number]:
                    yield from self._one(file, entry, above, len(conditions))

    def _mistrust(self, file: ConfigFile, entries: list[Entry], is_of_the_build: bool) -> None:
        """Take down what stands under a condition on the build, by itself or by a macro that does."""
        for entry in entries:
            if entry.kind is Kind.MACRO and is_of_the_build:
                self._unsure.add(entry.name)
            elif _counts_here(entry) and (is_of_the_build or self._is_unsure(f"{entry.name} {entry.value}")):
                self.cut = f"{file.path}, line {entry.line}, depends on what Exim was built with"

    def _is_unsure(self, words: str) -> bool:
        """Whether a macro in the words depends on the build; what there is no time to look at may be one."""
        if self._unsure and not self._affords(len(self._unsure) * (1 + len(words) // 512) // 16):
            return True
        return any(name in words for name in self._unsure)

    def _one(self, file: ConfigFile, entry: Entry, above: tuple[str, ...], conditions: int) -> Iterator[Statement]:
        if entry.kind is Kind.MACRO:
            self.macros[entry.name] = self.expanded(entry.value)
            return
        value = self.expanded(entry.value) if entry.doubt else entry.value
        text = value
        if entry.kind is Kind.STATEMENT:
            text = self.expanded(f"{entry.name} {entry.value}") if entry.doubt else f"{entry.name} {entry.value}"
        if len(value) > LONGEST_VALUE:
            self.cut = f"{file.path}, line {entry.line}, comes to more than {LONGEST_VALUE:,} characters"
        statement = Statement(file, entry, value[:LONGEST_VALUE], conditions, text[:LONGEST_VALUE])
        if entry.kind not in (Kind.INCLUDE, Kind.INCLUDE_IF_THERE):
            yield statement
            return
        inner = self.by_place.get((include_path(file, statement.value), entry.path[0] if entry.path else MAIN))
        if inner is not None and inner.path not in (*above, file.path) and len(above) < DEEPEST:
            yield from self.of(inner, (*above, file.path))

    def expanded(self, value: str) -> str:
        """A value with the macros put in, the longest name first, until it is too long to be looked at."""
        for _ in range(_MOST_ROUNDS):
            if not self._affords(len(self.macros) * (1 + len(value) // 512) // 16 + len(value) // 8):
                break
            found = [name for name in self.macros if name in value]
            if not found or len(value) > LONGEST_VALUE:
                break
            name = max(found, key=len)
            value = value.replace(name, self.macros[name].replace(name, ""), 200)
        return value[: LONGEST_VALUE + 1]

    def _decide(self, conditions: list["_Condition"], word: str, rest: str) -> None:
        """Follow a directive."""
        is_of_the_build = any(each.startswith("_") for each in _WORDS.findall(rest)) or self._is_unsure(rest)
        if word in ("ifdef", "ifndef"):
            taken = self._defined(rest) is (word == "ifdef")
            conditions.append(_Condition(taken, taken, is_of_the_build))
        elif conditions:
            last = conditions.pop()
            before, is_of_the_build = last.any_taken, is_of_the_build or last.is_of_the_build
            if word == "else":
                conditions.append(_Condition(not before, True, is_of_the_build))
            elif word in ("elifdef", "elifndef"):
                taken = not before and self._defined(rest) is (word == "elifdef")
                conditions.append(_Condition(taken, before or taken, is_of_the_build))

    def _defined(self, words: str) -> bool:
        """Whether a macro stands in the words; of those of the build (``_HAVE_…``) all are taken for defined."""
        if not self._affords(len(self.macros) * (1 + len(words) // 512) // 16):
            return False
        return any(name in words for name in self.macros) or any(each.startswith("_") for each in _WORDS.findall(words))

    def _affords(self, price: int) -> bool:
        self._left -= price
        if self._left < 0:
            self.cut = "its files include each other too often, or its macros stand for too much"
        return self._left >= 0


def _counts_here(entry: Entry) -> bool:
    """Whether it could change who may log in how; routers, transports and most options of the main part could not."""
    if entry.kind in (Kind.INCLUDE, Kind.INCLUDE_IF_THERE):
        return True
    section = entry.path[0] if entry.path else MAIN
    return section == "authenticators" or (section == MAIN and entry.name in _OF_LOGINS)


def _directives(text: bytes) -> Iterator[tuple[int, tuple[str, str]]]:
    """The conditions' lines; includes are entries."""
    for line in lines(text):
        found = DIRECTIVE.match(text[line.start : line.end].strip())
        if found and not found[1].startswith(b"include"):
            yield line.number, (spoken(found[1]), spoken(found[2]))


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

    ``cut`` says why that is not all.
    """

    options: dict[str, Statement]
    authenticators: tuple[Authenticator, ...]
    acls: tuple[Statement, ...]
    cut: str = ""

    @property
    def lists(self) -> dict[str, str]:
        """What ``+name`` stands for in a list of hosts; Exim's own options are no lists that anybody names."""
        return {name: each.value for name, each in self.options.items()}


def configuration(files: Files) -> Configuration:
    """The configuration as Exim would take it."""
    options: dict[str, Statement] = {}
    acls: list[Statement] = []
    blocks: list[Authenticator] = []
    walk = _Walk(files)
    for each in walk.statements():
        entry = each.entry
        if entry.kind is Kind.SETTING and not entry.path:
            options[entry.name] = each
        elif entry.path[:1] == ("acl",):
            acls.append(each)
        elif entry.kind is Kind.BLOCK and entry.path == ("authenticators",):
            called = walk.expanded(entry.name) if entry.doubt else entry.name
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
    return Configuration(options=options, authenticators=tuple(blocks), acls=tuple(acls), cut=walk.cut)


def of_file(file: ConfigFile) -> Iterator[Statement]:
    """The statements of an ACL that has a file of its own, in which no macro counts."""
    for entry in file.reading.entries:
        if entry.kind is Kind.STATEMENT:
            yield Statement(file, entry, entry.value, 0, f"{entry.name} {entry.value}")
