"""The simulated Visma.net ERP service and its sample companies."""
