"""The rendered playbook, run by ansible-core in temporary trees: check mode, change, second run, rescue, undo."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.remediate.listeners import Health, listening
from tests.unit.remediate.plans import LEAKY, MENDED, a_plan, noting, ran, written
from tests.unit.remediate.scripts import impatient
from tightlip.model.endpoint import Security
from tightlip.remediate.ansible import playbook
from tightlip.remediate.plan import Expectation, Plan, Unmet

pytestmark = pytest.mark.slow

# The circle is run each time; of the rest, each of which starts Ansible anew, half.
some = pytest.mark.drawn(3, "plays")


class Play:
    """What one run of ``ansible-playbook`` came to."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        recap = re.search(r"^localhost .*$", done.stdout, re.MULTILINE)
        assert recap is not None, done.stdout + done.stderr
        self.said = done.stdout + done.stderr
        self.status = done.returncode
        counts = re.findall(r"(\w+)=(\d+)", recap[0])
        self.counts = {name: int(count) for name, count in counts}


def run(plan: Plan, tmp_path: Path, *arguments: str) -> Play:
    """Run the plan's playbook on this machine, with nothing of the user's Ansible."""
    file = tmp_path / "mend.yml"
    file.write_text(impatient(playbook(plan)), encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
    }
    program = Path(sys.executable).with_name("ansible-playbook")
    own = f"-i localhost, -c local -e ansible_python_interpreter={sys.executable} -e tightlip_backup={tmp_path}/kept"
    # Its process id is left behind for a test that kills it.
    started = ["sh", "-c", 'echo $$ >pid; exec "$0" "$@"', str(program)]
    done = subprocess.run(
        [*started, *own.split(), *arguments, str(file)],
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    return Play(done)


UNDO = ("-e", "tightlip_undo=true")


def test_the_whole_circle(tmp_path: Path) -> None:
    """Check mode tells and does nothing; the run changes, reloads once and shows no secret; the second does nothing."""
    part = written(tmp_path / "etc")
    part.path.chmod(0o640)
    plan = a_plan(part, check=noting(tmp_path, "check"), reload=noting(tmp_path, "reload"))

    rehearsal = run(plan, tmp_path, "--check", "--diff")
    assert (rehearsal.status, rehearsal.counts["changed"], rehearsal.counts["failed"]) == (0, 1, 0)
    assert "nobody needs NTLM" in rehearsal.said
    assert (part.path.read_bytes(), ran(tmp_path), (tmp_path / "kept").exists()) == (LEAKY, [], False)

    talkative = run(plan, tmp_path, "--diff", "-vvv")
    assert talkative.status == 0
    assert "nobody needs NTLM" in talkative.said
    assert "hunter2" not in talkative.said  # the lines around the change stay on the host
    assert part.path.read_bytes() == MENDED
    assert part.path.stat().st_mode & 0o777 == 0o640
    assert ran(tmp_path) == ["check", "reload"]

    for arguments in ((), ("--check", "--diff")):
        assert run(plan, tmp_path, *arguments).counts["changed"] == 0
    assert ran(tmp_path) == ["check", "reload"]

    assert run(plan, tmp_path, *UNDO, "--check").counts["changed"] == 1
    assert part.path.read_bytes() == MENDED
    assert run(plan, tmp_path, *UNDO).status == 0
    assert part.path.read_bytes() == LEAKY
    assert part.path.stat().st_mode & 0o777 == 0o640
    assert ran(tmp_path) == ["check", "reload", "reload"]
    assert [path.name for path in (tmp_path / "etc").iterdir()] == ["dovecot.conf"]


@some
@pytest.mark.parametrize("moment", ["check", "reload"])
def test_what_fails_is_rescued(tmp_path: Path, moment: str) -> None:
    """Every file is as it was, the server is reloaded with it, and the play fails all the same."""
    parts = written(tmp_path / "etc", "1.conf"), written(tmp_path / "etc", "2.conf")
    then = {"check": "", "reload": ""} | {moment: f"grep -q ntlm '{parts[0].path}'"}
    commands = {word: noting(tmp_path, word, script) for word, script in then.items()}
    heard = run(a_plan(*parts, check=commands["check"], reload=commands["reload"]), tmp_path)
    assert heard.status != 0
    assert [part.path.read_bytes() for part in parts] == [LEAKY, LEAKY]
    assert ran(tmp_path)[-1] == "reload"


@some
def test_a_server_that_dies_over_tls_is_rescued(tmp_path: Path) -> None:
    """Its check and its reload succeed; of a listener that was dead before nothing is demanded, and it is named."""
    part = written(tmp_path / "etc")
    with (
        listening(
            tmp_path,
            "smtp",
            Security.STARTTLS,
            lambda: Health.DIES_OVER_TLS if part.path.read_bytes() == MENDED else Health.WELL,
        ) as dying,
        listening(tmp_path, "imap", Security.PLAIN, lambda: Health.DIES_WHEN_ASKED) as dead,
    ):
        expected = tuple(Expectation(endpoint=each) for each in (dying, dead))
        plan = replace(a_plan(part, reload=noting(tmp_path, "reload")), expectations=expected)
        heard = run(plan, tmp_path)
        assert (heard.status != 0, part.path.read_bytes(), ran(tmp_path)) == (True, LEAKY, ["reload", "reload"])
        assert f"does not answer any more: {dying}" in heard.said
        assert f"does not answer before the change, and need not afterwards: {dead}" in heard.said
        assert run(plan, tmp_path, "-e", "tightlip_no_greeting=true").status == 0
    assert part.path.read_bytes() == MENDED


@some
def test_a_file_that_was_changed_since_is_refused(tmp_path: Path) -> None:
    """Before anything is written, in check mode as well."""
    first, second = written(tmp_path / "etc", "1.conf"), written(tmp_path / "etc", "2.conf")
    second.path.write_bytes(LEAKY + b"# somebody\n")
    plan = a_plan(first, second, reload=noting(tmp_path, "reload"))
    for arguments in (("--check",), ()):
        assert run(plan, tmp_path, *arguments).counts["failed"] == 1
    assert first.path.read_bytes() == LEAKY
    assert ran(tmp_path) == []


@some
def test_unmet_preconditions_stop_it_until_somebody_says_they_are_met(tmp_path: Path) -> None:
    """They are named; check mode shows the change all the same; a template in them is not run."""
    part = written(tmp_path / "etc")
    plan = a_plan(part, unmet=(Unmet(what="TLS on pop3", why="it has {{ 6 * 7 }} doubts"),))
    assert run(plan, tmp_path, "--check").status == 0
    heard = run(plan, tmp_path)
    assert "TLS on pop3: it has {{ 6 * 7 }} doubts" in heard.said
    assert (heard.status != 0, part.path.read_bytes()) == (True, LEAKY)
    assert run(plan, tmp_path, "-e", "tightlip_preconditions_met=true").status == 0
    assert part.path.read_bytes() == MENDED


@some
def test_odd_names_are_data(tmp_path: Path) -> None:
    """A path with a template, a quote and a line end in it is changed like any other."""
    part = written(tmp_path / "etc", "{{ lookup('pipe', 'touch ran') }} 'x'\n.conf")
    assert run(a_plan(part), tmp_path).status == 0
    assert part.path.read_bytes() == MENDED
    assert not list(tmp_path.rglob("ran"))


@some
def test_an_interrupted_run_is_finished_by_the_next(tmp_path: Path) -> None:
    """The files were written and nobody reloaded: run again, it checks and reloads though no file is left to change."""
    part = written(tmp_path / "etc")
    once = tmp_path / "killed"
    # The check kills ansible-playbook the first time: nothing is rescued.
    deadly = f"[ -e '{once}' ] || {{ touch '{once}'; kill -9 $(cat '{tmp_path}/pid'); }}"
    plan = a_plan(part, check=noting(tmp_path, "check", deadly), reload=noting(tmp_path, "reload"))
    with pytest.raises(AssertionError):
        run(plan, tmp_path)
    assert (part.path.read_bytes(), ran(tmp_path)) == (MENDED, ["check"])
    assert run(plan, tmp_path).status == 0
    assert ran(tmp_path) == ["check", "check", "reload"]
    assert run(plan, tmp_path).counts["changed"] == 0
