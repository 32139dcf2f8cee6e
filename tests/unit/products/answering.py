"""Answers what a plug's `collect` asks for, out of a dictionary of files."""

from collections.abc import Generator, Mapping
from typing import assert_never, cast

from tightlip.hosts._patterns import fits
from tightlip.products._product import Absent, Answer, Files, ListFiles, ReadFile, Request, SeeFiles

# More than any plug may ask: a plug that goes in circles fails here instead of hanging.
MOST_REQUESTS = 10_000


def answered(collecting: Generator[Request, Answer, Files], files: Mapping[str, bytes | Absent]) -> Files:
    """Drive `plug.collect(instance)` to its end; ``files`` are the bytes by absolute path, or why they are hidden."""
    answer: Answer | None = None
    for _ in range(MOST_REQUESTS):
        try:
            request = next(collecting) if answer is None else collecting.send(answer)
        except StopIteration as ended:
            return cast(Files, ended.value)
        answer = _answer(request, files)
    raise AssertionError(f"asked for more than {MOST_REQUESTS} files")


def _answer(request: Request, files: Mapping[str, bytes | Absent]) -> Answer:
    match request:
        case ReadFile(path):
            return files.get(path, Absent("No such file or directory"))
        case ListFiles(pattern) | SeeFiles(pattern):
            return tuple(sorted(path for path in files if fits(path, pattern)))
        case other:
            assert_never(other)
