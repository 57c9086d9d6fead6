"""Asks once over TLS, says `open`, and keeps the connection until it is ended.

Usage: grpc_hold.py HOST:PORT CA.pem
"""

import pathlib
import sys
import threading

import grpc

CURRENT = "/bloasis.market_regime.MarketRegimeService/GetCurrentRegime"

authorities = grpc.ssl_channel_credentials(pathlib.Path(sys.argv[2]).read_bytes())
with grpc.secure_channel(sys.argv[1], authorities) as channel:
    channel.unary_unary(CURRENT)(b"", timeout=30)
    print("open", flush=True)
    threading.Event().wait()
