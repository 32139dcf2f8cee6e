"""Hosts: this machine and copied trees, hostile ones among them."""
