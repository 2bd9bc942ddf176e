"""What a claim is and where it can be: data, lifecycles and their words. Imports nothing of ours."""

if __name__ != "claimdesk.states":
    raise ImportError("import claimdesk.states, not the bare folder name")
