"""Writes the lock files from pyproject.toml: `.venv/bin/python requirements/lock.py [--upgrade]`."""

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent / "pyproject.toml"

# What each lock file holds, in uv's words. A later file keeps the versions of the earlier ones.
LOCKS = {
    "run.txt": ["pyproject.toml"],
    "dev.txt": ["pyproject.toml", "--extra", "dev", "--constraint", "requirements/run.txt"],
    "uv.txt": ["--group", "installer", "--constraint", "requirements/dev.txt"],
}


def main() -> int:
    """Resolve every lock anew; without --upgrade the versions already pinned stay where they can."""
    upgrade = [arg for arg in sys.argv[1:] if arg == "--upgrade"]
    for name, selection in LOCKS.items():
        body = compile_lock(name, [*selection, *upgrade])
        (HERE / name).write_text(header(name, PROJECT.read_text()) + body)
    return 0


def fingerprint(pyproject: str) -> str:
    """Return a sha256 over everything in the text of pyproject.toml that decides what is locked."""
    tables = tomllib.loads(pyproject)
    project = tables["project"]
    asked = {
        "python": project["requires-python"],
        "run": sorted(project["dependencies"]),
        "extras": project["optional-dependencies"],
        "groups": tables["dependency-groups"],
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def header(name: str, pyproject: str) -> str:
    """Return the two comment lines on top of a lock file."""
    return f"# {name}: made by requirements/lock.py, never by hand\n# pyproject {fingerprint(pyproject)}\n"


def compile_lock(name: str, selection: list[str]) -> str:
    """Have uv resolve one lock file for every platform, with hashes and without naming any index."""
    command = [
        *(str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", "--universal"),
        *("--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate"),
        *("--no-emit-index-url", "--no-emit-find-links", "--output-file", f"requirements/{name}"),
        *selection,
    ]
    subprocess.run(command, check=True, cwd=HERE.parent)
    return (HERE / name).read_text()


if __name__ == "__main__":
    sys.exit(main())
