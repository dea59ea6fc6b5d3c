#!/bin/sh
# Give the shop the encoder's graph that was exported when the image was built, since there is no
# torch here to export it; wait with serving until there is something to serve; run the command.
set -eu
encoders="${ENCODERS:-/opt/encoders}"
if [ -d "$encoders" ]; then
    mkdir -p "$SHOP/encoders"
    for graph in "$encoders"/*; do
        [ -e "$SHOP/encoders/${graph##*/}" ] || cp -R "$graph" "$SHOP/encoders/"
    done
fi
if [ "${1:-}" = serve ] && [ ! -e "$SHOP/registry.json" ]; then
    trap 'exit 143' TERM INT
    echo "no shop yet; waiting for: shopkeeper ingest FEED --shop $SHOP" >&2
    until [ -e "$SHOP/registry.json" ]; do sleep 1; done
fi
exec shopkeeper "$@"
