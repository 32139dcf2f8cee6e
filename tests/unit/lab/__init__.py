"""Talks and the practice lab that plays them."""
