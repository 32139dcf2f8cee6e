"""Make and show the keys that approve plans (Ed25519)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import say
from tightlip.cli._secrets import secret_from, secret_typed
from tightlip.config.keys import make_key, public_keys
from tightlip.model.errors import Exit, UsageError
from tightlip.remediate.approval import key_text
from tightlip.workflows.approving import keys_folder


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Protection:
    """The passphrase, which is never an argument."""

    passphrase: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "Ask for a passphrase at the terminal."
    passphrase_file: Path | None = None
    "A file, readable by nobody else, whose first line is the passphrase."


def new(*, name: str = "default", protection: Protection = Protection()) -> int:
    """Make a key to approve plans with, and print its public half for the policy.

    Parameters
    ----------
    name
        What it is called, where somebody has several.
    """
    secret = _secret(protection)
    public = make_key(keys_folder(), name, secret.encode() if secret else None)
    print(f"{key_text(public)} {name}")
    say(f'Its private half is {keys_folder() / name}.pem. In a policy: keys = ["{key_text(public)} {name}"]')
    return Exit.OK


def show() -> int:
    """Print the public halves of this user's keys."""
    keys = public_keys(keys_folder())
    for key in keys:
        print(key)
    if not keys:
        say("No keys yet. Make one with: tightlip key new")
    return Exit.OK


def _secret(protection: Protection) -> str | None:
    if protection.passphrase_file is not None:
        return secret_from(protection.passphrase_file)
    return _typed_twice() if protection.passphrase else None


def _typed_twice() -> str:
    secret = secret_typed("Passphrase")
    if not secret or secret != secret_typed("The same again"):
        raise UsageError("the passphrase is empty, or was not the same twice", "try again")
    return secret


COMMAND = Command(Stage.MEND, verbs={"new": new, "show": show})
