"""Tests of framing, of the session that holds a dialogue, and of what is asked next."""
