"""Territories that were read once, kept in a folder and found again in a moment.

`stamps`   what an entry was made from, and whether that is still so
`parts`    a territory's parts as arrays, and back
`entries`  the folder of a territory: reading, writing, cleaning up
"""

from maillage.cache.entries import CacheEntry, find_cache_folder, list_entries

__all__ = ["CacheEntry", "find_cache_folder", "list_entries"]
