"""Dovecot: what each remedy makes of a configuration, byte for byte, and where it is declined."""

import pytest

from tests.unit.products import cases
from tests.unit.products.gss import NOTHING
from tightlip.model.remedy import Accounts, DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.products._product import Declined, Instance, Mending
from tightlip.products.dovecot import PRODUCT

MAIN = "/etc/dovecot/dovecot.conf"
INSTANCE = Instance(product="dovecot", config=MAIN)

REMEDIES: dict[str, Remedy] = {
    "22-kerberos-in-spnego-stays": WithdrawMechanism(),
    "23-ntlm-and-spnego-go-with-winbind": WithdrawMechanism(),
    "23-debian-with-ntlm-appended-in-local-conf": WithdrawMechanism(),
    "23-debian-closes-the-ports-of-pop3": DisableService(),
    "23-pop3-leaves-the-list-of-protocols": DisableService(),
    "23-only-some-accounts-keep-pop3": LimitAccounts(("Anna", "bob@example.org")),
    "23-tls-is-required-in-each-protocol": RequireTls(),
    "23-tls-is-required-where-nothing-was-said": RequireTls(),
    "24-a-switch-is-turned-off": WithdrawMechanism(),
    "24-tls-is-required-and-no-cleartext-beside-it": RequireTls(),
    "24-pop3-is-switched-off": DisableService(),
    "24-some-accounts-lose-pop3": LimitAccounts(("carl",), Accounts.ALL_BUT),
}

TLS = "ssl_cert = </c.pem\nprotocols = pop3\n"
V24 = "dovecot_config_version = 2.4.1\nssl_server_cert_file = /c.pem\nprotocols = pop3\n"

# (configuration, remedy, words of the refusal, line of its place)
REFUSED: list[tuple[str, Remedy, str, int | None]] = [
    (TLS + "auth_mechanisms = ntlm\n", WithdrawMechanism(), "no usable mechanism would be left", 3),
    (TLS + "auth_mechanisms = ntlm anonymous\n", WithdrawMechanism(), "no usable mechanism would be left", 3),
    ("protocols = pop3\nssl = no\nauth_mechanisms = plain ntlm\n", WithdrawMechanism(), "pop3 has no TLS", 3),
    (TLS + "auth_mechanisms = plain ntlm\nprotocols { imap }\n", WithdrawMechanism(), "could not be read", 4),
    (
        V24 + "remote 192.0.2.9 {\n  auth_allow_cleartext = yes\n}\n",
        RequireTls(),
        "do not start with ssl = required",
        5,
    ),
    (
        V24 + "local 192.0.2.0/24 {\n  protocol pop3 {\n    auth_allow_cleartext = yes\n  }\n}\n",
        RequireTls(),
        "local 192.0.2.0/24 / protocol pop3 lets passwords go in clear",
        6,
    ),
    (
        TLS + "auth_mechanisms = plain ntlm\n" + "!include_try e*.conf\n" * 5_000,
        WithdrawMechanism(),
        "more than 2000 files",
        None,
    ),
    (TLS, LimitAccounts(("a*",)), "cannot be an account", None),
    (TLS + "auth_username_format = %Ln\n", LimitAccounts(("@example.org",)), "cannot be an account", None),
    (TLS + "auth_username_format = %d/%n\n", LimitAccounts(("anna",)), "auth_username_format = %d/%n makes of", 3),
    (TLS + "auth_username_format = %{user | lower}\n", LimitAccounts(("anna",)), "is not understood", 3),
    (V24 + "auth_username_format = %Lu\n", LimitAccounts(("anna",)), "is not understood", 4),
    (V24 + "auth_username_format = %{user | domain}\n", LimitAccounts(("anna",)), "is not understood", 4),
    (TLS, LimitAccounts(("!anna",)), "cannot be an account", None),
    (TLS, LimitAccounts(()), "no accounts were given", None),
]

