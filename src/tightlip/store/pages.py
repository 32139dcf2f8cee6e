"""Long results and long lists of keys, a page at a time."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, Row, Select, tuple_

from tightlip.store.database import Database

T = TypeVar("T")

PAGE = 500
# Keys in one statement; SQLite takes at most 32,766 parameters.
_AT_ONCE = 5_000


def portions(keys: Sequence[T]) -> Iterator[Sequence[T]]:
    """All keys, as many at once as one statement may have."""
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))


def pages(database: Database, wanted: Select[Any], order: tuple[Column[Any], ...]) -> Iterator[list[Row[Any]]]:
    """The rows in ``order``, whose columns are selected and together unique; read on from the last row seen.

    No transaction stays open while somebody renders them.
    """
    ordered = wanted.order_by(*order).limit(PAGE)
    page_query = ordered
    while True:
        with database.reading() as connection:
            page = list(connection.execute(page_query))
        if page:
            yield page
        if len(page) < PAGE:
            return
        last = page[-1]._mapping
        page_query = ordered.where(tuple_(*order) > tuple_(*(last[column] for column in order)))
