"""Tests of the rules: what each flags, what clears it, and where it stays silent."""
