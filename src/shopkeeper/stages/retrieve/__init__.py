"""Which products belong to the answer?"""

from shopkeeper.stages.retrieve.encoder import Encoder, EncoderConfig, open_encoder
from shopkeeper.stages.retrieve.hybrid import HybridRetriever

__all__ = ["Encoder", "EncoderConfig", "HybridRetriever", "open_encoder"]
