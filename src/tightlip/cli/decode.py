"""``tightlip decode``: what an NTLM challenge says, from base64, hex, a file or standard input."""

import sys
from collections.abc import Iterator
from enum import StrEnum
from io import BytesIO
from typing import Annotated, BinaryIO

import msgspec
from cyclopts import Parameter

from tightlip.cli._command import Command, Stage
from tightlip.cli._decoded import page_of, record_of
from tightlip.cli._output import Output, results, say, style_for, write_all
from tightlip.model.errors import Exit, UsageError
from tightlip.reports._escape import safe_json
from tightlip.reports._layout import laid_out
from tightlip.reports._report import Style
from tightlip.workflows import decoding

_MOST_SHOWN = 1_000
_HINT = (
    "a message is base64 (TlRMTVNTUAAC…), hex (4e544c4d…), a hex dump, a literal (b'NTLMSSP\\x00…') or raw bytes: "
    "as text, as a file, or - for stdin"
)


class DecodeFormat(StrEnum):
    """For a person, or for machines."""

    TEXT = "text"
    JSON = "json"


def decode(
    *messages: Annotated[str, Parameter(allow_leading_hyphen=True)],
    form: Annotated[DecodeFormat, Parameter(name="--format")] = DecodeFormat.TEXT,
    output: Output = None,
) -> int:
    """Decode NTLM challenges: what they give away, which server code wrote them, what is odd, every byte.

    Whole lines of a transcript will do ("+ TlRM…", "334 TlRM…", "WWW-Authenticate: NTLM TlRM…"), a hex dump as tcpdump,
    xxd or a document prints it, and bytes as source code holds them: b'NTLMSSP…' or a list of decimal numbers.

    Parameters
    ----------
    messages
        Base64, hex or a file's name; - or nothing at all reads standard input.
    form
        For a person, or one JSON document.
    output
        Write to this file instead of to standard output.
    """
    found: list[decoding.Decoded] = []
    barren: list[str] = []
    words = messages or ("-",)
    for given in decoding.read_inputs(words, _stdin() if "-" in words else BytesIO()):
        inside = decoding.decode(given)
        found += inside
        if not inside:
            barren.append(f"{given.source} (there is no such file)" if given.is_like_a_name else given.source)
    if not found:
        raise UsageError(f"no NTLM message in {' or '.join(barren)}", _HINT)
    with results(output) as file:
        write_all(_json(found) if form is DecodeFormat.JSON else _text(found, style_for(file)), file)
    for source in barren:
        say(f"tightlip: no NTLM message in {source}")
    return Exit.USAGE if barren else Exit.OK


def _stdin() -> BinaryIO:
    """Standard input; nothing where it was closed."""
    if sys.stdin is None:
        return BytesIO()
    if sys.stdin.isatty():
        say("Paste the message, then press Ctrl-D on a line of its own.")
    return sys.stdin.buffer


def _text(found: list[decoding.Decoded], style: Style) -> Iterator[str]:
    for number, each in enumerate(found[:_MOST_SHOWN]):
        yield "\n" if number else ""
        yield laid_out(page_of(each), style)
    if len(found) > _MOST_SHOWN:
        yield f"\n{len(found) - _MOST_SHOWN:,} more messages are not shown; --format json has all of them.\n"


def _json(found: list[decoding.Decoded]) -> Iterator[str]:
    yield '{"schema":1,"messages":['
    for number, each in enumerate(found):
        yield ",\n" if number else "\n"
        yield safe_json(msgspec.json.encode(record_of(each)).decode())
    yield "\n]}\n"


COMMAND = Command(Stage.PROVE, decode)
