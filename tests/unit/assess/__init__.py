"""Tests of the verdicts, the scope decision, and how a run closes."""
