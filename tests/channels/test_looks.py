"""Messages as channels show them: what an editor sees is made by what sends."""

from __future__ import annotations

import pytest

from bot.channels.registry import LOOKS
from bot.channels.whatsapp.look import formatted
from bot.conversation.messages import Button, Outgoing
from bot.conversation.picture import Bubble, Line, Piece


def drawn(text: str) -> list[list[tuple[str, ...]]]:
    """Each line as (words, styles …)."""
    return [[(piece.text, *piece.styles) for piece in line.pieces] for line in formatted(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("bayar *besok* ya", [("bayar ",), ("besok", "bold"), (" ya",)]),
        ("_*dua*_", [("dua", "bold", "italic")]),
        ("~batal~, jadi", [("batal", "strike"), (", jadi",)]),
        ("kode `a*b*`", [("kode ",), ("a*b*", "code")]),
        ("2*3*4 dan a_b_c", [("2*3*4 dan a_b_c",)]),
        ("* bukan tebal*", [("bukan tebal*",)]),
        ("*tidak ditutup", [("*tidak ditutup",)]),
        ("lihat https://a.id/x_y_z.", [("lihat ",), ("https://a.id/x_y_z", "link"), (".",)]),
        ("*https://a.id*", [("https://a.id", "link", "bold")]),
    ],
)
def test_whatsapp_draws_its_signs_at_the_edges_of_words(text: str, pieces: list[tuple[str, ...]]) -> None:
    [line] = drawn(text)
    assert [(words, *sorted(styles, reverse=False)) for words, *styles in line] == [
        (words, *sorted(styles)) for words, *styles in pieces
    ]


def test_whatsapp_draws_lists_quotes_and_code_over_several_lines() -> None:
    lines = formatted("Syarat:\n- *KTM*\n* KRS\n> catatan\n```a\nb```\n")
    assert [line.kind for line in lines] == ["plain", "bullet", "bullet", "quote", "plain", "plain", "plain"]
    assert drawn("```a\nb```") == [[("a", "code")], [("b", "code")]]


def test_no_character_is_lost_but_the_signs() -> None:
    text = "".join(chr(code) for code in range(32, 0x250) if chr(code) not in "*_~`") + " 🙏🏽 x"
    assert "".join(piece.text for line in formatted(text) for piece in line.pieces) == text


def test_telegram_draws_words_between_asterisks_bold_and_no_other_markup() -> None:
    [bubble] = LOOKS["telegram"].draw(Outgoing("a *b*\n- _c_ 2*3*4", (Button("1", "Ya"), Button("2", "Belum"))))
    first, second = (Line((Piece("a "), Piece("b", ("bold",)))), Line((Piece("- _c_ 2*3*4"),)))
    assert bubble == Bubble((first, second), (("Ya", "Belum"),))


def choices(*labels: str) -> tuple[Button, ...]:
    return tuple(Button(str(number), label) for number, label in enumerate(labels))


def test_choices_are_buttons_then_a_list_then_numbers_on_whatsapp() -> None:
    draw = LOOKS["whatsapp"].draw
    [buttons] = draw(Outgoing("Halo", choices("Ya", "Belum")))
    assert (buttons.rows, buttons.menu) == ((("Ya",), ("Belum",)), "")
    [listed] = draw(Outgoing("Halo", choices("Ya", "Belum", "Bayar UKT", "Denda UKT")))
    assert (listed.menu, [title for title, _ in listed.items]) == ("Pilih", ["Ya", "Belum", "Bayar UKT", "Denda UKT"])
    [numbered] = draw(Outgoing("x" * 1025, choices("Ya", "Belum")))
    assert numbered.rows == ()
    assert [line.pieces[0].text for line in numbered.lines[-2:]] == ["1. Ya", "2. Belum"]


def test_telegram_puts_long_labels_below_each_other() -> None:
    [bubble] = LOOKS["telegram"].draw(Outgoing("Halo", choices("Ya", "Belum", "Perpanjang masa studi")))
    assert bubble.rows == (("Ya",), ("Belum",), ("Perpanjang masa studi",))
