"""The pages of docs/reference that are made from the code, and the runner of the examples in every page.

One module a kind of page; each has ``pages()``, which gives (path under docs, text).
`tools/docs.py` writes or compares them.
"""
