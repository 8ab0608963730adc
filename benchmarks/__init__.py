"""How fast the explorer is, as ratios measured in one run: ``python -m benchmarks``."""
