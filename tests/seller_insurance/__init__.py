"""Helpers and tests of the seller's insurance duty and certificates."""
