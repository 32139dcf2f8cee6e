"""What product plugs make of configurations: postures, edits, commands."""
