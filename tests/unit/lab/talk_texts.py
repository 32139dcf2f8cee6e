"""Small talks for tests of the format, the player and the lab."""

from tightlip.talk.script import Talk
from tightlip.talk.script_text import read_talk

HEADER = """A server for a test.
protocol: pop3
source: this test
default: -ERR what?
expect plain starttls implicit: clean refused
"""


def talk_of(script: str, header: str = HEADER) -> Talk:
    """The talk with this script."""
    return read_talk("a-test", header + script)
