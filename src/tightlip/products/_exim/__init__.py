"""The parts that the description of Exim is made of: ``products/exim.py`` puts them together."""
