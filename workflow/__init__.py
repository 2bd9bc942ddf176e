"""What may and must happen: commands, rules, rulebooks, deadlines, money, notices. Imports ``states`` only."""

if __name__ != "claimdesk.workflow":
    raise ImportError("import claimdesk.workflow, not the bare folder name")
