"""The target grammar: every form a user may write, and one clear line for what cannot be read."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.targets.spoken import GRAMMAR, asks
from tightlip.model.errors import UsageError
from tightlip.model.observation import Intent
from tightlip.targets.grammar import read_exclusions, read_host

# (what is written, the name, the networks, what is asked)
FORMS: list[tuple[str, str | None, str, str]] = [
    ("pop3://mail.example.org", "mail.example.org", "", "pop3:110:plain pop3:110:starttls"),
    ("pop3://mail.example.org/", "mail.example.org", "", "pop3:110:plain pop3:110:starttls"),
    ("POP3://Mail.Example.ORG:1110", "mail.example.org", "", "pop3:1110:plain pop3:1110:starttls"),
    ("pop3+plain://mail.example.org", "mail.example.org", "", "pop3:110:plain"),
    ("pop3+starttls://h:110", "h", "", "pop3:110:starttls"),
    ("pop3s://h", "h", "", "pop3:995:implicit"),
    ("pop3s://h:10995", "h", "", "pop3:10995:implicit"),
    ("imap://h", "h", "", "imap:143:plain imap:143:starttls"),
    ("imaps://h", "h", "", "imap:993:implicit"),
    ("smtp://h", "h", "", "smtp:25:plain smtp:25:starttls"),
    ("submission://h", "h", "", "smtp:587:plain smtp:587:starttls"),
    ("submission+starttls://h", "h", "", "smtp:587:starttls"),
    ("smtps://h", "h", "", "smtp:465:implicit"),
    ("managesieve://h", "h", "", "managesieve:4190:plain managesieve:4190:starttls"),
    ("nntp://h", "h", "", "nntp:119:plain nntp:119:starttls"),
    ("nntps://h", "h", "", "nntp:563:implicit"),
    ("lmtp://h", "h", "", "lmtp:24:plain lmtp:24:starttls"),
    ("pop3://192.0.2.7:110", None, "192.0.2.7/32", "pop3:110:plain pop3:110:starttls"),
    ("pop3+plain://10.0.0.0/16:110", None, "10.0.0.0/16", "pop3:110:plain"),
    ("pop3+plain://10.0.0.0/16", None, "10.0.0.0/16", "pop3:110:plain"),
    ("pop3s://[2001:db8::1]:995", None, "2001:db8::1/128", "pop3:995:implicit"),
    ("pop3s://[2001:db8::1]", None, "2001:db8::1/128", "pop3:995:implicit"),
    ("pop3s://2001:db8::1", None, "2001:db8::1/128", "pop3:995:implicit"),
    ("pop3+plain://[2001:db8::/120]:110", None, "2001:db8::/120", "pop3:110:plain"),
    ("pop3+plain://10.0.0.1-10.0.0.3:110", None, "10.0.0.1/32 10.0.0.2/31", "pop3:110:plain"),
    ("pop3+plain://10.0.0.1-3", None, "10.0.0.1/32 10.0.0.2/31", "pop3:110:plain"),
    ("pop3+plain://2001:db8::1-2001:db8::2", None, "2001:db8::1/128 2001:db8::2/128", "pop3:110:plain"),
    ("  mail.example.org:110\n", "mail.example.org", "", "pop3:110:plain pop3:110:starttls"),
    ("mail.example.org:8110", "mail.example.org", "", "unknown:8110:plain"),
    ("[2001:db8::1]:8110", None, "2001:db8::1/128", "unknown:8110:plain"),
    ("192.0.2.7:993", None, "192.0.2.7/32", "imap:993:implicit"),
    ("pop3+plain://bücher.example", "xn--bcher-kva.example", "", "pop3:110:plain"),
    ("pop3+plain://mail.example.org.", "mail.example.org", "", "pop3:110:plain"),
    ("pop3+plain://my_host", "my_host", "", "pop3:110:plain"),
    ("pop3+plain://10-0-0-1.example.org", "10-0-0-1.example.org", "", "pop3:110:plain"),
    ("pop3+plain://10.0.0.7/24", None, "10.0.0.0/24", "pop3:110:plain"),
]

USUAL_PORTS = {24, 25, 110, 119, 143, 465, 563, 587, 993, 995, 4190}

BAD = [
    "",
    "   ",
    "gopher://h",
    "pop3+implicit://h",
    "pop3s+plain://h",
    "pop-3://h",
    "pop3://",
    "://h",
    "pop3:///",
    "h:70000",
    "h:0",
    "h:-1",
    "h:",
    "h:pop3",
    "h:" + "9" * 5_000,
    "h:¹¹⁰",
    "pop3://h:65536",
    "pop3://h:110:110",
    "10.0.0.0/33",
    "10.0.0.0/x",
    "10.0.0.0/" + "9" * 5_000,
    "2001:db8::/129",
    "fe80::%eth0/120",
    "mail.example.org/24",
    "300.1.2.3",
    "1.2.3",
    "01.2.3.4",
    "10.0.0.20-10.0.0.1",
    "10.0.0.1-10.0.0.300",
    "10.0.0.1-300",
    "10.0.0.1-2001:db8::1",
    "0.0.0.0/0",
    "::/0",
    "pop3://0.0.0.0/0:110",
    "0.0.0.0-255.255.255.255",
    "[2001:db8::1",
    "[2001:db8::1]110",
    "mail.example.org]",
    "2001:db8::zz",
    "user@mail.example.org",
    "mail example org",
    "mail..example.org",
    ".example.org",
    "-mail.example.org",
    "a" * 64 + ".example.org",
    ("a" * 60 + ".") * 5 + "org",
    "mail.example.org\nother.example.org",
    "\x1b[31mred",
    "*.example.org",
]


@pytest.mark.parametrize(("text", "name", "networks", "wanted"), FORMS)
def test_a_form_is_read(text: str, name: str | None, networks: str, wanted: str) -> None:
    """Host, port, protocol and states are those that the form names."""
    target = GRAMMAR.read(text)
    assert target.name == name
    assert target.networks == tuple(ip_network(each) for each in networks.split())
    assert target.asks == asks(wanted)


@pytest.mark.parametrize("text", ["mail.example.org", "192.0.2.7", "2001:db8::1", "[2001:db8::1]", "10.0.0.0/24"])
def test_a_bare_host_is_asked_on_the_usual_mail_ports(text: str) -> None:
    """Every usual port in each of its states, as a sweep: nobody named these ports."""
    target = GRAMMAR.read(text)
    assert {ask.port for ask in target.asks} == USUAL_PORTS
    assert len(set(target.asks)) == len(target.asks)
    assert target.intent is Intent.SWEPT


@pytest.mark.parametrize(
    ("text", "intent", "single"),
    [
        ("pop3://h", Intent.NAMED, True),
        ("h:110", Intent.NAMED, True),
        ("192.0.2.7:110", Intent.NAMED, True),
        ("192.0.2.7/32:110", Intent.NAMED, True),
        ("10.0.0.1-1:110", Intent.NAMED, True),
        ("h", Intent.SWEPT, True),
        ("pop3://10.0.0.0/24", Intent.SWEPT, False),
        ("pop3://10.0.0.1-2", Intent.SWEPT, False),
    ],
)
def test_only_a_host_with_its_port_is_named(text: str, intent: Intent, single: bool) -> None:
    """Unreachable ports of a bare host or a network are no doubt; those of a host named with its port are."""
    target = GRAMMAR.read(text)
    assert (target.intent, target.is_single) == (intent, single)


@pytest.mark.parametrize("text", BAD)
def test_what_cannot_be_read_is_one_usage_error_with_a_hint(text: str) -> None:
    """One line that quotes what was written, and a hint what to write instead."""
    with pytest.raises(UsageError) as caught:
        GRAMMAR.read(text)
    assert caught.value.hint
    assert "\n" not in caught.value.message
    assert caught.value.message.isprintable()


@given(text=st.one_of(st.text(max_size=30), st.text("0123456789abf.:-/[]%+*p", max_size=24)))
def test_anything_is_read_or_a_usage_error(text: str) -> None:
    """No text at all leads to another error."""
    for written in (text, f"pop3://{text}"):
        try:
            target = GRAMMAR.read(written)
        except UsageError as error:
            assert error.hint  # noqa: PT017 either outcome is right, and this one has more to it
        else:
            assert (target.name is None) == bool(target.networks)


def test_an_unknown_scheme_is_told_the_known_ones() -> None:
    """The hint lists what may stand there."""
    with pytest.raises(UsageError) as caught:
        GRAMMAR.read("pop4://h")
    assert {"pop3,", "imaps,", "smtp,"} <= set(caught.value.hint.split())


def test_exclusions_are_host_parts() -> None:
    """Names (without case or final dot), addresses, networks and ranges; what is none of these is a usage error."""
    names, networks = read_exclusions(["Mail.Example.org.", "10.0.0.0/24", "192.0.2.1-2", "[2001:db8::1]"])
    assert names == {"mail.example.org"}
    assert networks == tuple(map(ip_network, ("10.0.0.0/24", "192.0.2.1/32", "192.0.2.2/32", "2001:db8::1/128")))
    with pytest.raises(UsageError):
        read_exclusions(["h:110"])


def test_a_host_part_alone_is_a_name_or_networks() -> None:
    """What products and commands read without ports."""
    assert read_host("LOCALHOST") == ("localhost", ())
    assert read_host("[::1]") == (None, (ip_network("::1/128"),))
