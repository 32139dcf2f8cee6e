"""Starting a product beside the running service, with the files that a plan would write, before they are written."""
