"""Reading what a user wants asked: arguments, files, standard input; networks apart from single hosts."""

import os
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from errno import EBADF
from itertools import chain, count
from pathlib import Path
from typing import IO

from msgspec import Struct

from tightlip.assess.scope import Scope, partition
from tightlip.model.errors import UsageError
from tightlip.model.networks import without
from tightlip.model.observation import Intent
from tightlip.model.run import AND_MORE, NotAsked, Unasked
from tightlip.targets.grammar import Grammar, Target
from tightlip.targets.overlaps import Sweep, once, sweeps_of
from tightlip.targets.reaching import Named, named_among
from tightlip.workflows.exclusion import Exclusions

# Counts are told in JSON, whose readers may know no larger whole number; an IPv6 network has more addresses.
MOST = (1 << 53) - 1
_LARGEST_SWEEP = 1 << 32
_KEPT_COMPLAINTS = 1_000
_LONGEST_LINE = 1_000


class Complaint(Struct, frozen=True):
    """A line that could not be read: where it stands, and what is wrong."""

    where: str
    message: str


class Wanted(Struct, frozen=True):
    """What a scan was told: arguments, exclusions, and the lines of files, which ``lines`` reads anew at each call."""

    arguments: tuple[str, ...]
    exclusions: Exclusions
    lines: Callable[[], Iterable[tuple[str, str]]]


class Itinerary(Struct, frozen=True):
    """What will be asked: single hosts (streamed), sweeps inside the scope; and what will not, and why.

    ``total`` counts targets: every line, and every address of a sweep. ``named`` are the networks of the sweeps as they
    were named, and the single hosts that lie in them.
    """

    singles: Callable[[], Iterator[Target]]
    sweeps: tuple[Sweep, ...]
    exclusions: Exclusions
    not_asked: tuple[NotAsked, ...]
    complaints: tuple[Complaint, ...]
    bad_lines: int
    total: int
    named: tuple[Named, ...] = ()


def lines_of_files(paths: Iterable[str], stdin: IO[bytes] | None) -> Iterator[tuple[str, str]]:
    """(where, text) for every target line of the files; ``-`` reads ``stdin`` (None: it is closed); ``#`` comments."""
    for path in paths:
        try:
            if path != "-":
                with Path(path).open("rb") as file:
                    yield from _lines(path, file)
            elif stdin is not None:
                yield from _lines("standard input", stdin)
            else:
                raise OSError(EBADF, os.strerror(EBADF))
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}", "name a readable file, or - for stdin") from None


def make_itinerary(wanted: Wanted, grammar: Grammar, scope: Scope, now: datetime) -> Itinerary:
    """Read every target once, to know the networks and the bad lines; single hosts are read again as they are asked."""
    arguments = [grammar.read(text) for text in wanted.arguments]
    complaints: list[Complaint] = []
    bad_lines = singles = 0
    sweeping = [target for target in arguments if not target.is_single]
    for where, text in wanted.lines():
        try:
            target = grammar.read(text)
        except UsageError as error:
            bad_lines += 1
            if len(complaints) < _KEPT_COMPLAINTS:
                complaints.append(Complaint(where, error.message))
            continue
        if target.is_single:
            singles += 1
        else:
            sweeping.append(target)
    sweeps, not_asked = _inside_scope(sweeps_of(sweeping), wanted.exclusions, scope, now)
    return Itinerary(
        singles=singles_of(wanted, grammar, sweeps),
        sweeps=tuple(sweeps),
        exclusions=wanted.exclusions,
        not_asked=(*not_asked, *_unreadable(complaints, bad_lines)),
        complaints=tuple(complaints),
        bad_lines=bad_lines,
        total=singles
        + sum(target.is_single for target in arguments)
        + sum(sweep.network.num_addresses for sweep in sweeps),
        named=named_of(wanted, grammar, sweeps),
    )


def named_of(wanted: Wanted, grammar: Grammar, sweeps: Sequence[Sweep]) -> tuple[Named, ...]:
    """What was named of the sweeps; the lines are read for it only where there is a sweep."""
    if not sweeps:
        return ()
    arguments = (grammar.read(text) for text in wanted.arguments)
    return named_among(chain(arguments, _readable(wanted, grammar)), sweeps)


def singles_of(wanted: Wanted, grammar: Grammar, sweeps: Sequence[Sweep]) -> Callable[[], Iterator[Target]]:
    """What reads the single hosts, each once, from the arguments and then from the lines."""
    arguments = [grammar.read(text) for text in wanted.arguments]
    return lambda: once(_singles(arguments, wanted, grammar), sweeps)


def _lines(name: str, file: IO[bytes]) -> Iterator[tuple[str, str]]:
    where = "".join(letter if letter.isprintable() else "?" for letter in name)
    for number in count(1):
        line = file.readline(_LONGEST_LINE)
        if not line:
            return
        text = line.removeprefix(BOM_UTF8).decode("utf-8", "replace").partition("#")[0].strip()
        if not _is_whole(line, file) and b"#" not in line:
            text = f"{text[:40]} and so on"  # no target: it will be complained of
        if text:
            yield f"{where}:{number}", text


def _is_whole(line: bytes, file: IO[bytes]) -> bool:
    """Whether the line has been read to its end; what is left of it is read over."""
    rest = line
    while len(rest) == _LONGEST_LINE and not rest.endswith(b"\n"):
        rest = file.readline(_LONGEST_LINE)
    return rest is line


def _singles(arguments: list[Target], wanted: Wanted, grammar: Grammar) -> Iterator[Target]:
    """Ports that were named first: a host that is named without one then does not ask them in its stead."""
    singles = (target for target in arguments if target.is_single)
    yield from sorted(singles, key=lambda target: target.intent is not Intent.NAMED)
    yield from (target for target in _readable(wanted, grammar) if target.is_single)


def _readable(wanted: Wanted, grammar: Grammar) -> Iterator[Target]:
    for _, text in wanted.lines():
        try:
            yield grammar.read(text)
        except UsageError:
            continue  # told when the itinerary was made


def _unreadable(complaints: list[Complaint], bad_lines: int) -> Iterator[NotAsked]:
    for each in complaints:
        yield NotAsked(each.where, Unasked.UNREADABLE, detail=each.message)
    if more := bad_lines - len(complaints):
        yield NotAsked(AND_MORE, Unasked.UNREADABLE, more)


def _inside_scope(
    sweeps: list[Sweep], exclusions: Exclusions, scope: Scope, now: datetime
) -> tuple[list[Sweep], list[NotAsked]]:
    """Cut networks down to what the scope holds and the exclusions leave, before a single address is listed."""
    kept: list[Sweep] = []
    not_asked: dict[tuple[str, Unasked], NotAsked] = {}
    for sweep in sweeps:
        allowed, refused = partition(scope, sweep.network, now)
        left, taken = without(allowed, exclusions.networks)
        for parts, why in ((refused, Unasked.OUT_OF_SCOPE), (taken, Unasked.EXCLUDED)):
            for part in parts:
                not_asked[str(part), why] = NotAsked(str(part), why, min(part.num_addresses, MOST))
        kept += [Sweep(part, sweep.asks) for part in left]
    if sum(sweep.network.num_addresses for sweep in kept) > _LARGEST_SWEEP:
        raise UsageError("more than 4,294,967,296 addresses in one scan", "sweep smaller networks, or list the hosts")
    return kept, list(not_asked.values())
