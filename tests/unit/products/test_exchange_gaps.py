"""Exchange: what was not collected, or cannot be what Exchange gives, is unread, and nothing is made up."""

import json
from typing import Any

import pytest

from tests.unit.products.answering import answered
from tightlip.model.posture import NoteKind, Posture
from tightlip.model.remedy import WithdrawMechanism
from tightlip.products._product import Declined, Instance
from tightlip.products.exchange import PRODUCT

PATH = "/srv/exchange.json"
PARTS = ("Get-ExchangeServer", "Win32_Service", "Get-PopSettings", "Get-ImapSettings", "Get-ReceiveConnector")
BINDINGS = {"UnencryptedOrTLSBindings": ["0.0.0.0:110"], "SSLBindings": ["0.0.0.0:995"]}
SETTINGS = {
    "Server": "EX",
    "EnableGSSAPIAndNTLMAuth": False,
    "LoginType": "SecureLogin",
    "X509CertificateName": "mail.example.test",
} | BINDINGS
CONNECTOR = {
    "Server": "EX",
    "Identity": "EX\\Client",
    "Enabled": True,
    "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS",
    "PermissionGroups": "ExchangeUsers",
    "RequireTLS": False,
    "Bindings": ["0.0.0.0:587"],
}


def whole() -> dict[str, Any]:
    """A collection of one server that has everything and leaks nothing."""
    services = ("MSExchangePOP3", "MSExchangeIMAP4")
    return {
        "tightlip": "exchange",
        "schema": 1,
        "problems": [],
        "Get-ExchangeServer": [
            {"Name": "EX", "ServerRole": "Mailbox", "AdminDisplayVersion": "Version 15.2 (Build 1118.7)"}
        ],
        "Win32_Service": [{"Server": "EX", "Name": name, "State": "Running", "StartMode": "Auto"} for name in services],
        "Get-PopSettings": [dict(SETTINGS)],
        "Get-ImapSettings": [dict(SETTINGS)],
        "Get-ReceiveConnector": [dict(CONNECTOR)],
        "Get-ExchangeCertificate": [],
    }


def of(told: dict[str, Any]) -> Posture:
    """The posture of a collection, one value a line as the script writes it."""
    text = json.dumps(told, indent=1).encode()
    return PRODUCT.posture(answered(PRODUCT.collect(Instance(product="exchange", config=PATH)), {PATH: text}))


def unread(found: Posture) -> list[str]:
    """What is noted as unread."""
    return [note.text for note in found.notes if note.kind is NoteKind.UNREAD]


def test_a_whole_collection_has_no_gap() -> None:
    """Everything is there and of its type: nothing is unread."""
    assert unread(of(whole())) == []


@pytest.mark.parametrize("part", [*PARTS, "Get-ExchangeCertificate"])
@pytest.mark.parametrize("value", [None, {}, "", 0, False, [None], ["EX"], [[]]])
def test_a_part_that_is_no_list_of_objects_is_unread(part: str, value: object) -> None:
    """By its name, and no service is made of it."""
    found = of(whole() | {part: value})
    assert any(part in text for text in unread(found))


@pytest.mark.parametrize("part", [*PARTS, "Get-ExchangeCertificate"])
def test_a_part_that_is_not_there_is_unread(part: str) -> None:
    """The script writes every one, so that this was not collected."""
    told = whole()
    del told[part]
    assert f"{part}: was not collected" in unread(of(told))


@pytest.mark.parametrize("part", ["Get-ExchangeServer", "Get-PopSettings", "Get-ImapSettings", "Get-ReceiveConnector"])
def test_an_empty_part_is_unread_where_the_servers_role_has_it(part: str) -> None:
    """A mailbox server of 2013 and later has POP3, IMAP and connectors, whatever was collected."""
    assert unread(of(whole() | {part: []}))


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("Mailbox", []),
        ("ClientAccess", ["Get-PopSettings", "Get-ImapSettings"]),
        ("HubTransport, UnifiedMessaging", ["Get-ReceiveConnector"]),
    ],
)
def test_of_exchange_2010_the_roles_say_what_a_server_has(role: str, expected: list[str]) -> None:
    """A server without the role has nothing to tell of it."""
    server = {"Name": "EX", "ServerRole": role, "AdminDisplayVersion": "Version 14.3 (Build 123.4)"}
    empty: dict[str, Any] = {"Get-PopSettings": [], "Get-ImapSettings": [], "Get-ReceiveConnector": []}
    texts = unread(of(whole() | empty | {"Get-ExchangeServer": [server]}))
    assert [text.split()[1] for text in texts] == expected


