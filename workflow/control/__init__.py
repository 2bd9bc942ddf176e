"""Who may do what: roles and authority, second persons, emergencies, changes of the rulebook.

Nothing binds until a deployment switches a control on; from then on it binds for good, in the desk and in the store.
"""
