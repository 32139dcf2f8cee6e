"""The command line as a whole: only the command that was called is imported, unless the help asks for all."""

import os
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout
from traceback import format_exc

from cyclopts import App, CycloptsError, Group, MissingArgumentError, UnknownOptionError

from tightlip import __version__, registry
from tightlip.cli._command import Command, Stage
from tightlip.cli._folding import folded
from tightlip.cli._streams import ReaderGone, for_messages, for_results
from tightlip.model.errors import Exit, TightlipError, UsageError, is_full, unwritten
from tightlip.reports._escape import visible
from tightlip.workflows.interruption import watched

_HELP = """tightlip finds mail servers that name themselves to strangers through NTLM, proves it, and mends them.

A first look: `tightlip tour`. A real one: `tightlip scan mail.example.org`."""

# What a shell says of whoever is ended by the signal for it; not a success, and no fault.
_READER_GONE = 128 + signal.SIGPIPE

# The variables that name folders, files, a store or a person to us.
_VARIABLES = """HOME SUDO_USER TIGHTLIP_CONFIG TIGHTLIP_STORE XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME""".split()

_GROUPS = {stage: Group(stage.value, sort_key=number) for number, stage in enumerate(Stage)}


def run(arguments: list[str]) -> int:
    """Run the command that ``arguments`` call; what the user did wrong is one line and a hint."""
    with redirect_stdout(for_results(sys.stdout)), redirect_stderr(for_messages(sys.stderr)), watched():
        try:
            return _carry_out(arguments)
        except CycloptsError as error:
            return complain(_mistake(error), _hint(error), Exit.USAGE)
        except TightlipError as error:
            return complain(error.message, error.hint, error.exit_code)
        except ReaderGone:
            return _READER_GONE
        except KeyboardInterrupt:
            return complain("interrupted", "", Exit.INTERRUPTED)
        except Exception as error:  # the last door: a fault of ours must not look like an open finding (exit code 1)
            if isinstance(error, OSError) and is_full(error):
                full = unwritten(f"cannot write {error.filename or 'a temporary file'}", error, "")
                return complain(full.message, full.hint, full.exit_code)
            sys.stderr.write(format_exc())
            return complain("this is a fault of tightlip's own", "please report it with the lines above", Exit.FAULT)


def build(only: str | None) -> App:
    """The app with one command, or with all of them."""
    app = App(
        name="tightlip",
        help=_HELP,
        version=__version__,
        version_flags=["--version", "-V"],
        suppress_keyboard_interrupt=False,  # run() has a word for it
    )
    for name in [only] if only else registry.names("cli"):
        _add(app, name, registry.pick("cli", name, Command))
    return app


def complain(message: str, hint: str, code: Exit) -> int:
    """Say what is wrong on stderr, and give the exit code."""
    sys.stderr.write(folded(f"tightlip: {visible(message)}", sys.stderr) + "\n")
    if hint:
        sys.stderr.write(folded(f"  hint: {visible(hint)}", sys.stderr, len("  hint: ")) + "\n")
    return code


def _carry_out(arguments: list[str]) -> int:
    _refuse_undecodable(arguments)
    app = build(_called(arguments))
    code = _code(app(arguments, print_error=False, exit_on_error=False, result_action="return_value"))
    sys.stdout.flush()  # the help too is written before we say that all went well
    return code


def _refuse_undecodable(arguments: list[str]) -> None:
    """Whatever is given may end in a record, a store or a journal, and those hold text: paths are no exception.

    Python hands on each byte that it cannot decode as half a surrogate pair (PEP 383), which no encoding knows.
    """
    given = [*arguments, *(f"{name}={os.environ.get(name, '')}" for name in _VARIABLES)]
    for each in given:
        try:
            each.encode()
        except UnicodeEncodeError:
            hint = "write it in UTF-8; a file with such a name can be given by a link to it"
            raise UsageError(f"{each} is not text: it holds bytes that are no UTF-8", hint) from None


def _add(app: App, name: str, command: Command) -> None:
    group = _GROUPS[command.stage]
    verb = name.replace("_", "-")
    if command.run is not None:
        app.command(command.run, name=verb, group=group)
        return
    page = sys.modules[f"tightlip.cli.{name}"].__doc__
    verbs = App(name=verb, help=page, group=group)
    for each, function in command.verbs.items():
        verbs.command(function, name=each)
    app.command(verbs)


def _called(arguments: list[str]) -> str | None:
    first = arguments[0].replace("-", "_") if arguments else ""
    return first if first in registry.names("cli") else None


def _code(result: object) -> int:
    return result if isinstance(result, int) else Exit.OK


def _mistake(error: CycloptsError) -> str:
    """In one line; what was never given is not told as if its value were missing."""
    text = " ".join(str(error).split())
    if isinstance(error, MissingArgumentError) and error.keyword is None:
        return text.replace("requires an argument", "is missing")
    return text


def _hint(error: CycloptsError) -> str:
    """The help of what was called, or what has another name here: --file for a lone dash, --check for --dry-run."""
    if isinstance(error, UnknownOptionError) and _is_lone_dash(error):
        return "targets from standard input: --file -"
    if isinstance(error, UnknownOptionError) and _is_other_dry_run(error):
        return "to see whether the plan could be applied, and change nothing: --check"
    return f"see: {' '.join(('tightlip', *(error.command_chain or ())))} --help"


def _is_lone_dash(error: UnknownOptionError) -> bool:
    named = any("--file" in argument.names for argument in error.argument_collection)
    return named and "-" in (error.token.keyword, error.token.value)


def _is_other_dry_run(error: UnknownOptionError) -> bool:
    named = any("--check" in argument.names for argument in error.argument_collection)
    return named and error.token.keyword == "--dry-run"
