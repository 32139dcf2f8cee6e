"""The documentation says what the code does, as far as a machine can tell."""
