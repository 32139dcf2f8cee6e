"""The parts that the description of Cyrus is made of: ``products/cyrus.py`` puts them together."""
