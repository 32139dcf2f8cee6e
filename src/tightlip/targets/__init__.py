"""What to ask and in which order: the target grammar, exclusions, and a walk that a seed reproduces."""
