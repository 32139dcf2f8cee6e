"""Tests of the engine against small servers on loopback, and of its parts alone."""
