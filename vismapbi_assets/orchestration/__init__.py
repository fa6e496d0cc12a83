"""Dagster only, and thin: assets, checks, partitions, jobs, schedules, sensors, resources."""
