"""ACLs that let logins through which were never advertised: with a name, inline, and in files of their own."""

import re
from collections import deque
from collections.abc import Generator, Iterable, Iterator

from msgspec.structs import replace

from tightlip.products import _gss_lists
from tightlip.products._exim import collecting
from tightlip.products._exim.configuration import ACL_FILE, Configuration, configuration, of_file
from tightlip.products._exim.gssapi import gss_config
from tightlip.products._exim.statements import Statement
from tightlip.products._product import Absent, Answer, ConfigFile, Files, Instance, Missing, Need, ReadFile, Request
from tightlip.syntax.lenses.sections import exim
from tightlip.syntax.reading import Kind

# In any other ACL the control is an error.
_OPTIONS = ("acl_smtp_connect", "acl_smtp_helo")
_CONTROL = "allow_auth_unadvertised"
# No word has to end in front: what parts the lines of an inline ACL may be written as \n.
_CONTROLS = re.compile(r"control\s*=\s*(\S*)")
_NESTED = re.compile(r"\bacl\s*=\s*(\S*)")
# Where Exim expands something, of which only Exim knows what comes of it.
_EXPANDED = re.compile(r"[$\\]")
_WORDS = re.compile(r"\w+")
_MOST_FILES = 100
_TOO_MANY = "not looked at: too many files of ACLs"


def collect(instance: Instance) -> Generator[Request, Answer, Files]:
    """Ask for what an instance consists of, for Kerberos' lists, and for the files that hold an ACL each."""
    files = yield from collecting.collect(instance)
    known = configuration(files)
    if files.files:
        files = yield from _gss_lists.joined(files, gss_config(known, files.instance))
    named = _named(known)
    waiting = deque(_led_to(_first(known), named))
    asked = set[str]()
    while waiting:
        by = waiting.popleft()
        for path in _paths(by):
            if path in asked:
                continue
            asked.add(path)
            gone = Missing(path=path, why=_TOO_MANY, need=Need.REQUIRED, file=by.file.path, line=by.entry.line)
            if len(asked) > _MOST_FILES:
                return replace(files, missing=(*files.missing, gone))
            answer = yield ReadFile(path)
            if isinstance(answer, bytes):
                # No macro and no include counts in such a file.
                found = ConfigFile(path=path, role=ACL_FILE, reading=exim("acl").read(answer))
                files = replace(files, files=(*files.files, found))
                waiting += _led_to(of_file(found), named)
            elif isinstance(answer, Absent):
                files = replace(files, missing=(*files.missing, replace(gone, why=answer.why)))
    return files


def unadvertised(known: Configuration) -> Statement | None:
    """The statement that lets AUTH through which was never advertised."""
    every = (*known.acls, *_options(known))
    return next((each for each in every if _CONTROL in _CONTROLS.findall(each.text.replace("\\n", "\n"))), None)


def undecided(known: Configuration) -> Iterator[Statement]:
    """The statements that may come to let it through: Exim expands what they say when a client connects."""
    for each in _reached(known):
        is_whole = each.entry.kind is Kind.SETTING and _is_expanded(each)
        nested = any(map(_EXPANDED.search, _NESTED.findall(each.text)))
        if is_whole or nested or any(map(_may_be, _CONTROLS.findall(each.text))):
            yield each


def _may_be(control: str) -> bool:
    """Whether an expanded control may come to be the one: what stands in front of the expansion is how it begins."""
    found = _EXPANDED.search(control)
    return found is not None and _CONTROL.startswith(control[: found.start()])


def _options(known: Configuration) -> list[Statement]:
    """The ACLs' options: each a name, a file or an ACL inline."""
    return [known.options[name] for name in _OPTIONS if name in known.options]


def _is_expanded(option: Statement) -> bool:
    """Whether an option is expanded before it is taken for a name, a file or an ACL."""
    return _EXPANDED.search(option.text) is not None


def _reached(known: Configuration) -> Iterator[Statement]:
    """The options, and the statements of those ACLs to which they lead."""
    return _led_to(_first(known), _named(known))


def _first(known: Configuration) -> list[Statement]:
    """Where the way to what is reached begins: all of it, where an option may come to be any name."""
    options = _options(known)
    if any(each.doubt or _is_expanded(each) for each in options):
        return [*options, *known.acls]
    return [*options, *(each for each in known.acls if not _acl_of(each))] if options else []


def _named(known: Configuration) -> dict[str, list[Statement]]:
    """The statements of ACLs with names, by these."""
    named: dict[str, list[Statement]] = {}
    for each in known.acls:
        if name := _acl_of(each):
            named.setdefault(name, []).append(each)
    return named


def _acl_of(statement: Statement) -> str:
    """The name of the ACL that a statement is of; what has none may be of any, or of a file of its own."""
    return "".join(statement.entry.path[1:2])


def _led_to(first: Iterable[Statement], named: dict[str, list[Statement]]) -> Iterator[Statement]:
    """These, and the statements of the ACLs that they name, which are taken out of ``named``."""
    waiting = deque(first)
    while waiting:
        each = waiting.popleft()
        yield each
        for word in _WORDS.findall(each.text):
            waiting += named.pop(word, ())


def _paths(statement: Statement) -> Iterator[str]:
    """The files that a statement names, each of which holds an ACL."""
    named = _NESTED.findall(statement.text)
    if statement.entry.kind is Kind.SETTING and " " not in statement.text:
        named.append(statement.text)
    yield from (each for each in named if each.startswith("/") and not _EXPANDED.search(each))
