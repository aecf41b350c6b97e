"""A thank-you asks for nothing."""

from __future__ import annotations

import pytest

from bot.conversation.courtesy import asks_for_nothing


@pytest.mark.parametrize(
    "text",
    [
        "Terima kasih banyak, Kak 🙏",
        "makasih min",
        "oke siap, terima kasih infonya",
        "OK",
        "Thank you so much!",
        "noted",
    ],
)
def test_thanks_and_nods_ask_for_nothing(text: str) -> None:
    assert asks_for_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "🙏", "ya", "sudah", "terima kasih, tapi belum bisa masuk", "makasih, kapan selesai?", "ok?",
        "terima kasih 13519001", "siap siap siap siap siap siap siap siap siap siap siap siap siap", "bantuan",
    ],
)  # fmt: skip
def test_whatever_may_want_an_answer_does(text: str) -> None:
    assert not asks_for_nothing(text)
