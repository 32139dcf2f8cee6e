"""Reads long results a page at a time, so that no transaction stays open while somebody renders them."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Row, Select, tuple_

from tightlip.store.database import Database

PAGE = 500


def pages(database: Database, wanted: Select[Any], order: tuple[Column[Any], ...]) -> Iterator[list[Row[Any]]]:
    """The rows in ``order``, whose columns are selected and together unique; read on from the last row seen."""
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
