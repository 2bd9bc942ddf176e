"""The command line: one small module a command, loaded when it is asked for.

Authority: contract section 6. Left out: anything that decides; a command reads its words, calls the desk and prints.
"""
