"""The commands, one module each; ``catalogue`` says which module holds which."""
