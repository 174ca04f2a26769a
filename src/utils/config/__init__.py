"""The typed config: declared once, merged from files and command line, checked before anything starts."""

from __future__ import annotations

from utils.config.load import Config, load_config
from utils.config.usage import usage_text

__all__ = ["Config", "load_config", "usage_text"]
