"""./tightlip and requirements/install, with a stand-in for Python that only writes down what it was asked."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.tree import ROOT

# Plays python3, .venv/bin/python and uv; what the scripts really compute goes to the real Python.
STAND_IN = f"""#!/bin/sh
for last; do :; done
case "$*" in *--require-hashes*) case "$*" in *"--only-binary :all:"*) ;; *) echo source >>"$DIARY" ;; esac ;; esac
case "$0 $*" in
    *"-m tightlip"*) printf '%s\\n' "$@" ;;
    *"-m venv"*) echo venv >>"$DIARY"; mkdir -p "$last/bin" "$last/lib/python3.11/site-packages"
        cp "$0" "$last/bin/python" ;;
    *"-m ensurepip"* | *"-m pip uninstall"*) ;;
    *"-m pip"*uv.txt) cp "$0" "${{0%/*}}/uv" ;;
    *"-m pip"*) echo "pip ${{last##*/}}" >>"$DIARY"; [ "$BROKEN" != network ] ;;
    */uv*) echo "uv ${{last##*/}}" >>"$DIARY"; [ -z "$BROKEN" ] ;;
    *realpath*) echo "$0" ;;
    *ensurepip*) [ "$BROKEN" != venv ] ;;
    *version_info\\ \\<*) [ "$BROKEN" != old ] ;;
    *) exec {sys.executable} "$@" ;;
esac
"""


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A checkout of the two scripts with made-up pins, and a PATH whose python3 is the stand-in."""

    root: Path
    diary: Path
    bin: Path

    def environment(self, broken: str) -> dict[str, str]:
        """Nothing of ours but the stand-in and the few programs a POSIX system has."""
        return {"PATH": str(self.bin), "DIARY": str(self.diary), "BROKEN": broken}

    def run(self, *argv: str, broken: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run one command to its end; `broken` names what does not work: network, uv, venv or old."""
        env = self.environment(broken)
        return subprocess.run(argv, env=env, cwd=cwd, capture_output=True, text=True, timeout=100, check=False)

    def tightlip(self, *argv: str, broken: str = "") -> subprocess.CompletedProcess[str]:
        """Run the launcher by its full path."""
        return self.run(str(self.root / "tightlip"), *argv, broken=broken)

    def happened(self) -> list[str]:
        """Return what the stand-in was asked to make and install since last asked."""
        lines = self.diary.read_text().splitlines()
        self.diary.write_text("")
        return lines


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout in a folder with a space in its name; nothing is installed yet."""
    made = Checkout(root=tmp_path / "a checkout", diary=tmp_path / "diary", bin=tmp_path / "bin")
    (made.root / "requirements").mkdir(parents=True)
    made.bin.mkdir()
    made.diary.write_text("")
    for script in ("tightlip", "requirements/install"):
        shutil.copy(ROOT / script, made.root / script)
    for lock in ("run.txt", "dev.txt", "uv.txt"):
        (made.root / "requirements" / lock).write_text("pins\n")
    for program in ("sh", "cat", "cmp", "cp", "dirname", "ln", "mkdir", "mv", "readlink", "rm", "tail"):
        (made.bin / program).symlink_to(shutil.which(program) or program)
    (made.bin / "python3").write_text(STAND_IN)
    (made.bin / "python3").chmod(0o755)
    return made


def test_the_first_run_installs_and_starts(checkout: Checkout) -> None:
    """pip brings uv, uv brings the pins; then the program gets the arguments as they were, isolated."""
    ran = checkout.tightlip("scan", "two words", "*")
    assert (ran.returncode, ran.stdout.splitlines()) == (0, ["-I", "-m", "tightlip", "scan", "two words", "*"])
    assert checkout.happened() == ["venv", "uv run.txt"]


def test_the_second_run_installs_nothing_and_says_nothing(checkout: Checkout) -> None:
    """With the environment in order only the program speaks."""
    checkout.tightlip()
    checkout.happened()
    assert (checkout.tightlip().stderr, checkout.happened()) == ("", [])


def test_the_checkout_is_on_the_path_wherever_it_moves(checkout: Checkout) -> None:
    """The environment finds src by a relative path."""
    checkout.tightlip()
    packages = checkout.root / ".venv" / "lib" / "python3.11" / "site-packages"
    assert (packages / (packages / "tightlip.pth").read_text().strip()).resolve() == checkout.root / "src"


def test_it_starts_from_any_directory_and_through_symlinks(checkout: Checkout, tmp_path: Path) -> None:
    """A link to a relative link, a call by bare name and one by sh all find the checkout."""
    checkout.tightlip()
    (tmp_path / "near").symlink_to("a checkout/tightlip")
    (checkout.bin / "far").symlink_to("../near")
    calls = [("far",), (str(checkout.bin / "far"),), ("sh", str(tmp_path / "near"))]
    assert [checkout.run(*call, cwd=Path("/")).returncode for call in calls] == [0, 0, 0]
    assert checkout.run("sh", "tightlip", cwd=checkout.root).returncode == 0
    assert checkout.happened() == ["venv", "uv run.txt"]


def test_changed_pins_are_installed_into_the_same_environment(checkout: Checkout) -> None:
    """New pins need no new venv, so that a running scan keeps its modules."""
    checkout.tightlip()
    checkout.happened()
    (checkout.root / "requirements" / "run.txt").write_text("new pins\n")
    assert (checkout.tightlip().returncode, checkout.happened()) == (0, ["uv run.txt"])


def test_another_python_gets_a_new_environment(checkout: Checkout) -> None:
    """When the Python under the environment is not the one that made it, it is made again."""
    checkout.tightlip()
    checkout.happened()
    (checkout.root / ".venv" / "pins" / "python").unlink()
    assert (checkout.tightlip().returncode, checkout.happened()) == (0, ["venv", "uv run.txt"])


def test_what_was_left_unfinished_is_made_anew(checkout: Checkout) -> None:
    """An install that failed half-way leaves no pins, and the next run starts over."""
    assert checkout.tightlip(broken="network").returncode == 2
    checkout.happened()
    assert (checkout.tightlip().returncode, checkout.happened()) == (0, ["venv", "uv run.txt"])


def test_a_failed_update_is_made_anew(checkout: Checkout) -> None:
    """An update that fails takes the old pins away before it starts."""
    checkout.tightlip()
    (checkout.root / "requirements" / "run.txt").write_text("new pins\n")
    checkout.tightlip(broken="network")
    checkout.happened()
    assert (checkout.tightlip().returncode, checkout.happened()) == (0, ["venv", "uv run.txt"])


def test_the_tools_are_a_superset(checkout: Checkout) -> None:
    """After `install dev` the launcher is content; after the launcher, `install dev` adds the tools."""
    checkout.tightlip()
    assert checkout.run(str(checkout.root / "requirements" / "install"), "dev").returncode == 0
    checkout.tightlip()
    assert checkout.happened() == ["venv", "uv run.txt", "uv dev.txt"]


def test_pip_installs_where_uv_cannot(checkout: Checkout) -> None:
    """A uv that fails is not the end."""
    assert checkout.tightlip(broken="uv").returncode == 0
    assert checkout.happened() == ["venv", "uv run.txt", "pip run.txt"]


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("network", "the first run needs the network"),
        ("venv", f"apt install python3.{sys.version_info.minor}-venv"),
        ("old", "apt install python3 python3-venv"),
    ],
)
def test_what_is_missing_is_named(checkout: Checkout, broken: str, says: str) -> None:
    """Without network, venv module or a new enough Python the message says what to do, and nothing starts."""
    ran = checkout.tightlip(broken=broken)
    assert (ran.returncode, ran.stdout, says in ran.stderr) == (2, "", True)


