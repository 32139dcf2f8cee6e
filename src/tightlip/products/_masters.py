"""Whose process a ``master`` is: Postfix' and Cyrus' have the same name."""

import posixpath

from tightlip.products._product import Process

# The environment variable that names Postfix' folder: postfix(1) starts its master with it.
MAIL_CONFIG = "MAIL_CONFIG"


def is_of_postfix(process: Process) -> bool:
    """Whether it is Postfix' master, by its folder or by what it was given."""
    program = process.argv[0] if process.argv else ""
    is_ours = "postfix" in posixpath.dirname(program) or bool((process.environment or {}).get(MAIL_CONFIG))
    return posixpath.basename(program) == "master" and is_ours
