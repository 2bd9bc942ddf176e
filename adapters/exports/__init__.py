"""Claims, sellers, certificates and the ledger as files: for spreadsheets, for other programs, and to be filed again.

Reports answer a question and carry a footer (``adapters/reports``); an export is the data, with a sidecar beside it.
"""
