"""Configuration text as spans over its own bytes: read by a lens per grammar, changed by splices alone."""
