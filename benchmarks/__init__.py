"""Measures the figures that the project promises; run as ``python -m benchmarks``."""
