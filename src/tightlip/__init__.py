"""tightlip makes mail servers stop talking about themselves: find, prove, plan, change, verify, keep."""

__version__ = "0.2.0.dev0"