@pytest.mark.parametrize("part", ["Get-PopSettings", "Get-ImapSettings"])
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Server", [None, "", 7]),
        ("EnableGSSAPIAndNTLMAuth", [None, "", "False", 0, [], {}]),
        ("LoginType", [None, "", 2, "Secure", []]),
        ("UnencryptedOrTLSBindings", [None, "0.0.0.0:110", {}, [None], [110], ["110"], ["0.0.0.0:0"]]),
        ("SSLBindings", [None, "0.0.0.0:995", {"0": "0.0.0.0:995"}, [{}]]),
    ],
)
def test_a_setting_of_another_type_is_unread(part: str, name: str, values: list[object]) -> None:
    """Each with its line, and the value itself is not taken for anything."""
    for value in values:
        told = whole()
        told[part][0][name] = value
        notes = [note for note in of(told).notes if note.kind is NoteKind.UNREAD]
        assert notes, value
        assert all(note.line for note in notes), value
        assert any(name in note.text or part in note.text for note in notes), value


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Identity", [None, ""]),
        ("Enabled", [None, "False", 0]),
        ("AuthMechanism", [None, "", 5, "Tls, Ntlm", {}]),
        ("RequireTLS", [None, "no"]),
        ("PermissionGroups", [None, 13]),
        ("Bindings", [None, [], "0.0.0.0:25", ["smtp"]]),
    ],
)
def test_a_connectors_value_of_another_type_is_unread(name: str, values: list[object]) -> None:
    """A connector whose mechanisms are not known is no connector without any; one without a socket is none."""
    for value in values:
        told = whole()
        told["Get-ReceiveConnector"][0][name] = value
        assert any(name in text or "Get-ReceiveConnector" in text for text in unread(of(told))), value


def test_what_could_not_be_collected_is_unread() -> None:
    """The script's own word that a cmdlet failed."""
    problem = {"Server": "EX", "What": "Get-ExchangeCertificate", "Why": "Access is denied."}
    assert unread(of(whole() | {"problems": [problem]})) == [
        "EX: Get-ExchangeCertificate could not be collected: Access is denied."
    ]


def test_a_part_that_is_given_twice_is_unread() -> None:
    """Which of the two counts nobody knows."""
    text = json.dumps(whole())
    twice = text[:-1] + ', "Get-PopSettings": []}'
    files = answered(PRODUCT.collect(Instance(product="exchange", config=PATH)), {PATH: twice.encode()})
    assert "Get-PopSettings: is given 2 times" in unread(PRODUCT.posture(files))


@pytest.mark.parametrize("binding", [":::587", "0000:0000:0000:0000:0000:0000:0000:0000:587", "[::]:587", "*:587"])
def test_bindings_of_every_version_are_listeners(binding: str) -> None:
    """Exchange 2010 writes addresses of IPv6 without brackets."""
    told = whole()
    told["Get-ReceiveConnector"][0]["Bindings"] = [binding]
    found = of(told)
    (service,) = [each for each in found.services if each.protocol == "smtp"]
    assert [(each.address, each.port) for each in service.listeners] == [("ex", 587)]
    assert unread(found) == []


def test_what_is_unread_has_no_way_back() -> None:
    """A value that cannot be Exchange's is not set again by a plan."""
    told = whole()
    told["Get-PopSettings"][0]["EnableGSSAPIAndNTLMAuth"] = "maybe"
    text = json.dumps(told).encode()
    files = answered(PRODUCT.collect(Instance(product="exchange", config=PATH)), {PATH: text})
    assert isinstance(PRODUCT.edit(files, WithdrawMechanism()), Declined)
