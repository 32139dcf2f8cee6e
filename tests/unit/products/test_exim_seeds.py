"""The macros that update-exim4.conf makes of its own file, held against what it wrote on Debian 12."""

import pytest

from tests.unit.products.answering import answered
from tightlip.model.posture import Posture
from tightlip.products._exim.collecting import DEFAULTS, GENERATED, TEMPLATE
from tightlip.products._product import Instance
from tightlip.products.exim import PRODUCT

SPA = "ntlm:\n  driver = spa\n  public_name = NTLM\n  server_password = x\n"
INTERNET = "dc_eximconfig_configtype='internet'\n"
SMARTHOST = "dc_eximconfig_configtype='Smarthost'\n"


def _posture(defaults: str, template: str) -> Posture:
    """What Debian's sources mean, in a copy without the generated file."""
    files = {DEFAULTS: defaults.encode(), TEMPLATE: template.encode()}
    return PRODUCT.posture(answered(PRODUCT.collect(Instance(product="exim", config=GENERATED)), files))


def _mechanisms(defaults: str, condition: str) -> list[str]:
    """What is offered where an authenticator stands under a condition."""
    (service,) = _posture(defaults, f"begin authenticators\n.{condition}\n{SPA}.endif\n").services
    return [each.name for each in service.offers]


@pytest.mark.parametrize(
    ("defaults", "condition"),
    [
        (INTERNET, "ifdef DCconfig_internet"),
        (SMARTHOST, "ifdef DCconfig_smarthost"),
        (SMARTHOST, "ifndef DCconfig_internet"),
        (INTERNET, "ifdef ETC_MAILNAME"),
        (INTERNET, "ifndef DC_minimaldns"),
        (f"{INTERNET}dc_minimaldns='true'\n", "ifdef DC_minimaldns"),
        (f"{SMARTHOST}dc_hide_mailname='true'\ndc_readhost='a.example'\n", "ifdef HIDE_MAILNAME"),
        (f"{INTERNET}OLD_CLIENTS=\n", "ifdef OLD_CLIENTS"),
        ("dc_eximconfig_configtype='none'\nOLD_CLIENTS=1\n", "ifndef OLD_CLIENTS"),
    ],
)
def test_what_update_exim4_conf_defines_decides_conditions(defaults: str, condition: str) -> None:
    """Of the type none, and of any that it does not know, it defines nothing."""
    opposite = condition.replace("ifndef", "ifdef") if "ifndef" in condition else condition.replace("ifdef", "ifndef")
    assert _mechanisms(defaults, condition) == ["NTLM"]
    assert _mechanisms(defaults, opposite) == []


@pytest.mark.parametrize(
    ("assigned", "addresses"),
    [
        ("dc_local_interfaces='127.0.0.1'\ndc_local_interfaces='192.0.2.1 ; 192.0.2.2'\n", ["192.0.2.1", "192.0.2.2"]),
        ("dc_local_interfaces='127.0.0.1'\nMAIN_LOCAL_INTERFACES=192.0.2.1\n", ["127.0.0.1"]),
        ("MAIN_LOCAL_INTERFACES=192.0.2.1\nMAIN_LOCAL_INTERFACES=192.0.2.2\n", ["192.0.2.1"]),
    ],
)
def test_a_macro_is_defined_once(assigned: str, addresses: list[str]) -> None:
    """What a shell assigns twice is what it was last; of two macros the first holds, Debian's own before all."""
    option = ".ifdef MAIN_LOCAL_INTERFACES\nlocal_interfaces = MAIN_LOCAL_INTERFACES\n.endif\n"
    (service,) = _posture(INTERNET + assigned, f"{option}begin authenticators\n{SPA}").services
    assert [each.address for each in service.listeners] == addresses


@pytest.mark.parametrize(
    ("nets", "mechanisms"),
    [("", []), ("192.0.2.0/24", ["NTLM"]), ("2001:db8::/32 ; 192.0.2.0/24", ["NTLM"])],
)
def test_the_networks_that_may_relay_hold_this_machine(nets: str, mechanisms: list[str]) -> None:
    """Beside those that are named, whatever parts them; where none is, nobody else is offered logins by that list."""
    hosts = "hostlist relay_from_hosts = MAIN_RELAY_NETS\nauth_advertise_hosts = +relay_from_hosts\n"
    (service,) = _posture(f"{INTERNET}dc_relay_nets='{nets}'\n", f"{hosts}begin authenticators\n{SPA}").services
    assert [each.name for each in service.offers] == mechanisms
