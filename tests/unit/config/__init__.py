"""The configuration: folders, private files, tightlip.toml and the scope entries."""
