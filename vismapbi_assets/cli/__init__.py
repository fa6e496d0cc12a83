"""The vismapbi command.

Each module is one command group; the work is done by the packages below.
"""
