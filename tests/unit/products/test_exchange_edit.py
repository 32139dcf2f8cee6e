"""Exchange: the cmdlets that carry out a remedy, those that undo it, and what is refused."""

import pytest

from tests.unit.products.answering import answered
from tests.unit.products.cases import case, claims
from tightlip.model.endpoint import Security
from tightlip.model.remedy import Accounts, DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.products._exchange.foresight import foreseen
from tightlip.products._product import Declined, Files, Instance, Mending
from tightlip.products.exchange import PRODUCT

PATH = "/srv/exchange.json"
INSTANCE = Instance(product="exchange", config=PATH)
REMEDIES = [
    WithdrawMechanism(),
    RequireTls(),
    DisableService(),
    DisableService("imap"),
    LimitAccounts(("anna@example.test",)),
    LimitAccounts(("bob",), Accounts.ALL_BUT, "imap"),
]
# (claim, remedy) that no cmdlet is given for, and the line that says why.
REFUSED = {
    ("2019-refuses-ntlm-without-tls-only-by-the-book", "limit_accounts"): None,
    ("two-servers-one-does-not-answer", "withdraw_mechanism"): 47,
    ("2010-default-connector-takes-mail-of-other-servers", "limit_accounts"): None,
    ("a-setting-that-was-not-collected", "limit_accounts"): None,
    ("a-setting-that-was-not-collected", "require_tls"): None,
    ("a-setting-that-was-not-collected", "withdraw_mechanism"): None,
}


def files(claim: str) -> Files:
    """The collected file of a case."""
    return answered(PRODUCT.collect(INSTANCE), case("exchange", claim, PATH).before)


def mended(claim: str, remedy: Remedy) -> Mending:
    """What a remedy comes to, which must not be declined."""
    outcome = PRODUCT.edit(files(claim), remedy)
    assert not isinstance(outcome, Declined), outcome.why
    return outcome


def calls(claim: str, remedy: Remedy) -> list[tuple[str, str]]:
    """The cmdlets, each with its undo."""
    return [(each.do, each.undo) for each in mended(claim, remedy).invocations]


def test_withdrawing_on_exchange_2010() -> None:
    """Per server and service, with the value found for the way back; the connector keeps all but Integrated."""
    assert calls("2010-has-no-back-end-services", WithdrawMechanism()) == [
        (
            "Set-PopSettings -Server 'EX10' -EnableGSSAPIAndNTLMAuth $false",
            "Set-PopSettings -Server 'EX10' -EnableGSSAPIAndNTLMAuth $true",
        ),
        (
            "Set-ImapSettings -Server 'EX10' -EnableGSSAPIAndNTLMAuth $false",
            "Set-ImapSettings -Server 'EX10' -EnableGSSAPIAndNTLMAuth $true",
        ),
        (
            r"Set-ReceiveConnector -Identity 'EX10\Client EX10' "
            "-AuthMechanism 'Tls', 'BasicAuth', 'BasicAuthRequireTLS'",
            r"Set-ReceiveConnector -Identity 'EX10\Client EX10' "
            "-AuthMechanism 'Tls', 'Integrated', 'BasicAuth', 'BasicAuthRequireTLS'",
        ),
    ]


def test_withdrawing_keeps_exchange_server_and_says_what_is_unproven() -> None:
    """Every enabled connector loses Integrated alone; X-EXPS and the hub connector are spoken of."""
    outcome = mended("se-offers-ntlm-on-receive-connectors", WithdrawMechanism())
    wanted = [each.do.partition("-AuthMechanism ")[2] for each in outcome.invocations]
    assert wanted == [
        "'Tls', 'BasicAuth', 'BasicAuthRequireTLS', 'ExchangeServer'",
        "'Tls', 'BasicAuth'",
        "'Tls', 'BasicAuth', 'BasicAuthRequireTLS', 'ExchangeServer'",
    ]
    assert [("X-EXPS" in each.text, each.place and each.place.line) for each in outcome.advice] == [
        (True, 82),
        (True, 122),
        (False, 122),
    ]


def test_withdrawing_says_where_mail_of_other_servers_comes_in() -> None:
    """Exchange 2010 tells no role of a connector: those that let Exchange servers in are spoken of."""
    outcome = mended("2010-default-connector-takes-mail-of-other-servers", WithdrawMechanism())
    hand_over = [each for each in outcome.advice if "hand over mail here" in each.text]
    assert [each.text.partition(":")[0] for each in hand_over] == [r"CAS1\Default CAS1"]
    assert [each.place and each.place.line for each in hand_over] == [24]


