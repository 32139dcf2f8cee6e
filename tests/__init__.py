"""The tests; `tests.house` keeps the rules of the house itself."""
