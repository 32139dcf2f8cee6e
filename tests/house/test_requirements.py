"""The lock files: made from this pyproject.toml, hashed, naming no index, one a superset of the other."""

import re

import pytest
from requirements.lock import fingerprint, header

from tests.house.tree import ROOT

LOCKS = ["run.txt", "dev.txt", "uv.txt"]
PIN = re.compile(r"^([a-z0-9][\w.-]*)==(\S+)", re.MULTILINE)
LINE = re.compile(r"#.*|[a-z0-9][\w.-]*==[\w.+!-]+(?: ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def pins(name: str) -> dict[str, str]:
    """Return the package versions of one lock file."""
    return dict(PIN.findall((ROOT / "requirements" / name).read_text()))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_was_made_from_this_pyproject(name: str) -> None:
    """Its header carries the fingerprint of the dependency tables as they are now; else run the lock maker."""
    pyproject = (ROOT / "pyproject.toml").read_text()
    text = (ROOT / "requirements" / name).read_text()
    assert text.startswith(header(name, pyproject))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("msgspec>=0.19", "msgspec>=0.20"),
        ("pytest>=8.2", "pytest>=8.3"),
        ('requires-python = ">=3.11"', 'requires-python = ">=3.12"'),
        ('installer = ["uv>=0.5"]', 'installer = ["uv>=0.6"]'),
    ],
)
def test_the_fingerprint_moves_with_every_dependency(before: str, after: str) -> None:
    """A changed bound in any table that is locked makes the locks stale."""
    pyproject = (ROOT / "pyproject.toml").read_text()
    assert before in pyproject
    assert fingerprint(pyproject.replace(before, after)) != fingerprint(pyproject)


def test_the_fingerprint_ignores_what_is_not_locked() -> None:
    """Other settings may change without a new lock."""
    pyproject = (ROOT / "pyproject.toml").read_text()
    changed = pyproject.replace("[tool.ruff]", "[tool.ruff]\nfix = true")
    assert changed != pyproject
    assert fingerprint(changed) == fingerprint(pyproject)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_pins_and_hashes_only(name: str) -> None:
    """No line names an index, a host, a path or an address; every pin has a hash."""
    text = (ROOT / "requirements" / name).read_text()
    assert [line for line in text.splitlines() if not LINE.fullmatch(line)] == []
    assert all("--hash=" in entry for entry in re.split(r"\n(?=[a-z])", text)[1:])


def test_the_tools_run_on_the_versions_that_users_get() -> None:
    """dev.txt holds everything of run.txt in the same version, so ./check tests what ./tightlip installs."""
    assert pins("run.txt").items() <= pins("dev.txt").items()


def test_the_program_needs_nothing_that_only_the_tests_need() -> None:
    """The oracles and tools are in dev.txt alone."""
    assert {"scapy", "impacket", "pyspnego", "pytest"} & set(pins("run.txt")) == set()


def test_one_version_of_uv() -> None:
    """The uv that installs is the uv that locks."""
    assert pins("uv.txt") == {"uv": pins("dev.txt")["uv"]}


def test_a_line_with_an_address_is_noticed() -> None:
    """The pattern of a good line lets no index option, direct reference or bare pin through."""
    bad = ["--index-url x", "msgspec @ file:///x", "msgspec==1.0", "-e .", "    --hash=md5:00", "msgspec>=1 \\"]
    assert [line for line in bad if LINE.fullmatch(line)] == []


def test_pyproject_names_the_licence_file_that_is_there() -> None:
    """The licence is the whole Apache text."""
    assert "Apache License" in (ROOT / "LICENSE").read_text()
