"""Forms that bring files along, read within limits; what is larger than memory should hold waits on the disk."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import BinaryIO

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from bot.storage.disk import MOST_FILES

Uploads = Sequence[tuple[str, BinaryIO]]
"""By (name, bytes)."""


class TooLarge(Exception):
    """A form beyond its limits, or one that cannot be read."""


def brings_files(request: Request) -> bool:
    """Whether it is a form of that kind."""
    return request.headers.get("content-type", "").startswith("multipart/form-data")


@asynccontextmanager
async def uploaded(
    request: Request, largest_form: int, largest_file: int
) -> AsyncIterator[tuple[Mapping[str, str], Uploads]]:
    """The form's fields, trimmed of NULs, and its files, for the block. ``largest_form``: bytes of all fields;
    ``largest_file``: of each file, as far as the sum tells. Raises TooLarge."""
    most = largest_form + MOST_FILES * largest_file

    async def limited() -> AsyncGenerator[bytes, None]:
        size = 0
        async for chunk in request.stream():
            if (size := size + len(chunk)) > most:
                raise TooLarge
            yield chunk

    parser = MultiPartParser(
        request.headers, limited(), max_files=4 * MOST_FILES, max_fields=200, max_part_size=largest_form
    )
    try:
        parsed = await parser.parse()
    except MultiPartException as error:
        raise TooLarge from error
    try:
        fields = [(name, value) for name, value in parsed.multi_items() if isinstance(value, str)]
        files = [value for _, value in parsed.multi_items() if isinstance(value, UploadFile)]
        # Of a field in which nothing was chosen browsers send a file without a name.
        chosen = [(file.filename or "", file.file) for file in files if file.filename or file.size]
        yield {name: value.replace("\0", "") for name, value in fields}, chosen
    finally:
        await parsed.close()
