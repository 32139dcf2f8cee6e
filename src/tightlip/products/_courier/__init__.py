"""The parts that the description of Courier is made of: ``products/courier.py`` puts them together."""