def test_requiring_tls_never_demands_it_of_strangers() -> None:
    """Passwords wait for TLS; only where users alone submit is TLS demanded of everything."""
    assert [do for do, _ in calls("se-offers-ntlm-on-receive-connectors", RequireTls())] == [
        r"Set-ReceiveConnector -Identity 'EXSE\Client Frontend EXSE' "
        "-AuthMechanism 'Tls', 'Integrated', 'BasicAuth', 'BasicAuthRequireTLS'",
        r"Set-ReceiveConnector -Identity 'EXSE\Client Frontend EXSE' -RequireTLS $true",
    ]
    assert calls("2010-has-no-back-end-services", RequireTls())[0] == (
        "Set-PopSettings -Server 'EX10' -LoginType 'SecureLogin'",
        "Set-PopSettings -Server 'EX10' -LoginType 'PlainTextLogin'",
    )


def test_disabling_takes_both_services_where_there_are_two() -> None:
    """Exchange 2010 has the front service alone; what is off already is left alone."""
    name = "-Name 'MSExchangePOP3"
    off, on = "-StartupType 'Disabled' -Status 'Stopped'", "-StartupType 'Automatic' -Status 'Running'"
    assert calls("2010-has-no-back-end-services", DisableService()) == [
        (f"Set-Service -ComputerName 'EX10' {name}' {off}", f"Set-Service -ComputerName 'EX10' {name}' {on}")
    ]
    assert [do for do, _ in calls("2016-leaks-on-every-port", DisableService())] == [
        f"Set-Service -ComputerName 'EX16' {name}' {off}",
        f"Set-Service -ComputerName 'EX16' {name}BE' {off}",
    ]
    assert calls("se-offers-ntlm-on-receive-connectors", DisableService()) == []


def test_limiting_accounts() -> None:
    """Only those: everybody else loses it; all but those: they lose it. A quote in an address is doubled."""
    only = LimitAccounts(("ANNA@example.test", "bob"))
    assert calls("2010-has-no-back-end-services", only) == [
        (
            "Set-CASMailbox -Identity 'o''hara@example.test' -PopEnabled $false",
            "Set-CASMailbox -Identity 'o''hara@example.test' -PopEnabled $true",
        )
    ]
    all_but = LimitAccounts(("bob",), Accounts.ALL_BUT, "imap")
    assert [do for do, _ in calls("2010-has-no-back-end-services", all_but)] == [
        "Set-CASMailbox -Identity 'bob@example.test' -ImapEnabled $false"
    ]


@pytest.mark.parametrize("claim", claims("exchange"))
@pytest.mark.parametrize("remedy", REMEDIES, ids=str)
def test_asked_again_there_is_nothing_to_do(claim: str, remedy: Remedy) -> None:
    """After the cmdlets the same remedy gives none; what is refused is refused for the reason in the table."""
    before = files(claim)
    outcome = PRODUCT.edit(before, remedy)
    if isinstance(outcome, Declined):
        line = REFUSED[claim, str(remedy.__struct_config__.tag)]
        assert outcome.place is not None
        assert outcome.place.line == line
        return
    assert outcome.edits == ()
    again = PRODUCT.edit(foreseen(before, outcome.invocations), remedy)
    assert not isinstance(again, Declined), again.why
    assert again.invocations == ()


def test_after_the_withdrawal_the_posture_has_no_ntlm() -> None:
    """Foresight shows what will be so: no NTLM anywhere, everything else as before."""
    claim = "se-offers-ntlm-on-receive-connectors"
    before = files(claim)
    after = foreseen(before, mended(claim, WithdrawMechanism()).invocations)
    for was, will_be in zip(PRODUCT.posture(before).services, PRODUCT.posture(after).services, strict=True):
        assert [each.name for each in will_be.offers] == [each.name for each in was.offers if each.name == "LOGIN"]
        assert will_be.listeners == was.listeners


def test_foresight_of_services_and_accounts() -> None:
    """A disabled service is gone; an account that lost POP3 is no longer listed, and the count is right."""
    claim = "2016-leaks-on-every-port"
    off = foreseen(files(claim), mended(claim, DisableService()).invocations)
    assert [each.name for each in PRODUCT.posture(off).services] == ["EX16 imap"]
    claim = "2010-has-no-back-end-services"
    shut = foreseen(files(claim), mended(claim, LimitAccounts(("bob",))).invocations)
    accounts = PRODUCT.posture(shut).services[0].accounts
    assert accounts is not None
    assert accounts.place.value == "1 of 3 mailboxes"


def _document(records: str) -> Files:
    text = f'{{"tightlip":"exchange","schema":1,\n{records}}}'.encode()
    return answered(PRODUCT.collect(INSTANCE), {PATH: text})