def test_nothing_is_built_from_source(checkout: Checkout) -> None:
    """uv and pip take wheels only: what builds a source archive would come without a hash."""
    checkout.tightlip(broken="uv")
    assert "source" not in checkout.happened()


@pytest.mark.slow
def test_no_installer_stays_behind(checkout: Checkout) -> None:
    """With the real Python: neither pip nor setuptools is in the environment when it is ready."""
    for lock in ("run.txt", "dev.txt", "uv.txt"):
        (checkout.root / "requirements" / lock).write_text("")
    (checkout.bin / "python3").unlink()
    (checkout.bin / "python3").symlink_to(Path(sys.executable).resolve())
    ran = checkout.run(str(checkout.root / "requirements" / "install"), "run")
    installed = {each.name for each in (checkout.root / ".venv").glob("lib/python3*/site-packages/*")}
    assert (ran.returncode, ran.stderr.splitlines()[1:], installed) == (0, [], {"tightlip.pth"})


def test_several_first_callers_install_once(checkout: Checkout) -> None:
    """One makes the environment, the others wait for it, all of them start."""
    command = [str(checkout.root / "tightlip")]
    env = checkout.environment("")
    callers = [subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [caller.wait(timeout=30) for caller in callers] == [0, 0, 0, 0]
    assert checkout.happened() == ["venv", "uv run.txt"]


def test_a_folder_that_cannot_be_written_is_named(checkout: Checkout) -> None:
    """Whoever may not install is told who can; a folder in the lock's place stops root too."""
    (checkout.root / ".venv.lock").mkdir()
    ran = checkout.tightlip()
    assert (ran.returncode, "cannot write into" in ran.stderr, checkout.happened()) == (2, True, [])
