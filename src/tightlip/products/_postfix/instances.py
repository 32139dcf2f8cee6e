"""Further instances of Postfix that main.cf names: postmulti's directories, each with a main.cf of its own."""

import posixpath
import re
from collections.abc import Iterator

from tightlip.model.posture import Note, NoteKind
from tightlip.products._postfix.settings import Config, Setting, config_of, places
from tightlip.products._product import Files, Instance

_DIRECTORIES = "multi_instance_directories"
_MOST = 50
_WORD = re.compile(r"[^\s,]+", re.ASCII)


def further(files: Files) -> tuple[Instance, ...]:
    """The instances that this one's main.cf names, whether postmulti starts them or not."""
    folders = [each.rstrip("/") for each in _words(_setting(config_of(files))) if each.startswith("/")]
    return tuple(
        Instance(product="postfix", config=posixpath.join(each, "main.cf"), places=places(each))
        for each in dict.fromkeys(folders[:_MOST])
    )


def instance_notes(config: Config) -> Iterator[Note]:
    """Which of them cannot be found by what is written."""
    setting = _setting(config)
    words = _words(setting)
    why = ""
    if setting.doubt:
        why = f"further instances are named by {setting.doubt}, which was not worked out"
    elif any(not each.startswith("/") for each in words):
        why = "a further instance is named by no absolute path"
    elif len(words) > _MOST:
        why = f"more than {_MOST} further instances are named"
    if why:
        text = f"{why}: name each with --config postfix=DIR/main.cf"
        yield Note(kind=NoteKind.UNREAD, text=text, file=setting.place.file, line=setting.place.line)


def _setting(config: Config) -> Setting:
    return config.globally(_DIRECTORIES)


def _words(setting: Setting) -> list[str]:
    return [] if setting.doubt else _WORD.findall(setting.value)