def _connector(mechanisms: str, groups: str, binding: str = "0.0.0.0:587") -> Files:
    return _document(
        f'"Get-ReceiveConnector":[{{"Identity":"E\\\\C","Enabled":true,"AuthMechanism":"{mechanisms}",'
        f'"PermissionGroups":"{groups}","RequireTLS":false,"Bindings":["{binding}"]}}]'
    )


@pytest.mark.parametrize(
    ("remedy", "records", "why"),
    [
        (WithdrawMechanism(("LOGIN",)), "", "no setting that withdraws LOGIN"),
        (DisableService("smtp"), "", "not smtp"),
        (LimitAccounts(("a",), Accounts.ONLY, "smtp"), "", "not smtp"),
        (LimitAccounts(("a",)), "", "not collected"),
        (DisableService(), '"Get-PopSettings":[{"Server":"E"}]', "no way back"),
        (RequireTls(), '"Get-PopSettings":[{"Server":"E","X509CertificateName":"e"}]', "no way back"),
        (RequireTls(), '"Get-PopSettings":[{"Server":"E","LoginType":"PlainTextLogin"}]', "no certificate"),
        (
            RequireTls(),
            '"Get-ReceiveConnector":[{"Identity":"C","AuthMechanism":"Tls, Integrated"}]',
            "C: RequireTLS was not collected",
        ),
        (
            WithdrawMechanism(),
            '"Get-ImapSettings":[{"Server":"E","LoginType":"SecureLogin","X509CertificateName":"e"}]',
            "E: EnableGSSAPIAndNTLMAuth was not collected, so that there is no way back",
        ),
        (
            LimitAccounts(("a",)),
            '"Get-CASMailbox":{"Mailboxes":9,"PopEnabled":9,"PopNames":["a@x","b@x"]}',
            "only 2 of the mailboxes",
        ),
    ],
)
def test_what_cannot_be_done_or_undone_is_refused(remedy: Remedy, records: str, why: str) -> None:
    """With the reason, and without any cmdlet."""
    records = records or '"problems":[]'
    outcome = PRODUCT.edit(_document(records), remedy)
    assert isinstance(outcome, Declined)
    assert why in outcome.why


def test_the_only_login_of_users_is_not_taken_away() -> None:
    """Integrated alone, where users submit: refused with the line; where nobody may log in it goes."""
    refused = PRODUCT.edit(_connector("Tls, Integrated", "ExchangeUsers"), WithdrawMechanism())
    assert isinstance(refused, Declined)
    assert refused.place is not None
    assert refused.place.line == 2
    done = PRODUCT.edit(_connector("Integrated", "AnonymousUsers"), WithdrawMechanism())
    assert isinstance(done, Mending)
    assert [each.do.partition("-Auth")[2] for each in done.invocations] == ["Mechanism 'None'"]


def test_a_connector_without_starttls_is_advised_on() -> None:
    """Demanding TLS where there is none would lock everybody out."""
    outcome = PRODUCT.edit(_connector("BasicAuth", "ExchangeUsers"), RequireTls())
    assert isinstance(outcome, Mending)
    assert outcome.invocations == ()
    assert ["add Tls first" in each.text for each in outcome.advice] == [True]


def test_strangers_are_never_asked_for_tls() -> None:
    """Port 25 for anonymous senders: passwords wait for TLS, mail does not, NTLM before TLS is advised on."""
    outcome = PRODUCT.edit(_connector("Tls, Integrated, BasicAuth", "AnonymousUsers", "0.0.0.0:25"), RequireTls())
    assert isinstance(outcome, Mending)
    assert ["-RequireTLS" in each.do for each in outcome.invocations] == [False]
    assert ["withdraw it" in each.text for each in outcome.advice] == [True]


def test_a_file_that_was_not_read_whole_is_refused() -> None:
    """At its place; the reason does not name it once more."""
    outcome = PRODUCT.edit(answered(PRODUCT.collect(INSTANCE), {PATH: b"{"}), WithdrawMechanism())
    assert isinstance(outcome, Declined)
    assert outcome.place is not None
    assert (outcome.place.file, outcome.place.line) == (PATH, 1)
    assert PATH not in outcome.why


def test_states_before_tls_are_the_only_ones_that_a_login_type_changes() -> None:
    """Foresight of SecureLogin: nothing before TLS, the same as before under it."""
    claim = "2010-has-no-back-end-services"
    after = foreseen(files(claim), mended(claim, RequireTls()).invocations)
    pop3 = PRODUCT.posture(after).services[0]
    assert {offer.states for offer in pop3.offers} == {(Security.STARTTLS, Security.IMPLICIT)}
