"""Which store a command works with."""

from tightlip.config.folders import default_store
from tightlip.store.contract import Store
from tightlip.store.opening import open_store


def open_for(option: str | None) -> Store:
    """The store that ``--store`` names, else TIGHTLIP_STORE, else the embedded file in the data folder."""
    return open_store(store_url(option))


def store_url(option: str | None) -> str:
    """What ``open_store`` is to open."""
    return option or default_store()
