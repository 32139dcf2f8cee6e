"""Whose process a ``master`` is: Postfix' and Cyrus' have the same name."""

import posixpath

from tightlip.products._options import read_arguments
from tightlip.products._product import Process

# The environment variable that names Postfix' folder: postfix(1) starts its master with it.
MAIL_CONFIG = "MAIL_CONFIG"

MASTER_VALUES = "ce"
"""Options of Postfix' master, and of postfix(1), that have a value."""

_OPTIONS = frozenset("cdDeistvw")


def is_of_postfix(process: Process) -> bool:
    """Whether it is Postfix' master, by its folder or by what it was given."""
    program = process.argv[0] if process.argv else ""
    is_told = "postfix" in posixpath.dirname(program) or bool((process.environment or {}).get(MAIL_CONFIG))
    return posixpath.basename(program) == "master" and (is_told or _is_by_arguments(process))


def _is_by_arguments(process: Process) -> bool:
    """Whether a master at any path is Postfix' own: it executes a file of that name, and has Postfix' options alone."""
    said = read_arguments(process.argv[1:], MASTER_VALUES)
    is_master = posixpath.basename(process.program) in ("", "master")
    is_folder = said.options.get("c", "").startswith("/")
    return is_master and is_folder and not said.operands and _OPTIONS.issuperset(said.options)
