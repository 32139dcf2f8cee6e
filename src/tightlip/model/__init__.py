"""The words of the house as frozen values; this room imports nothing of ours."""
