"""Watching over the use log; an auditor meets nothing else."""
