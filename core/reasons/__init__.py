"""Measured reasons why a photo may fail as a portrait, apart from any learned score."""
