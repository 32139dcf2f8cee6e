"""tightlip.toml: what it may say, and one clear line with file and number for everything else."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tightlip.config.settings import Settings, read_settings
from tightlip.model.errors import UsageError
from tightlip.model.run import Authority

GOOD = """# what we may ask
[[scope.allow]]
network = "192.0.2.0/24"
by = "A. Admin, change 4711"
until = 2027-06-30
note = "the mail servers"

[[scope.allow]]
network = "2001:db8::/32"
by = "B. Boss"
until = "2027-01-01T00:00:00Z"
"""


def write(folder: Path, text: str | bytes) -> Path:
    """A settings file."""
    path = folder / "tightlip.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)
    return path


def test_no_file_means_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that lies in the current folder is nobody's business."""
    here = tmp_path / "here"
    here.mkdir()
    write(here, GOOD)
    monkeypatch.chdir(here)
    assert read_settings({"XDG_CONFIG_HOME": str(tmp_path / "config")}) == Settings(None, ())


def test_entries_are_read(tmp_path: Path) -> None:
    """With dates in TOML's form or as text."""
    path = write(tmp_path, GOOD)
    mail = Authority(
        network="192.0.2.0/24",
        by="A. Admin, change 4711",
        until=datetime(2027, 6, 30, 23, 59, 59, tzinfo=UTC),
        note="the mail servers",
    )
    six = Authority(network="2001:db8::/32", by="B. Boss", until=datetime(2027, 1, 1, tzinfo=UTC))
    assert read_settings({"TIGHTLIP_CONFIG": str(path)}) == Settings(path, (mail, six))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[scope\n", r"tightlip\.toml: .*line 1"),
        ("a = 1\n\nb = = 2\n", r"tightlip\.toml: .*line 3"),
        (GOOD.replace("192.0.2.0/24", "192.0.2.1/24"), r"tightlip\.toml, line 2: '192\.0\.2\.1/24' is no network"),
        (GOOD.replace('by = "B. Boss"\n', ""), r"line 8: the entry has no by"),
        (GOOD.replace("note", "nota"), r"line 6: unknown key 'nota'"),
        (GOOD.replace("2027-06-30", "12"), r"line 2: until is no date"),
        ("\n[scope]\ndeny = []\n", r"line 3: unknown key 'deny'"),
        ("\nscope = 5\n", r"line 2: scope is no table"),
        ("\n\n[scope]\nallow = 5\n", r"line 3: scope is no table"),
        ("[scope]\nallow = [5]\n", r"line 2: entry 1 is no table"),
        ('[scope]\nallow = [\n {network="10.0.0.0/8", by="A"},\n]\n', r"line 3: the entry has no until"),
        (b"by = 1\nx = '\xff'\n", r"line 2: not UTF-8"),
        ("x = " + "[" * 5_000, r"tightlip\.toml"),
    ],
)
def test_a_bad_file_is_told_with_its_line(tmp_path: Path, text: str | bytes, complaint: str) -> None:
    """Never a traceback."""
    write(tmp_path, text)
    with pytest.raises(UsageError, match=complaint):
        read_settings({"TIGHTLIP_CONFIG": str(tmp_path / "tightlip.toml")})


def test_the_default_file_is_read_and_tables_of_later_versions_are_left_alone(tmp_path: Path) -> None:
    """From the configuration folder."""
    folder = tmp_path / "tightlip"
    folder.mkdir()
    path = write(folder, '[scan]\nrate = 5\n\n[[scope.allow]]\nnetwork = "10.0.0.0/8"\nby = "A"\nuntil = 2027-01-01\n')
    settings = read_settings({"XDG_CONFIG_HOME": str(tmp_path)})
    assert (settings.path, [entry.network for entry in settings.scope]) == (path, ["10.0.0.0/8"])


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    """Other than the default one."""
    with pytest.raises(UsageError, match="no such file"):
        read_settings({"TIGHTLIP_CONFIG": str(tmp_path / "no.toml")})


def test_a_file_that_everybody_may_write_is_not_trusted(tmp_path: Path) -> None:
    """Anybody could widen the scope with it."""
    write(tmp_path, GOOD).chmod(0o666)
    with pytest.raises(UsageError, match="written by everybody") as told:
        read_settings({"TIGHTLIP_CONFIG": str(tmp_path / "tightlip.toml")})
    assert told.value.hint.startswith("chmod o-w ")


def test_an_endless_or_huge_file_is_refused(tmp_path: Path) -> None:
    """Before it fills the memory."""
    with pytest.raises(UsageError, match="is not a file"):
        read_settings({"TIGHTLIP_CONFIG": "/dev/zero"})
    write(tmp_path, b"#" * (4 << 20) + b"\n")
    with pytest.raises(UsageError, match="larger than 4 MiB"):
        read_settings({"TIGHTLIP_CONFIG": str(tmp_path / "tightlip.toml")})
