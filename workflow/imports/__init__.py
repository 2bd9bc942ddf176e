"""Imports that lose nothing: files as other programs write them, read row by row into ordinary commands.

Decision: pure modules, one idea each: which encoding (``encodings``), which records (``tables``), which column means
what (``columns``, ``maps``, ``drafts``), what a value says (``values``), what a row comes to (``claims``, ``rows``),
what is wrong with it (``problems``), and the run itself (``runs``). Nothing is guessed in silence: what has two
readings is refused with a hint, what was read in an unusual way is a warning. Authority: UX notes 6; contract 5.
"""
