from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.small_shop import DictProducts
from online.full_shop import AMPLE, EVERY_STAGE
from shopkeeper.online import Pipeline


@pytest.fixture
def open_shop():
    """Build a pipeline, every stage as above but those named; closed after the test."""
    opened = []

    def build(
        *,
        products=None,
        config=AMPLE,
        log=None,
        observer=None,
        shop_id="shop",
        artefacts=None,
        **stages,
    ) -> Pipeline:
        pipeline = Pipeline(
            replace(EVERY_STAGE, **stages),
            products or DictProducts(),
            config,
            log=log,
            observer=observer,
            shop_id=shop_id,
            artefacts=artefacts,
        )
        opened.append(pipeline)
        return pipeline

    yield build
    for pipeline in opened:
        pipeline.close()
