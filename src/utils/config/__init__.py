"""The typed config: declared once, merged from files and command line, checked before anything starts.

Imports no torch, so that a wrong call is answered at once.
"""

from __future__ import annotations

from utils.config.files import CONFIG_DIR, available
from utils.config.identity import config_hash
from utils.config.load import Config, load_config
from utils.config.usage import usage_text

__all__ = ["CONFIG_DIR", "Config", "available", "config_hash", "load_config", "usage_text"]
