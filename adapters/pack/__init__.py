"""Audit packs: claim files, registers, rulebooks and proofs in one zip that stands alone, and what checks it.

Decision: everything in a pack follows from the store and from what was asked, so that the same input gives the same
bytes; the time of making is not in it. Nothing personal is, unless it was asked for with a purpose.
Authority: trust notes 6, UX notes 7.3, 7.9 and 9.2.
"""
