"""Measurements, never asserted by a test: ratios taken in one run on one machine."""
