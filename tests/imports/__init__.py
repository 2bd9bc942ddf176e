"""Imports: what is read, what it comes to, and that nothing is lost."""
