"""Where configuration is read and changed: this host, a copied tree; one file each."""
