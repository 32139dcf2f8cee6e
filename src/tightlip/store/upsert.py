"""Inserts a row, or replaces the one with the same primary key, in either database's words."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from tightlip.store.database import Database


def upsert(database: Database, table: Table) -> str:
    """The compiled statement, for rows that hold all columns in the table's order."""
    insert = postgresql.insert(table) if database.dialect == "postgresql" else sqlite.insert(table)
    fresh = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
    statement = insert.on_conflict_do_update(index_elements=table.primary_key, set_=fresh)
    return database.compiled(statement, tuple(column.name for column in table.columns))
