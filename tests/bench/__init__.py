"""Benchmarks: figures and ratios measured side by side in one run. `python3 run.py bench`."""