# Nothing to do: what is asked is so already, or what stands there has no effect.
CONTENT: list[tuple[str, Remedy]] = [
    (TLS + "auth_mechanisms = plain ntlm\nauth_mechanisms = plain\n", WithdrawMechanism()),
    (TLS + "protocol pop3 {\n  auth_mechanisms = ntlm\n}\n", WithdrawMechanism()),
    (TLS + "auth_use_winbind = yes\n", WithdrawMechanism()),
    (TLS + "auth_mechanisms = plain gssapi gss-spnego\n", WithdrawMechanism()),
    (TLS + "ssl = required\n", RequireTls()),
    (TLS + "ssl = required\nremote 192.0.2.9 {\n  disable_plaintext_auth = no\n}\n", RequireTls()),
    ("protocols = none\nssl = no\n", RequireTls()),
    ("protocols = lmtp\n", RequireTls()),
    (V24 + "protocols = pop3\nservice pop3-login {\n  inet_listener pop3 {\n    port = 0\n  }\n"
           "  inet_listener pop3s {\n    port = 0\n  }\n}\n", RequireTls()),
    (TLS, DisableService("imap")),
    (TLS + "service pop3-login {\n  inet_listener pop3 {\n    port = 0\n  }\n"
           "  inet_listener pop3s {\n    port = 0\n  }\n}\n", DisableService()),
]  # fmt: skip


def edited(text: str, remedy: Remedy) -> Mending | Declined:
    """What the plug plans for a single file."""
    return PRODUCT.edit(cases.read(PRODUCT, INSTANCE, {MAIN: text.encode(), **NOTHING}), remedy)


def outcome(text: str, remedy: Remedy) -> str:
    """The single file afterwards."""
    mending = edited(text, remedy)
    assert isinstance(mending, Mending)
    return cases.mended({MAIN: text.encode()}, mending)[MAIN].decode()


@pytest.mark.parametrize("claim", cases.claims("dovecot"))
def test_a_case_is_mended_as_drawn(claim: str) -> None:
    """Before becomes after, byte for byte, and a second time nothing is done."""
    cases.assert_mends(PRODUCT, INSTANCE, cases.case("dovecot", claim), REMEDIES[claim])


@pytest.mark.parametrize(("text", "remedy", "words", "line"), REFUSED)
def test_a_remedy_that_would_lock_out_is_declined(text: str, remedy: Remedy, words: str, line: int | None) -> None:
    """The refusal says why, and names the line that stands in the way."""
    declined = edited(text, remedy)
    assert isinstance(declined, Declined)
    assert words in declined.why
    assert (declined.place.line if declined.place else None) == line


@pytest.mark.parametrize(("text", "remedy"), CONTENT)
def test_what_is_so_already_is_left(text: str, remedy: Remedy) -> None:
    """There is nothing to do, and nothing is done."""
    assert edited(text, remedy) == Mending()


def test_one_mechanism_alone_leaves_winbind_to_the_other() -> None:
    """auth_use_winbind stays while SPNEGO still needs it."""
    text = TLS + "auth_mechanisms = plain ntlm gss-spnego\nauth_use_winbind = yes\n"
    expected = TLS + "auth_mechanisms = plain gss-spnego\nauth_use_winbind = yes\n"
    assert outcome(text, WithdrawMechanism(("NTLM",))) == expected


def test_a_second_list_of_accounts_takes_the_place_of_the_first() -> None:
    """The filter that is there is changed, and no second block is added."""
    once = outcome(TLS, LimitAccounts(("anna",)))
    twice = outcome(once, LimitAccounts(("bob",), Accounts.ALL_BUT))
    assert twice == once.replace("username_filter = !anna", "username_filter = bob")


@pytest.mark.parametrize(
    ("settings", "accounts", "wanted"),
    [
        ("", ("Anna@Example.org",), "!anna@example.org"),
        ("auth_username_format = %Lu\n", ("Anna@Example.org",), "!anna@example.org"),
        ("auth_username_format = %u\n", ("Anna@Example.org",), "!Anna@Example.org"),
        ("auth_username_format =\n", ("Anna@Example.org",), "!Anna@Example.org"),
        ("auth_username_format = %Ln\n", ("Anna@Example.org", "anna@example.com"), "!anna"),
        ("auth_username_format = %n\n", ("Anna@Example.org",), "!Anna"),
        ("auth_username_format = %L{username}\n", ("Anna@Example.org",), "!anna"),
        ("auth_username_format = %Uu\n", ("anna",), "!ANNA"),
        ("protocol pop3 {\n  auth_username_format = %Ln\n}\n", ("anna@example.org",), "!anna"),
        ("protocol imap {\n  auth_username_format = %Ln\n}\n", ("anna@example.org",), "!anna@example.org"),
        ("auth_default_realm = example.org\n", ("anna", "bob@example.com"), "!anna@example.org !bob@example.com"),
        ("auth_default_realm = example.org\nauth_username_format = %Ln\n", ("anna",), "!anna"),
    ],
)
def test_names_in_the_list_are_those_that_are_looked_up(settings: str, accounts: tuple[str, ...], wanted: str) -> None:
    """As seen on 2.3.19 with real logins: the realm is added, then the form is applied, then the list is asked."""
    assert f"username_filter = {wanted}\n" in outcome(TLS + settings, LimitAccounts(accounts))


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ("", "!anna@example.org"),
        ("auth_username_format = %{user}\n", "!Anna@example.org"),
        ("auth_username_format = %{user | username | lower}\n", "!anna"),
        ("auth_username_format = %{user|lower|username}\n", "!anna"),
        ("auth_username_format = %{user | upper}\n", "!ANNA@EXAMPLE.ORG"),
    ],
)
def test_names_are_formed_by_a_newer_dovecots_filters(settings: str, wanted: str) -> None:
    """As seen on 2.4.1."""
    assert f"username_filter = {wanted}\n" in outcome(V24 + settings, LimitAccounts(("Anna@example.org",)))


