"""An S3 endpoint in memory: objects, listings, conditional puts, multipart uploads, bulk deletes.

Enough for the clients that the store uses, and strict where the store relies on it: of several
conditional puts of one key exactly one succeeds. Signatures are not checked.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


class Bucket:
    """The objects and open uploads of one bucket."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.lock = threading.Lock()
        self.refused_puts = 0

    async def handle(self, request: Request) -> Response:
        key = request.path_params["key"]
        body = await request.body()
        with self.lock:
            match request.method:
                case "PUT":
                    return self._put(request, key, body)
                case "POST":
                    return self._post(request, key, body)
                case "DELETE":
                    self.objects.pop(key, None)
                    return Response(status_code=204)
            return self._get(request, key) if key else self._list(request)

    def _put(self, request: Request, key: str, body: bytes) -> Response:
        query = request.query_params
        if "uploadId" in query:
            self.uploads[query["uploadId"]][int(query["partNumber"])] = body
            return Response(headers={"ETag": _tag(body)})
        if request.headers.get("if-none-match") == "*" and key in self.objects:
            self.refused_puts += 1
            return _error(412, "PreconditionFailed")
        self.objects[key] = (body, datetime.now(UTC))
        return Response(headers={"ETag": _tag(body)})

    def _post(self, request: Request, key: str, body: bytes) -> Response:
        query = request.query_params
        if "delete" in query:
            keys = re.findall(r"<Key>(.*?)</Key>", body.decode())
            for gone in keys:
                self.objects.pop(gone, None)
            done = "".join(f"<Deleted><Key>{gone}</Key></Deleted>" for gone in keys)
            return _xml(f"<DeleteResult {NAMESPACE}>{done}</DeleteResult>")
        if "uploads" in query:
            upload = uuid.uuid4().hex
            self.uploads[upload] = {}
            return _xml(
                f"<InitiateMultipartUploadResult {NAMESPACE}><Bucket>b</Bucket>"
                f"<Key>{escape(key)}</Key><UploadId>{upload}</UploadId>"
                "</InitiateMultipartUploadResult>"
            )
        parts = self.uploads.pop(query["uploadId"])
        whole = b"".join(parts[number] for number in sorted(parts))
        self.objects[key] = (whole, datetime.now(UTC))
        return _xml(
            f"<CompleteMultipartUploadResult {NAMESPACE}><Key>{escape(key)}</Key>"
            f"<ETag>{escape(_tag(whole))}</ETag></CompleteMultipartUploadResult>"
        )

    def _get(self, request: Request, key: str) -> Response:
        if key not in self.objects:
            return _error(404, "NoSuchKey")
        data, at = self.objects[key]
        headers = {
            "ETag": _tag(data),
            "Last-Modified": format_datetime(at, usegmt=True),
            "Accept-Ranges": "bytes",
        }
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
        if asked:
            first, last = asked.groups()
            start = int(first) if first else max(len(data) - int(last), 0)
            end = min(int(last), len(data) - 1) if first and last else len(data) - 1
            headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
            return Response(data[start : end + 1], 206, headers)
        return Response(data, 200, headers)

    def _list(self, request: Request) -> Response:
        query = request.query_params
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        after = query.get("continuation-token") or query.get("start-after", "")
        limit = int(query.get("max-keys", "7"))
        rows, folders, last, truncated = [], [], "", False
        for key in sorted(k for k in self.objects if k.startswith(prefix) and k > after):
            rest = key.removeprefix(prefix)
            folder = prefix + rest.split(delimiter)[0] + delimiter if delimiter else None
            if folder and delimiter in rest:
                if folder not in folders:
                    folders.append(folder)
                continue
            if len(rows) == limit:
                truncated = True
                break
            data, at = self.objects[key]
            rows.append(
                f"<Contents><Key>{escape(key)}</Key><Size>{len(data)}</Size>"
                f"<LastModified>{at:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
                f"<ETag>{escape(_tag(data))}</ETag></Contents>"
            )
            last = key
        token = f"<NextContinuationToken>{escape(last)}</NextContinuationToken>"
        common = "".join(
            f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>"
            for folder in folders
        )
        return _xml(
            f"<ListBucketResult {NAMESPACE}><Prefix>{escape(prefix)}</Prefix>"
            f"<KeyCount>{len(rows)}</KeyCount><IsTruncated>{str(truncated).lower()}</IsTruncated>"
            f"{token if truncated else ''}{''.join(rows)}{common}</ListBucketResult>"
        )


@contextlib.contextmanager
def running_bucket() -> Iterator[tuple[Bucket, dict[str, str]]]:
    """A bucket named `b` on loopback, and the storage options that lead to it."""
    bucket = Bucket()
    methods = ["GET", "HEAD", "PUT", "POST", "DELETE"]
    app = Starlette(routes=[Route("/b{slash:path}", _routed(bucket), methods=methods)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield (
            bucket,
            {
                "aws_endpoint_url": f"http://127.0.0.1:{port}",
                "aws_access_key_id": "key",
                "aws_secret_access_key": "secret",
                "aws_region": "eu-north-1",
                "aws_allow_http": "true",
            },
        )
    finally:
        server.should_exit = True
        thread.join(10)


def _routed(bucket: Bucket):
    async def route(request: Request) -> Response:
        request.path_params["key"] = request.path_params["slash"].lstrip("/")
        return await bucket.handle(request)

    return route


def _tag(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


def _xml(text: str) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>{text}', media_type="application/xml")


def _error(status: int, code: str) -> Response:
    response = _xml(f"<Error><Code>{code}</Code><Message>{code}</Message></Error>")
    response.status_code = status
    return response
