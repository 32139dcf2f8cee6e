"""Which store a command works with; one of an earlier version is brought to this one, and what that changes is said."""

from tightlip.cli._output import say
from tightlip.config.folders import default_store
from tightlip.model.counting import counted
from tightlip.model.errors import UsageError
from tightlip.store.contract import Store
from tightlip.store.opening import open_store
from tightlip.store.place import SqliteFile, is_there, place_of


def open_for(option: str | None) -> Store:
    """The store that ``--store`` names, else TIGHTLIP_STORE, else the embedded file in the data folder.

    UsageError where the named one is not there: of a mistyped name nobody may conclude that nothing was found.
    """
    url = store_url(option)
    if option is not None and isinstance(place := place_of(url), SqliteFile) and not place.path.exists():
        raise UsageError(f"there is no store at {place.path}", "a scan or an audit with this --store makes one")
    store = open_store(url)
    if store.reopened:
        say(f"tightlip: {reopened_in(store)}")
    return store


def settled_url(option: str | None) -> str:
    """The same store's URL, for a workflow that opens it; a store that is there is of this version afterwards."""
    url = store_url(option)
    if is_there(url):
        open_for(url).close()
    return url


def store_url(option: str | None) -> str:
    """What ``open_store`` is to open."""
    return option or default_store()


def reopened_in(store: Store) -> str:
    """What bringing the store to this version did to its findings."""
    many = counted(store.reopened, "finding")
    return f"store upgraded: {many} open again, closed without proof by an earlier version; see tightlip findings"
