"""The authorised scope as it stands now: entries of this user, of the settings file, and what is always in."""

from tightlip.assess.scope import Scope, make_scope
from tightlip.config.folders import folders
from tightlip.config.scope_file import read_entries
from tightlip.config.settings import read_settings


def authorised_scope(own: tuple[str, ...]) -> Scope:
    """The scope that holds now; ``own`` are this machine's addresses."""
    given = [entry.authority for entry in read_entries(folders().config)]
    return make_scope([*given, *read_settings().scope], own)
