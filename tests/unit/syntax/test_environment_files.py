"""Files of variables, held to what systemd makes of them (env-file.c; systemd.exec(5), EnvironmentFile)."""

import pytest

from tightlip.syntax.environment_files import variables


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=-c /srv/d.conf  \n", "-c /srv/d.conf"),
        ("  A = x y\n", "x y"),
        ("A='x  ' y\n", "x  y"),
        ('A="a \\"b\\" \\$c \\d"\n', 'a "b" $c \\d'),
        ("A=x \\\n  y\n", "x   y"),
        ("A=it's\n", "it's"),
        ("A=x # y\n", "x # y"),
        ("A=1\nA=2", "2"),
        ("# A=1\n;A=2\nA=\n", ""),
    ],
)
def test_a_value_is_what_systemd_makes_of_it(text: str, value: str) -> None:
    """No shell reads it: blanks part nothing, and a number sign is a comment at the beginning of a line alone."""
    assert variables(text) == {"A": value}


def test_what_is_no_variable_is_passed_over() -> None:
    """An export, and a name that none can have."""
    assert variables("export A=1\n1B=2\nC\nD=3\n") == {"D": "3"}


def test_a_quote_that_is_not_closed_leaves_nothing_known() -> None:
    """It goes on to the end of the file, and what follows is no variable."""
    assert variables("A='x\nB=2\n") is None
