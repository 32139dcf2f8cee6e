"""Tests of the target grammar, of overlaps, of the order of asking and of its ledger."""
