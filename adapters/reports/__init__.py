"""Reports as files: read from a store claim by claim, written as CSV, JSON Lines, a ledger or an event log.

Authority: trust notes 6, UX notes 9. Left out: a place to keep them in; whoever asks for a report keeps it.
"""
