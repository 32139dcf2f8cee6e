"""LOUD: the user's own folders, private files, the settings file and the scope entries."""
