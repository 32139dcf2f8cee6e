"""The parts of carrying a change out: ``workflows/changing.py`` puts them together."""
