"""Export the default encoder's graph into a folder, when the image is built."""

from __future__ import annotations

import sys
from pathlib import Path

from shopkeeper.stages.retrieve import EncoderConfig, open_encoder

open_encoder(None, Path(sys.argv[1]), EncoderConfig())
