"""One lens per grammar; each turns bytes into entries with their places, and raises at nothing."""
