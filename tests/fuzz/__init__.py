"""Bytes of hostile peers, bent at random for as long as there is time: nothing of tightlip's may raise for them.

`./check` gives each entry point a few seconds, `./check long` minutes (TIGHTLIP_FUZZ_SECONDS). The seed is told, and
TIGHTLIP_FUZZ_SEED runs the same cases again.
"""
