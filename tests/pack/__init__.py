"""Audit packs: what is in them, that they check themselves in a bare Python, and that every change is named."""
