"""Which products belong to the answer?"""

from shopkeeper.stages.retrieve.encoder import Encoder, EncoderConfig, open_encoder
from shopkeeper.stages.retrieve.hybrid import HybridRetriever
from shopkeeper.stages.retrieve.reranker import HybridReranker

__all__ = ["Encoder", "EncoderConfig", "HybridReranker", "HybridRetriever", "open_encoder"]
