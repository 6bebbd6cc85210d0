"""The query language of the search box and the command line: words, ``key:value``, ``-not``."""
