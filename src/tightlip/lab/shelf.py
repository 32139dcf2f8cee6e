"""Where talks come from: those that ship with tightlip, and files a user names."""

from collections.abc import Sequence
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from tightlip.model.errors import UsageError
from tightlip.talk.script import Talk
from tightlip.talk.script_text import read_talk

SIZE_LIMIT = 1_000_000
_ENDING = ".talk"


def shipped_talks() -> tuple[Talk, ...]:
    """Every talk that ships with tightlip, by protocol and claim."""
    shelf = files("tightlip.lab") / "talks"
    folders = sorted((each for each in shelf.iterdir() if each.is_dir()), key=lambda each: each.name)
    return tuple(talk for folder in folders for talk in _folder(folder))


def chosen_talks(words: Sequence[str]) -> tuple[Talk, ...]:
    """The shipped talks of a protocol (``pop3``) or a claim, and those in files (``./mine.talk``); all without words.

    UsageError names a word that is none of these, and the claims that come close.
    """
    shipped = shipped_talks()
    if not words:
        return shipped
    chosen = [talk for word in words for talk in _chosen(word, shipped)]
    return tuple({id(talk): talk for talk in chosen}.values())


def talk_from(path: Path) -> Talk:
    """The talk in the file ``path``; UsageError says why it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "name a .talk file") from None
    if len(data) > SIZE_LIMIT:
        raise UsageError(f"{path}: larger than {SIZE_LIMIT} bytes", "name a .talk file")
    return _read(path.name, data)


def _chosen(word: str, shipped: tuple[Talk, ...]) -> tuple[Talk, ...]:
    if word.endswith(_ENDING):
        return (talk_from(Path(word)),)
    found = tuple(talk for talk in shipped if word in (talk.protocol, talk.claim, f"{talk.protocol}/{talk.claim}"))
    if not found:
        names = {name for talk in shipped for name in (talk.protocol, talk.claim)}
        close = ", ".join(get_close_matches(word, sorted(names))) or "a protocol, a claim, or a file ending in .talk"
        raise UsageError(f"no practice server {word!r}", f"name {close}")
    return found


def _folder(folder: Traversable) -> list[Talk]:
    names = sorted((each for each in folder.iterdir() if each.name.endswith(_ENDING)), key=lambda each: each.name)
    return [_read(each.name, each.read_bytes()) for each in names]


def _read(name: str, data: bytes) -> Talk:
    try:
        return read_talk(name.removesuffix(_ENDING), data.decode())
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: not UTF-8 at byte {error.start}", "docs/talks.md describes the format") from None
