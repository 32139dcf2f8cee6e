"""The parts that the description of Dovecot is made of: ``products/dovecot.py`` puts them together."""
