"""Opens the store that a URL names."""

from collections.abc import Callable
from datetime import UTC, datetime

from tightlip.model.errors import UsageError
from tightlip.model.observation import Observation
from tightlip.store.contract import Store
from tightlip.store.null_store import NullStore
from tightlip.store.place import Nowhere, SqliteFile, close_to_others, place_of, prepare


def _now() -> datetime:
    return datetime.now(UTC)


def _shows_proven_refusal(observation: Observation) -> bool:
    # Imported here: it is asked once in the life of a store.
    from tightlip.assess.proven_refusal import shows_proven_refusal

    return shows_proven_refusal(observation)


def is_at(store: Store, url: str) -> bool:
    """Whether ``store`` is the one that ``url`` names; a URL that makes no sense names none."""
    try:
        place = place_of(url)
    except UsageError:
        return False
    if isinstance(place, Nowhere):
        return isinstance(store, NullStore)
    if isinstance(place, SqliteFile):
        return store.place == str(place.path)
    from tightlip.store.database import name_of

    return store.place == name_of(place)


def open_store(
    url: str, clock: Callable[[], datetime] = _now, proves: Callable[[Observation], bool] = _shows_proven_refusal
) -> Store:
    """The store at ``url``: ``sqlite:///path`` or a path (made if missing), ``postgresql://…``, or ``none``.

    One of an earlier version is brought to this one; ``proves`` then says which observations really close a finding.
    UsageError where the URL makes no sense; StoreError where the store is damaged, newer, foreign or shut.
    """
    place = place_of(url)
    if isinstance(place, Nowhere):
        return NullStore()
    if isinstance(place, SqliteFile):
        prepare(place.path)
    # SQLAlchemy takes a third of a second to import, which --store none need not pay.
    from tightlip.store.database import connect
    from tightlip.store.revisions import settle
    from tightlip.store.sql_store import SqlStore

    database = connect(place)
    try:
        reopened = settle(database, proves)
    except BaseException:
        database.engine.dispose()
        raise
    if isinstance(place, SqliteFile):
        close_to_others(place.path)
    return SqlStore(database, clock, reopened)
