"""Kills changes at every point there is, and holds what recovery makes of them."""
