"""Unit tests of the dialogues: what they say, what they note, and what no server can do to them."""
