"""Facts x policy x trust x time -> one report (floor 8).

`inspect` reads a file into facts, `assess` relates them to trust, `judge` applies policy to the resulting
case as a pure function. never-accept.md binds; law numbers stand where they are enforced.
"""
