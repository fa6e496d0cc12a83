"""Wire forms: how each record looks in the answers of the simulated service."""
