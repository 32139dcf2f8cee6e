"""How to go on with a run that was cut off: the command finds the run again, wherever it is kept."""

from pathlib import Path
from shlex import split

import pytest

from tests.unit.store.samples import run
from tests.unit.workflows.running import tightlip
from tightlip.model.errors import UsageError
from tightlip.network.messages import EngineSettings
from tightlip.store import NullStore, open_store
from tightlip.store.database import name_of
from tightlip.store.place import Postgres
from tightlip.workflows.authorisation import authorised_scope
from tightlip.workflows.beginning import Sources, begin, read_sources, resume
from tightlip.workflows.judging import judging_closed
from tightlip.workflows.retelling import AGAIN, retell, way_on

COMMAND = "go on with: tightlip scan --resume run-1"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("TIGHTLIP_STORE", raising=False)


class OnAServer(NullStore):
    """A store of which nothing but the place is known."""

    @property
    def place(self) -> str:
        """As a server's store says it."""
        return "postgresql://probe:***@db.example.org/mail"


def test_a_store_of_its_own_is_named(tmp_path: Path) -> None:
    """Quoted for a shell: the command is copied as it stands."""
    place = tmp_path / "my store's.db"
    with open_store(str(place)) as store:
        told = way_on(run(), store)
    assert split(told.removeprefix("go on with: ")) == ["tightlip", "scan", "--resume", "run-1", "--store", str(place)]


def test_the_usual_store_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the embedded file, nor what TIGHTLIP_STORE names."""
    with open_store(str(tmp_path / "tightlip" / "store.db")) as store:
        assert way_on(run(), store) == COMMAND
    monkeypatch.setenv("TIGHTLIP_STORE", str(tmp_path / "named.db"))
    with open_store(str(tmp_path / "named.db")) as store:
        assert way_on(run(), store) == COMMAND


def test_no_password_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server's URL is named without it, and none of its ways to hold one is told."""
    assert way_on(run(), OnAServer()) == f"{COMMAND} --store postgresql://probe@db.example.org/mail"
    monkeypatch.setenv("TIGHTLIP_STORE", "postgresql://probe:secret@db.example.org/mail")
    assert way_on(run(), OnAServer()) == COMMAND
    told = name_of(Postgres("postgresql+psycopg://probe@db.example.org/mail?password=secret&sslmode=require"))
    assert told == "postgresql://probe@db.example.org/mail?sslmode=require"


def test_a_report_of_a_cut_off_run_leads_back_to_its_store(tmp_path: Path) -> None:
    """Told again, or refused as one of another version, with nothing of the command left."""
    place = str(tmp_path / "my store's.db")
    with open_store(place) as store:
        store.begin_run(run(), b"spec")
        assert "--resume" not in retell(store, "run-1").summary().why
    told = tightlip(tmp_path, "report", "--store", place, "--format", "json")
    assert "--store" not in told.out.partition('"summary"')[2].partition('"why"')[2]


def test_a_re_test_of_withdrawn_services_is_not_resumed(tmp_path: Path) -> None:
    """A scan would take for unreachable what was to be closed by it, and end with exit code 0."""
    place = str(tmp_path / "store.db")
    sources = Sources(("127.0.0.1",))
    with open_store(place) as store, read_sources(sources, authorised_scope(())) as (itinerary, wanted):
        engine = EngineSettings(allowed=())
        begun = begin(sources, itinerary, wanted, engine, None, store, judging_closed(()))
        assert way_on(begun.run, store) == AGAIN
        assert retell(store, begun.run.id).summary().why.endswith(AGAIN)
        with pytest.raises(UsageError, match="expected closed services and cannot be resumed"):
            resume("last", store)
