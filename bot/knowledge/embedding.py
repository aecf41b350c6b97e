"""What texts mean, remembered: after a change of the templates only new texts are embedded."""

from __future__ import annotations

import os
import threading
import time
import zipfile
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from bot.knowledge.voices import BATCH, Array, Voice, available

Kind = Literal["question", "answer"]
Text = tuple[Kind, str]


class Embedder:
    """All voices as one: a row holds each voice's part in turn. May be called from any thread.

    ``file``: where rows are kept between runs; without it they live in memory only.
    """

    def __init__(self, voices: Sequence[Voice], file: Path | None = None) -> None:
        self.voices = tuple(voices)
        self.width = sum(voice.width for voice in voices)
        self._file = file
        self._known: dict[bytes, npt.NDArray[np.float16]] = {}
        self._saving = threading.Lock()
        if file is not None:
            self._load(file)

    @classmethod
    def of_this_machine(cls, file: Path | None = None, language: str = "") -> Embedder | None:
        """With the voices for a language that can run here, or those for any; None when there is none."""
        voices = available(language)
        return cls(voices, file) if voices else None

    @staticmethod
    def kept_in(file: Path) -> bool:
        """Whether ``file`` is one that rows were kept in."""
        try:
            with zipfile.ZipFile(file) as packed:
                return set(packed.namelist()) == {"keys.npy", "rows.npy"}
        except (OSError, zipfile.BadZipFile):
            return False

    def parts(self, rows: Array) -> list[Array]:
        """``rows`` by voice."""
        ends = np.cumsum([voice.width for voice in self.voices])[:-1]
        return list(np.split(rows, ends, axis=1))

    def missing(self, texts: Iterable[Text]) -> list[Text]:
        """Those that have not been embedded yet, each once."""
        return [text for text in dict.fromkeys(texts) if self._key(text) not in self._known]

    def many_missing(self, texts: Iterable[Text]) -> bool:
        """Whether embedding them would be felt by somebody who waits."""
        return len(self.missing(texts)) > _AT_ONCE

    def learn(self, texts: Iterable[Text], seconds: float | None = None) -> bool:
        """Embed what is missing, for about ``seconds`` at most; say whether nothing is missing any more."""
        waiting, started = self.missing(texts), time.monotonic()
        # Texts of one length at a time: a batch takes as long as its longest.
        waiting.sort(key=lambda text: (text[0], len(text[1])))
        for at in range(0, len(waiting), BATCH):
            if seconds is not None and at and time.monotonic() - started > seconds:
                return False
            batch = waiting[at : at + BATCH]
            for kind in ("question", "answer"):
                some = [text for text in batch if text[0] == kind]
                if some:
                    rows = self._embed(kind, [text for _, text in some])
                    self._known.update(zip(map(self._key, some), rows.astype(np.float16), strict=True))
        return True

    def rows(self, texts: Sequence[Text]) -> Array:
        """One row a text; embeds what is missing."""
        self.learn(texts)
        if not texts:
            return np.zeros((0, self.width), np.float32)
        return np.stack([self._known[self._key(text)] for text in texts]).astype(np.float32)

    def question(self, text: str) -> Array:
        """One row for a question that somebody asks now; it is not remembered."""
        known = self._known.get(self._key(("question", text)))
        return known[None].astype(np.float32) if known is not None else self._embed("question", [text])

    def keep_only(self, texts: Iterable[Text]) -> None:
        """Forget all other texts, and save the rest where there is a file."""
        keys = {self._key(text) for text in texts}
        self._known = {key: row for key, row in self._known.items() if key in keys}
        self.save()

    def save(self) -> None:
        """Write all rows to the file, if there is one."""
        if self._file is None or not self._known:
            return
        with self._saving:
            known = dict(self._known)
            new = self._file.with_name(f"{self._file.name}.{os.getpid()}")
            with new.open("wb") as out:
                np.savez(out, keys=np.frombuffer(b"".join(known), np.uint8), rows=np.stack(list(known.values())))
            new.replace(self._file)

    def _load(self, file: Path) -> None:
        """What cannot be read is embedded anew."""
        try:
            with file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
                keys, rows = stored["keys"].tobytes(), stored["rows"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return
        if rows.ndim == 2 and rows.shape[1] == self.width and len(keys) == len(rows) * _DIGEST:
            self._known = {keys[at * _DIGEST : (at + 1) * _DIGEST]: row for at, row in enumerate(rows)}

    def _embed(self, kind: Kind, texts: Sequence[str]) -> Array:
        heard = [voice.questions(texts) if kind == "question" else voice.answers(texts) for voice in self.voices]
        return np.hstack(heard)

    def _key(self, text: Text) -> bytes:
        names = ",".join(voice.name for voice in self.voices)
        return blake2b(f"{names}\0{text[0]}\0{text[1]}".encode("utf-8", "ignore"), digest_size=_DIGEST).digest()


_DIGEST = 16
_AT_ONCE = 30
