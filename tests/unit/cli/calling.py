"""Calls a command in this process as a user would, with streams of its own."""

import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, StringIO, TextIOWrapper
from typing import Any
from unittest.mock import patch

from tightlip.cli._app import run


@dataclass(frozen=True, kw_only=True)
class Heard:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Its standard output as one JSON document."""
        return json.loads(self.out)

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


def call(*arguments: str, stdin: bytes = b"") -> Heard:
    """Run ``tightlip ARGUMENTS``."""
    out, err = StringIO(), StringIO()
    with patch("sys.stdin", TextIOWrapper(BytesIO(stdin))), redirect_stdout(out), redirect_stderr(err):
        code = run(list(arguments))
    return Heard(code=code, out=out.getvalue(), err=err.getvalue())
