"""What does it look like? Drawings for products without a picture."""

from __future__ import annotations

from fastapi import APIRouter, Response

from shopkeeper.records import NotFound
from shopkeeper.serve.described import READ, answers
from shopkeeper.serve.picture import picture
from shopkeeper.serve.routes.products import ProductId
from shopkeeper.serve.service import TheService

router = APIRouter(tags=["images"])

SVG = "image/svg+xml"
_DRAWN = {
    "description": "The drawing.",
    "content": {
        SVG: {
            "schema": {"type": "string"},
            "example": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400"/>',
        }
    },
}


@router.get(
    "/images/{id:path}.svg",
    summary="Draw a product",
    response_class=Response,
    responses={**answers(None, 404, *READ), 200: _DRAWN},
)
async def draw_product(id: ProductId, service: TheService) -> Response:
    """A stand-in for the picture that a feed lacks; the same product gives the same drawing."""
    shop = service.shop
    product = await service.reads.run(lambda: shop.catalogue.get(id))
    if product is None:
        raise NotFound("no such product", where=f"product {id}")
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(picture(product, shop.locale), media_type=SVG, headers=headers)
