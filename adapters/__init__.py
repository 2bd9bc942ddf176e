"""How the outside is reached: stores, command line, letters out, payments out. Imports ``workflow`` and ``states``."""

if __name__ != "claimdesk.adapters":
    raise ImportError("import claimdesk.adapters, not the bare folder name")
