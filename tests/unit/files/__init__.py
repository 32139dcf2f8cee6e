"""The walk to a file, whose it is, and how it is replaced."""
