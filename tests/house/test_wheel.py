"""The wheel and the source archive: what they hold, and that the wheel installs and runs (a stage of ./check)."""

import email
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.house.tree import ROOT

SRC = ROOT / "src"
SCHEMAS = ("observation.json", "finding.json", "summary.json", "status.json", "listener.json", "posture.json")


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build both archives outside the checkout, with the pinned build tool and no network."""
    folder = tmp_path_factory.mktemp("dist")
    call([sys.executable, "-P", "-m", "hatchling", "build", "-d", str(folder)])
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> zipfile.ZipFile:
    """Open the one wheel."""
    [path] = dist.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_the_whole_package(wheel: zipfile.ZipFile) -> None:
    """Every file of the package is in it: modules, the typing mark, conversations, templates; and nothing else."""
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert shipped == package_files() | {f"tightlip/schema/{name}" for name in SCHEMAS}


def test_the_wheel_carries_the_licence_and_the_dependencies(wheel: zipfile.ZipFile) -> None:
    """Its metadata asks for what pyproject asks for, and the licence travels with it."""
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    metadata = email.message_from_bytes(wheel.read(name))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert sorted(asked) == sorted(project["dependencies"])
    assert metadata["License-Expression"] == "Apache-2.0"
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())


def test_the_wheel_installs_and_runs(dist: Path, tmp_path: Path) -> None:
    """Installed into an empty environment, `tightlip --version` works from anywhere and says the version."""
    [path] = dist.glob("*.whl")
    call([sys.executable, "-I", "-m", "venv", "--without-pip", str(tmp_path)])
    python = tmp_path / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    call([str(uv), "pip", "install", "-q", "--offline", "--no-deps", "--python", str(python), str(path)])
    lend_dependencies(tmp_path)
    version = call([str(tmp_path / "bin" / "tightlip"), "--version"], cwd=tmp_path).strip()
    assert version.split()[-1] == path.name.split("-")[1]


def test_the_source_archive_builds_the_same_wheel(dist: Path) -> None:
    """It holds the package, its build file, licence and front page, and none of the tests."""
    [path] = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"src/{name}" for name in package_files()} <= names
    assert {f"docs/schema/{name}" for name in SCHEMAS} <= names
    assert {"pyproject.toml", "LICENSE", "README.md"} <= names
    assert [name for name in names if name.startswith(("tests/", "bench/", "."))] == [".gitignore"]


def package_files() -> set[str]:
    """List the package's files as a wheel names them."""
    return {
        path.relative_to(SRC).as_posix()
        for path in SRC.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def lend_dependencies(environment: Path) -> None:
    """Let an environment see the packages of ours, but not the checkout that ours points at."""
    [ours] = {path for path in map(Path, sys.path) if path.name == "site-packages"}
    [theirs] = environment.glob("lib/python3.*/site-packages")
    (theirs / "lent.pth").write_text(f"{ours}\n")


def call(command: list[str], cwd: Path = ROOT) -> str:
    """Run a command to its end and return what it printed; what it complained of goes into the failure."""
    ran = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
