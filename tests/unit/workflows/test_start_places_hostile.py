"""Start lines made to hurt: whatever text stands in their places, an audit goes on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workflows.test_start_lines import USUAL, found

WORDS = (
    *(
        "dovecot",
        "/usr/sbin/dovecot",
        "-c",
        "/srv/d.conf",
        "exec",
        "sh",
        "-c",
        "set",
        "--",
        "@",
        "A",
        "=",
        "$A",
        "${A:-",
        "}",
    ),
    *(
        " ",
        "\n",
        ";",
        "&&",
        "||",
        "|",
        "(",
        ")",
        "{",
        "if",
        "fi",
        "[",
        "]",
        "'",
        '"',
        "`",
        "\\",
        "<<E",
        "$(",
        "*",
        "%",
        "\0",
    ),
    *(
        "ExecStart=",
        "Environment=",
        "EnvironmentFile=",
        "[program:x]",
        "command=",
        "environment=",
        "@reboot",
        ":",
        "#",
        "é",
    ),
)
PLACES = (
    *("/etc/systemd/system/dovecot.service", "/etc/systemd/system/x@y.service.d/a.conf", "/etc/systemd/system.conf"),
    *("/etc/init.d/dovecot", "/entrypoint.sh", "/etc/crontab", "/etc/inittab", "/etc/supervisord.conf"),
)


@pytest.mark.parametrize("path", PLACES)
@given(words=st.lists(st.sampled_from(WORDS)))
def test_any_text_is_read_or_doubted(path: str, words: list[str]) -> None:
    """Nothing is raised, and what is found has a name."""
    told = found("dovecot", {USUAL: "", path: "".join(words)})
    mains = [each.instance.config for each in told.found]
    assert USUAL in mains
    assert all(path.startswith("/") for path in (*mains, *(each.instance.config for each in told.left_out)))


@pytest.mark.parametrize(
    "text", ["x $A" * 20_000, "A=$A$A\n" * 5_000, "'" * 60_000, '"$(' * 20_000, "<<a\n" * 15_000, "x&&" * 20_000]
)
def test_long_and_deep_texts_end(text: str) -> None:
    """In time that a person waits for."""
    assert found("dovecot", {USUAL: "", "/entrypoint.sh": f"#!/bin/sh\ndovecot\n{text}"}).found
