"""The rules of the house: floors, quietness, sizes, plugs, words, pins, launcher, wheel."""
