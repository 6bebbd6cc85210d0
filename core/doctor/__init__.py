"""Looks a library over, says in sentences what is wrong and what would help, and does it if told.

Only derived data is ever dropped; what the user made is kept, set aside, or recovered.
"""

from __future__ import annotations

from core.doctor.examination import Examination, examine
from core.doctor.finding import Finding

__all__ = ["Examination", "Finding", "examine"]
