"""The parts that the description of Postfix is made of: ``products/postfix.py`` puts them together."""
