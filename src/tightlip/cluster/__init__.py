"""LOUD: running one module-level function in other processes, with work streamed in and results streamed out."""
