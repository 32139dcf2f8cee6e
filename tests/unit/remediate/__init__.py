"""Tests of plans, approvals and the life of a change."""
