"""Readers of the files that a territory names, and writers of results."""
