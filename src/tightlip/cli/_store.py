"""Which store a command works with; one of an earlier version is brought to this one, and what that changes is said."""

from tightlip.cli._output import say
from tightlip.config.folders import default_store, named_store
from tightlip.model.counting import counted
from tightlip.model.errors import UsageError
from tightlip.store.contract import Store
from tightlip.store.opening import open_store
from tightlip.store.place import NO_STORE, SqliteFile, is_there, place_of


def open_for(option: str | None) -> Store:
    """The store that ``--store`` names, else TIGHTLIP_STORE, else the embedded file in the data folder, to be read.

    UsageError where the named one is not there, or keeps nothing: nobody may conclude that nothing was found.
    """
    url = existing_url(option)
    if url == NO_STORE:
        raise UsageError("with --store none nothing is kept", "leave --store out, or name a store")
    return open_or_make(url)


def open_or_make(option: str | None) -> Store:
    """The same store for a command that writes: a file that is not there is made."""
    store = open_store(store_url(option))
    if store.reopened:
        say(f"tightlip: {reopened_in(store)}")
    return store


def settled_url(option: str | None) -> str:
    """The same store's URL, for a workflow that opens it; a store that is there is of this version afterwards."""
    url = store_url(option)
    if is_there(url):
        open_or_make(url).close()
    return url


def existing_url(option: str | None) -> str:
    """The same store's URL; UsageError where it was named and is a file that is not there."""
    url = store_url(option)
    is_named = option is not None or named_store() is not None
    if is_named and isinstance(place := place_of(url), SqliteFile) and not place.path.exists():
        whose = "--store" if option is not None else "TIGHTLIP_STORE"
        raise UsageError(f"there is no store at {place.path}", f"a scan or an audit with this {whose} makes one")
    return url


def store_url(option: str | None) -> str:
    """What ``open_store`` is to open."""
    return option or default_store()


def reopened_in(store: Store) -> str:
    """What bringing the store to this version did to its findings."""
    many = counted(store.reopened, "finding")
    return f"store upgraded: {many} open again, closed without proof by an earlier version; see tightlip findings"
