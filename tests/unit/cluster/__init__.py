"""Tests of the frames between processes and of the pool of workers."""
