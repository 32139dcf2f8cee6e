"""``tightlip completion``: a script that completes commands and options in your shell."""

from enum import StrEnum

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import Output, results, write_all
from tightlip.model.errors import Exit


class Shell(StrEnum):
    """The shells that can be served."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Shell, /, *, output: Output = None) -> int:
    """Print a script that makes your shell complete tightlip's commands and options.

    - bash: put `source <(tightlip completion bash)` into ~/.bashrc

    - zsh: `tightlip completion zsh >FILE`, where FILE is _tightlip in a folder of your $fpath

    - fish: `tightlip completion fish >~/.config/fish/completions/tightlip.fish`

    Parameters
    ----------
    shell
        The shell that the script is for.
    output
        Write to this file instead of to standard output.
    """
    # Only here are all commands imported, to know their options.
    from tightlip.cli._app import build

    with results(output) as file:
        script = build(None).generate_completion(prog_name="tightlip", shell=shell.value)
        write_all([_with_file_names(script) if shell is Shell.BASH else script], file)
    return Exit.OK


def _with_file_names(script: str) -> str:
    """Bash's own completion of file names wherever there is nothing else: it knows folders and quotes."""
    script = script.replace('COMPREPLY=( $(compgen -f -- "${cur}") )', "COMPREPLY=()")
    return script.replace("complete -F ", "complete -o default -F ")


COMMAND = Command(Stage.KEEP, completion)
