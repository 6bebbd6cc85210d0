"""Albumen without a window: files, library, inference, analysis. Knows neither Qt nor ``app``."""