def test_a_dropped_domain_is_told() -> None:
    """The list cannot tell the accounts of several domains apart."""
    mending = edited(TLS + "auth_username_format = %Ln\n", LimitAccounts(("anna@example.org",)))
    assert isinstance(mending, Mending)
    assert "auth_username_format drops the domain: the list means anna of every domain" in mending.advice[1].text


def test_our_accounts_are_asked_before_a_passdb_of_the_protocol() -> None:
    """Whoever an earlier passdb lets in would never be looked up in the list."""
    after = outcome(TLS + "protocol pop3 {\n  passdb {\n    driver = pam\n  }\n}\n", LimitAccounts(("anna",)))
    assert after.index("username_filter = !anna") < after.index("driver = pam")


def test_a_network_with_its_own_rule_is_left_and_named() -> None:
    """`remote` blocks are a site's decision: advice names the line."""
    mending = edited(TLS + "remote 192.0.2.0/24 {\n  ssl = no\n}\n", RequireTls())
    assert isinstance(mending, Mending)
    assert [advice.place.line for advice in mending.advice if advice.place] == [4]


def test_a_network_that_may_send_passwords_in_clear_is_named() -> None:
    """As seen on 2.3.19: ssl = required ends that, unless the block has an ssl of its own."""
    spared = TLS + "remote 192.0.2.9 {\n  disable_plaintext_auth = no\n}\n"
    mending = edited(spared, RequireTls())
    assert isinstance(mending, Mending)
    (advice,) = mending.advice
    assert "remote 192.0.2.9 lets passwords go in clear (disable_plaintext_auth = no)" in advice.text
    assert advice.place
    assert advice.place.line == 4
    own = edited(spared.replace("remote 192.0.2.9 {\n", "remote 192.0.2.9 {\n  ssl = yes\n"), RequireTls())
    assert isinstance(own, Mending)
    assert [advice.text for advice in own.advice] == [
        "remote 192.0.2.9 has an ssl of its own, which was left: look at it"
    ]


def test_a_newer_dovecot_lets_a_network_be_that_has_its_own_ssl() -> None:
    """As seen on 2.4.1: its hosts go on as before, and the login processes start."""
    text = V24 + "remote 192.0.2.9 {\n  ssl = yes\n  auth_allow_cleartext = yes\n}\n"
    assert outcome(text, RequireTls()) == text + "ssl = required\n"


@pytest.mark.parametrize("text", ["protocols = pop3\nssl = yes\n", "protocols = pop3\nssl = no\n"])
def test_tls_is_demanded_without_a_certificate(text: str) -> None:
    """The plan shows the change; that TLS cannot come up is a precondition, and no refusal."""
    assert outcome(text, RequireTls()) == "protocols = pop3\nssl = required\n"


def test_every_change_has_its_own_reason() -> None:
    """The list and winbind are two hunks with two sentences."""
    mending = edited(TLS + "auth_mechanisms = plain ntlm\n\nauth_use_winbind = yes\n", WithdrawMechanism())
    assert isinstance(mending, Mending)
    reasons = [hunk.reason for hunk in mending.edits[0].hunks]
    assert reasons == [
        "NTLM no longer accepted, in any TLS state; PLAIN stays",
        "nothing is left that asks Samba",
    ]
