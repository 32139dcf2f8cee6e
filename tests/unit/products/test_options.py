"""Arguments of servers, read as getopt(3) reads them."""

from collections.abc import Mapping

import pytest

from tightlip.products._options import read_arguments
from tightlip.products._postfix.commands import recognise as postfix
from tightlip.products._product import Process
from tightlip.products.cyrus import recognise as cyrus


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("-d -C /a", {"d": "", "C": "/a"}),
        ("-dC/a", {"d": "", "C": "/a"}),
        ("-dC /a", {"d": "", "C": "/a"}),
        ("-C /a -C /b", {"C": "/b"}),
        ("-C -d", {"C": "-d"}),
        ("-C", {"C": ""}),
        ("-d -- -C /a", {"d": ""}),
        ("-d start -C /a", {"d": ""}),
        ("", {}),
    ],
)
def test_options_are_taken_apart(words: str, said: Mapping[str, str]) -> None:
    """POSIX: values glued or apart, switches together, the last one counts, and none behind what is no option."""
    assert read_arguments(words.split(), "C").options == said


@pytest.mark.parametrize(
    ("words", "operands"), [("-d start now", ("start", "now")), ("-C x -- -d", ("-d",)), ("-d", ()), ("-", ("-",))]
)
def test_what_stands_behind_the_options_is_left(words: str, operands: tuple[str, ...]) -> None:
    """From the first word that is none, or behind two dashes."""
    assert read_arguments(words.split(), "C").operands == operands


@pytest.mark.parametrize("words", ["-D -C/srv/imapd.conf", "-DC /srv/imapd.conf", "-C /a -D -C /srv/imapd.conf"])
def test_the_master_of_cyrus_names_its_file_in_any_of_these_ways(words: str) -> None:
    """-D is a switch of it."""
    found = cyrus(Process(7, ("/usr/sbin/cyrmaster", *words.split())))
    assert found is not None
    assert found.config == "/srv/imapd.conf"


@pytest.mark.parametrize("words", ["-w -c /srv/p", "-wc/srv/p", "-e 60 -c /srv/p", "-c /etc/postfix -c /srv/p"])
def test_so_does_that_of_postfix(words: str) -> None:
    """-w is a switch of it, -e has a value."""
    found = postfix(Process(7, ("/usr/lib/postfix/sbin/master", *words.split())))
    assert found is not None
    assert found.config == "/srv/p/main.cf"
