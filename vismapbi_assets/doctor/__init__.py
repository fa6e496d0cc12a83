"""Asks both ends and our own surroundings, without changing anything there, whether they fit.

Belongs here: questions, what was seen, the verdict and what to do about it. Does not belong here:
repairing, loading, publishing; and how connections work, which the clients know.
"""
