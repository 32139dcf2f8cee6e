"""A plan for Exchange as PowerShell: every script parses, says what the plan says, and holds nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Node, Parser
from tree_sitter_powershell import language

from tightlip.model.errors import UsageError
from tightlip.model.remedy import WithdrawMechanism
from tightlip.products._exchange.cmdlets import Cmdlet, spell
from tightlip.products._product import Instance, Invoke
from tightlip.remediate.plan import Expectation, Plan, ProductPlan
from tightlip.workflows import scripts

PARSER = Parser(Language(language()))
HOSTILE = "EX'; Stop-Computer; ’ $(Stop-Computer) `\n#> @' \"ё"
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.text(
    "'‘’‚‛“”\"`$(){};|#<>@\n\r a", max_size=20
)


def _invoke(
    cmdlet: str, target: tuple[tuple[str, str], ...], name: str, wanted: str | bool, found: str | bool
) -> Invoke:
    do, undo = (spell(Cmdlet(cmdlet, target, ((name, value),))) for value in (wanted, found))
    return Invoke(what=f"{target[0][1]}: {name}", do=do, undo=undo)


def _pop(server: str) -> Invoke:
    return _invoke("Set-PopSettings", (("Server", server),), "EnableGSSAPIAndNTLMAuth", False, True)


def plan(*invocations: Invoke, expectations: tuple[Expectation, ...] = ()) -> Plan:
    """A plan with these changes of Exchange."""
    product = ProductPlan(
        product="exchange",
        instance=Instance(product="exchange", config="/srv/exchange.json"),
        version=None,
        files=(),
        invocations=invocations,
        check=(),
        reload=None,
    )
    return Plan(
        schema=1,
        tool="0",
        host="tree:x",
        goal="withdraw-ntlm",
        remedies=(WithdrawMechanism(),),
        findings=(),
        products=(product,),
        expectations=expectations,
    )


def faults(text: str) -> list[str]:
    """Stretches of a script that the grammar does not know."""
    return [
        f"{node.start_point}: {node.type}" for node in _nodes(PARSER.parse(text.encode()).root_node) if _is_bad(node)
    ]


def commands(text: str) -> set[str]:
    """The names of all commands that a script calls."""
    nodes = _nodes(PARSER.parse(text.encode()).root_node)
    return {node.text.decode() for node in nodes if node.type == "command_name" and node.text}


def _nodes(root: Node) -> list[Node]:
    found, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += node.children
    return found


def _is_bad(node: Node) -> bool:
    return node.is_missing or node.type == "ERROR"


EVERYTHING = plan(
    _pop("EX01"),
    _invoke("Set-ImapSettings", (("Server", "EX01"),), "LoginType", "SecureLogin", "PlainTextLogin"),
    Invoke(
        what="connector",
        do=r"Set-ReceiveConnector -Identity 'EX01\C' -AuthMechanism 'Tls', 'BasicAuth'",
        undo=r"Set-ReceiveConnector -Identity 'EX01\C' -AuthMechanism 'Tls', 'Integrated', 'BasicAuth'",
    ),
    _invoke("Set-CASMailbox", (("Identity", "anna@example.test"),), "PopEnabled", False, True),
    Invoke(
        what="service",
        do="Set-Service -ComputerName 'EX01' -Name 'MSExchangePOP3' -StartupType 'Disabled' -Status 'Stopped'",
        undo="Set-Service -ComputerName 'EX01' -Name 'MSExchangePOP3' -StartupType 'Manual' -Status 'Running'",
    ),
    expectations=(
        Expectation(
            endpoint="pop3+starttls://ex01.example.test:110", withdrawn=("NTLM", "GSS-SPNEGO"), kept=("PLAIN",)
        ),
        Expectation(endpoint="imaps://[2001:db8::1]:993", closed=True),
        Expectation(endpoint="smtp://ex01.example.test:587", needs_tls=True),
    ),
)


@pytest.mark.parametrize("text", [scripts.exchange_collector(), scripts.exchange_certificates()])
def test_what_only_reads_parses_and_only_reads(text: str) -> None:
    """No command sets, removes, starts or stops anything; the grammar knows every word."""
    assert faults(text) == []
    assert text.isascii()
    verbs = {name.split("-")[0] for name in commands(text) if "-" in name}
    assert verbs <= {
        "Get",
        "Set",
        "New",
        "Test",
        "Format",
        "ConvertTo",
        "Add",
        "Select",
        "Where",
        "ForEach",
        "Write",
        "Export",
    }
    assert {name for name in commands(text) if name.startswith("Set-")} == {"Set-StrictMode"}
    # Add-, New-, Format- and ConvertTo- are functions of the script's own, or make objects in memory.
    assert {name for name in commands(text) if name.startswith("Export-")} <= {"Export-Csv"}


def test_a_plan_becomes_three_scripts_that_parse() -> None:
    """Apply, verify, roll back; all ASCII, each strict."""
    made = scripts.exchange_scripts(EVERYTHING)
    assert sorted(made) == ["apply.ps1", "rollback.ps1", "verify.ps1"]
    for text in made.values():
        assert faults(text) == []
        assert text.isascii()
        assert "Set-StrictMode -Version 2.0" in text
        assert "#{" not in text


def test_applying_honours_what_if_and_keeps_what_was() -> None:
    """Changes stand behind ShouldProcess, and a backup comes before them."""
    text = scripts.exchange_scripts(EVERYTHING)["apply.ps1"]
    assert "SupportsShouldProcess = $true" in text
    assert text.index("Export-Clixml -Path") < text.index("& $step.Do")
    assert text.index("$PSCmdlet.ShouldProcess($step.Target") < text.index("& $step.Do")
    assert f"$PlanHash = '{EVERYTHING.hash}'" in text


def test_steps_hold_the_cmdlets_of_the_plan() -> None:
    """Do and undo as planned, what is read before, and the pair of services that is restarted."""
    text = scripts.exchange_scripts(plan(_pop("EX01")))["rollback.ps1"]
    call, always = "Set-PopSettings -Server 'EX01' -EnableGSSAPIAndNTLMAuth", "-Confirm:$false -ErrorAction Stop"
    for line in (
        "        Read = { (Get-PopSettings -Server 'EX01').EnableGSSAPIAndNTLMAuth }",
        "        Found = @('True')",
        "        Wanted = @('False')",
        f"        Do = {{ {call} $false {always} }}",
        f"        Undo = {{ {call} $true {always} }}",
        "        Restart = @('MSExchangePOP3', 'MSExchangePOP3BE')",
    ):
        assert line in text.splitlines()


def test_verifying_asks_every_state_that_the_plan_expects() -> None:
    """Protocol, port and TLS state of each; what must be refused, taken, or closed."""
    text = scripts.exchange_scripts(EVERYTHING)["verify.ps1"]
    told = [line.strip() for line in text.splitlines() if line.startswith("        ")]
    for name, values in {
        "Server": ["'ex01.example.test'", "'2001:db8::1'", "'ex01.example.test'"],
        "Port": ["110", "993", "587"],
        "Protocol": ["'pop3'", "'imap'", "'smtp'"],
        "Security": ["'starttls'", "'implicit'", "'plain'"],
        "Closed": ["$false", "$true", "$false"],
        "Withdrawn": ["@('NTLM')", "@()", "@()"],
        "Refused": ["@()", "@()", "@('LOGIN')"],
        "Kept": ["@('PLAIN')", "@()", "@()"],
    }.items():
        after_steps = [line for line in told if line.startswith(f"{name} = ")][-3:]
        assert after_steps == [f"{name} = {value}" for value in values]


def test_verifying_sends_the_first_message_and_no_password() -> None:
    """The type 1 message begins as every NTLM message does; no credential appears."""
    text = scripts.exchange_scripts(EVERYTHING)["verify.ps1"]
    assert "$TypeOne = 'TlRMTVNTUAABAAAA" in text
    assert "Get-Credential" not in commands(text)


@given(NAMES)
def test_no_name_changes_what_a_script_does(name: str) -> None:
    """Whatever servers are called, the script parses and calls what it calls for an innocent one."""
    innocent, hostile = (scripts.exchange_scripts(plan(_pop(server))) for server in ("EX01", name))
    for file, text in hostile.items():
        assert faults(text) == []
        assert text.isascii()
        assert commands(text) == commands(innocent[file])


def test_a_hostile_name_stays_text() -> None:
    """Quotes of every kind, substitutions, ends of comments and of here-strings."""
    made = scripts.exchange_scripts(plan(_pop(HOSTILE)))
    assert all("Stop-Computer" not in commands(text) for text in made.values())
    assert all(faults(text) == [] for text in made.values())


@pytest.mark.parametrize(
    "invocation",
    [
        Invoke(what="x", do="Stop-Computer", undo="Start-Computer"),
        Invoke(what="x", do="Set-PopSettings -Server 'A' -LoginType 'x'", undo="Stop-Computer"),
        Invoke(
            what="x",
            do="Set-PopSettings -Server 'A' -LoginType 'SecureLogin'",
            undo="Set-PopSettings -Server 'B' -LoginType 'PlainTextLogin'",
        ),
    ],
)
def test_a_plan_with_another_command_becomes_no_script(invocation: Invoke) -> None:
    """Nor one whose undo would undo something else."""
    with pytest.raises(UsageError):
        scripts.exchange_scripts(plan(invocation))


def test_a_plan_without_exchange_becomes_no_script() -> None:
    """It is said instead of writing scripts that do nothing."""
    with pytest.raises(UsageError):
        scripts.exchange_scripts(plan())
