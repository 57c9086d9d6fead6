"""Listens on a WebSocket until it ends: websocket.py PORT [ID [USER]]. What comes is printed, a
line each.

With the id of a notification it resumes after that one, and marks it as read. The user is `ann`
unless it is said; an empty one is everybody, who marks nothing.
"""

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


async def main(port: str, last: str = "", user: str = "ann") -> None:
    url = f"ws://127.0.0.1:{port}/ws?user_id={user}" + (f"&lastEventId={last}" if last else "")
    async with connect(url, subprotocols=["bloasis.v1"]) as socket:
        print("subprotocol", socket.subprotocol, flush=True)
        print(await socket.recv(), flush=True)
        if last and user:
            await socket.send(
                json.dumps({"type": "acknowledge", "data": {"notificationId": last}}))
        elif user:
            # In pieces.
            await socket.send(['{"type":"subs', 'cribe","data":{}}'])
        try:
            while True:
                print(await socket.recv(), flush=True)
        except ConnectionClosed:
            print("closed", socket.close_code, flush=True)


asyncio.run(main(*sys.argv[1:]))
