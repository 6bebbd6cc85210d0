"""Albumen without a window: files, library, inference, analysis. Knows neither Qt nor ``app``."""

import os

# onnxruntime's official builds (from 1.32 on Linux, too) keep a device number and a queue of events
# in the user's cache folder and send them to its maker. Nothing of the kind leaves this program:
# set before onnxruntime is loaded, this keeps both from being made (its Privacy.md says how).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
