"""Simulated Visma.net and Power BI over real HTTP, and a sample company group.

Shares no code with the clients.
"""
