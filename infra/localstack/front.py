"""A port of this machine for a deployed API, whose own address is a name below `localhost` that not every machine can resolve.

Passes requests on as they come, and says in `X-Forwarded-…` whom they were sent to, as signatures are over that.
"""

import asyncio
import socket
import sys
import urllib.parse

import aiohttp
from aiohttp import web
from yarl import URL

# Of a connection, not of a message; and what is told anew.
NOT_PASSED_ON = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "te", "upgrade"}
# What the HTTP client would add of its own.
NOT_ADDED = {"accept", "accept-encoding", "content-type", "user-agent"}


def passed_on(headers):
    return [(name, value) for name, value in headers.items() if name.lower() not in NOT_PASSED_ON]


def listen(port):
    """Listens at a port of this machine, so that nobody else does meanwhile."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        sys.exit(f"port {port} can't be listened at: {error.strerror}. Choose another one: PORT=…")
    listening.listen(128)
    return listening


def application(api_url, aws):
    host = urllib.parse.urlsplit(api_url).netloc

    async def forward(request):
        _, _, port = request.host.partition(":")
        told = [("Host", host), ("X-Forwarded-Host", request.host), ("X-Forwarded-Proto", "http")]
        told.append(("X-Forwarded-Port", port or "80"))
        url = URL(f"{aws.scheme}://{aws.netloc}{request.raw_path}", encoded=True)
        sent = {"headers": passed_on(request.headers) + told, "data": await request.read() or None}
        async with request.app["session"].request(request.method, url, allow_redirects=False, **sent) as reply:
            return web.Response(status=reply.status, headers=passed_on(reply.headers), body=await reply.read())

    async def session(app):
        # A request waits for its function, which answers within half a minute or not at all.
        timeout = aiohttp.ClientTimeout(total=60)
        session = aiohttp.ClientSession(timeout=timeout, auto_decompress=False, skip_auto_headers=NOT_ADDED)
        async with session as app["session"]:
            yield

    app = web.Application(client_max_size=0)
    app.cleanup_ctx.append(session)
    app.router.add_route("*", "/{path:.*}", forward)
    return app


def serve(api_url, aws, listening, ready):
    """Serves the API, which is on an AWS at that address, on a listening socket, until the process is told to end."""

    async def tell(_):
        asyncio.get_running_loop().call_soon(ready)

    app = application(api_url, aws)
    app.on_startup.append(tell)
    web.run_app(app, sock=listening, print=None, access_log=None, handle_signals=True)
