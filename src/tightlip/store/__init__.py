"""Runs, observations and findings with their lives, kept: the only room that speaks SQL."""

from tightlip.store.contract import Store
from tightlip.store.null_store import NullStore
from tightlip.store.opening import open_store
from tightlip.store.values import (
    Acceptance,
    Batch,
    Forgotten,
    Judgement,
    Kept,
    KeptEntry,
    KeptFinding,
    KeptRun,
    ResumePoint,
)

__all__ = [
    "Acceptance",
    "Batch",
    "Forgotten",
    "Judgement",
    "Kept",
    "KeptEntry",
    "KeptFinding",
    "KeptRun",
    "NullStore",
    "ResumePoint",
    "Store",
    "open_store",
]
