"""Hands the room's fixtures to its tests."""

from tests.unit.store.opened import clock, store

__all__ = ["clock", "store"]
