"""How does a checkpoint become one ONNX graph?

    python -m shopkeeper.stages.retrieve.export CHECKPOINT ARTEFACTS

The graph maps `input_ids` and `attention_mask`, int64 [batch, sequence], to `vector`, float32
[batch, dimension] of unit rows: pooling, Dense modules and normalisation are inside. It is
accepted only if ONNX Runtime and torch agree on it.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import AutoModel

from shopkeeper.records import CorruptArtefact, ShopkeeperError
from shopkeeper.stages.retrieve.checkpoint import Checkpoint, Dense, read_checkpoint
from shopkeeper.stages.retrieve.graph import GRAPH, graph_name
from shopkeeper.stages.retrieve.session import open_session
from shopkeeper.store.artefact import Artefact, ArtefactWriter
from shopkeeper.store.sealed import JSON

TOLERANCE = 1e-4
"""Largest difference of a component between ONNX Runtime and torch; seen: below 1e-6."""

PROBED = ((1, 1), (1, 5), (2, 2), (5, 64), (17, 11))
"""Shapes [batch, sequence] that they are compared on."""


class TorchEncoder(nn.Module):
    """The checkpoint's modules in a row: (input_ids, attention_mask) → unit vectors."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__()
        self.transformer = AutoModel.from_pretrained(
            checkpoint.transformer,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            attn_implementation="eager",
            dtype=torch.float32,
        )
        self.transformer.config.use_cache = False
        self.pooling = checkpoint.pooling
        self.dense = nn.Sequential(*(_load_dense(dense) for dense in checkpoint.dense))
        self.eval()

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        output = self.transformer(input_ids=input_ids, attention_mask=attention_mask)
        states = output.last_hidden_state
        pooled = torch.cat([pool(mode, states, attention_mask) for mode in self.pooling], dim=-1)
        return nn.functional.normalize(self.dense(pooled), dim=-1)


def pool(mode: str, states: Tensor, mask: Tensor) -> Tensor:
    """One vector [batch, dimension] of the states [batch, sequence, dimension] under the mask.

    Padding is on the right. A mode of `checkpoint.POOLINGS`, as sentence-transformers defines it.
    """
    if mode == "cls":
        return states[:, 0]
    weights = mask.unsqueeze(-1).to(states.dtype)
    if mode == "max":
        return states.masked_fill(weights == 0, float("-inf")).amax(dim=1)
    if mode == "lasttoken":
        last = (mask.sum(dim=1) - 1).view(-1, 1, 1).expand(-1, 1, states.shape[-1])
        return states.gather(1, last).squeeze(1)
    if mode == "weightedmean":
        weights = weights * torch.arange(1, states.shape[1] + 1).view(1, -1, 1)
    total, weight = (states * weights).sum(dim=1), weights.sum(dim=1)
    if mode == "mean_sqrt_len_tokens":
        return total / weight.sqrt()
    assert mode in {"mean", "weightedmean"}, "read_checkpoint lets no other mode pass"
    return total / weight


def export_graph(checkpoint: Checkpoint, artefacts: Path) -> Artefact:
    """Publish the graph as an artefact below `artefacts`.

    Raises:
        ShopkeeperError: the graph's vectors are not those of torch.
    """
    model = TorchEncoder(checkpoint)
    config: dict[str, JSON] = {"checkpoint": checkpoint.digest, "torch": str(torch.__version__)}
    lineage = ("/".join(checkpoint.folder.absolute().parts[-2:]),)
    name = graph_name(checkpoint)
    with ArtefactWriter(artefacts, name, config=config, lineage=lineage) as writer:
        graph = writer.folder / GRAPH
        _trace(model, graph)
        difference = _difference(model, graph, checkpoint.max_tokens)
        if not difference <= TOLERANCE:  # NaN fails too
            raise ShopkeeperError(
                f"ONNX Runtime and torch differ by {difference:.2g}",
                where=str(checkpoint.folder),
                expected=f"≤ {TOLERANCE:g}",
                hint="choose another encoder",
            )
    return writer.artefact


def _load_dense(dense: Dense) -> nn.Module:
    try:
        weights = load_file(dense.folder / "model.safetensors")
        size_out, size_in = weights["linear.weight"].shape
    except (OSError, KeyError, ValueError) as error:
        raise CorruptArtefact(f"Dense module ({error})", where=str(dense.folder)) from error
    linear = nn.Linear(size_in, size_out, bias="linear.bias" in weights)
    linear.load_state_dict({key.removeprefix("linear."): weights[key] for key in weights})
    activation: nn.Module = getattr(nn, dense.activation)()
    return nn.Sequential(linear, activation)


def _trace(model: TorchEncoder, graph: Path) -> None:
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    # Both sizes differ from 0 and 1, which tracing would take for constants.
    example = next(_probes(model, [(3, 7)]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside the exporter
        program = torch.onnx.export(
            model,
            example,
            dynamo=True,
            dynamic_shapes={"input_ids": free, "attention_mask": free},
            input_names=["input_ids", "attention_mask"],
            output_names=["vector"],
            verbose=False,
        )
    assert program is not None, "torch.onnx.export returns a program when dynamo is on"
    program.save(graph, external_data=False)


def _difference(model: TorchEncoder, graph: Path, longest: int | None) -> float:
    """Largest absolute difference of a component, over batches with and without padding."""
    session = open_session(graph)
    shapes = [(batch, min(length, longest or length)) for batch, length in PROBED]
    differences = []
    for ids, mask in _probes(model, shapes):
        with torch.inference_mode():
            expected = model(ids, mask).numpy()
        found = session.run(None, {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})[0]
        differences.append(np.abs(found - expected).max())
    return float(np.max(differences))


def _probes(model: TorchEncoder, shapes: list[tuple[int, int]]) -> Iterator[tuple[Tensor, Tensor]]:
    """Random ids and masks of ragged lengths, for each shape [batch, sequence]."""
    generator = torch.Generator().manual_seed(0)
    words = model.transformer.get_input_embeddings().num_embeddings
    for batch, sequence in shapes:
        ids = torch.randint(0, words, (batch, sequence), generator=generator)
        lengths = torch.randint(1, sequence + 1, (batch, 1), generator=generator)
        lengths[0] = sequence
        yield ids, (torch.arange(sequence) < lengths).to(torch.int64)


def main() -> None:
    checkpoint, artefacts = sys.argv[1:]
    try:
        export_graph(read_checkpoint(Path(checkpoint)), Path(artefacts))
    except ShopkeeperError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
