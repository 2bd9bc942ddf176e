"""The programmes: each a lifecycle, a rulebook and rules. Found by folder, so adding one edits nothing else."""
