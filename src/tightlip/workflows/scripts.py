"""The PowerShell scripts that leave this machine: those that collect, and those that a plan for Exchange becomes."""

from collections.abc import Mapping
from importlib.resources import files

from tightlip.remediate.exchange_scripts import NAMES, SHARED, scripts
from tightlip.remediate.plan import Plan


def exchange_collector() -> str:
    """The read-only script whose JSON `audit` and `plan` read."""
    return _template("collect-exchange.ps1")


def exchange_certificates() -> str:
    """The read-only script that lists the certificates of many Exchange servers."""
    return _template("certificates.ps1")


def exchange_scripts(plan: Plan) -> Mapping[str, str]:
    """A plan as apply.ps1, verify.ps1 and rollback.ps1, all ASCII; UsageError where it changes nothing on Exchange."""
    return scripts(plan, {name: _template(name) for name in (*NAMES, SHARED)})


def _template(name: str) -> str:
    return files("tightlip.remediate").joinpath("scripts", name).read_text(encoding="ascii")
