"""The parts that the description of Exchange is made of: ``products/exchange.py`` puts them together."""
