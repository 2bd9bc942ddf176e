"""Words for people: catalogues (TOML) and letters (Jinja2), in English and Simplified Chinese.

Both languages come from the same codes and values; neither is a translation of the other's finished text.
Left out: labels of pages and commands, which live with the pages and commands.
"""
