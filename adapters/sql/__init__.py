"""Stores in a database: SQLite in one file, PostgreSQL for many workers."""
