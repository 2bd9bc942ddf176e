"""Reports and exports: what they say, and that they come to what the ledger comes to."""
