"""Files of an import: what is read, what is written beside it, and the run that goes over both."""
