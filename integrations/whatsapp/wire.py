"""A transport for httpx on aiohttp's connections: a request costs a third of the processor time.

For whole requests and whole answers, as messages are. What matters to a sender is which failures
come before anything was written: those, and only those, are httpx's ConnectError and its kin.
"""

import ssl
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from yarl import URL

# As httpx's own: an idle connection is used again for so long.
_KEPT_SECONDS = 5.0
_OURS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")  # aiohttp adds none


class Wire(httpx.AsyncBaseTransport):
    """At most `connections` at once; a request waits for one no longer than for connecting."""

    def __init__(self, base_url: httpx.URL, context: ssl.SSLContext, connections: int) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=connections, ssl=context, keepalive_timeout=_KEPT_SECONDS
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_OURS,
            auto_decompress=False,
            proxy=_proxy(base_url),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises httpx's errors; redirects are not followed."""
        try:
            async with self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
                data=request.content,
                allow_redirects=False,
                timeout=_timeout(request),
            ) as answer:
                content = await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError) as problem:
            raise httpx.ConnectError(str(problem)) from problem
        except aiohttp.ConnectionTimeoutError as problem:
            raise httpx.ConnectTimeout(str(problem)) from problem
        except aiohttp.ServerTimeoutError as problem:
            raise httpx.ReadTimeout(str(problem)) from problem
        except aiohttp.ClientError as problem:
            raise httpx.ReadError(str(problem)) from problem
        return httpx.Response(answer.status, headers=answer.raw_headers, content=content)

    async def aclose(self) -> None:
        await self._session.close()


def _timeout(request: httpx.Request) -> aiohttp.ClientTimeout:
    seconds = request.extensions["timeout"]
    return aiohttp.ClientTimeout(connect=seconds["connect"], sock_read=seconds["read"])


def _proxy(base_url: httpx.URL) -> str | None:
    """The proxy that the environment names for Meta, looked up once."""
    proxies = getproxies()
    if proxy_bypass(base_url.host):
        return None
    return proxies.get(base_url.scheme) or proxies.get("all")
