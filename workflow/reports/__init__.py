"""Compliance reports as pure functions of claims: what stands in which column, and what it must come to.

Decision: a report sees one claim at a time, so that it can be as long as the store; sums are kept beside it. Nothing
here reads a store, writes a file or knows a format. Authority: trust notes 6. Left out: reports that would need
personal data.
"""
