"""What people write: short conversations as they come in, for measuring. No text twice in one of them."""

from __future__ import annotations

TALKS: dict[str, tuple[str, ...]] = {
    "fees": (
        "halo kak",
        "min mau nanya dong, ukt telat bayar gmn ya??",
        "ok makasih kak",
        "kalau mau cicil ukt bisa gak ya",
        "siap terima kasih banyak",
    ),
    "login": (
        "ga bisa login siakad dr kmrn 😭",
        "cara reset password siakad gimana",
        "belum bisa juga kak, gimana dong",
        "gak jadi deh",
    ),
    "graduation": (
        "Assalamualaikum kak, mohon info jadwal wisuda",
        "syarat daftar wisuda apa saja ya",
        "oke makasih infonya",
        "toga diambil di mana",
    ),
    "human": (
        "selamat siang",
        "saya mau bicara dengan petugas",
        "nilai praktikum fisika saya kosong padahal sudah ikut semua sesi",
        "batal saja",
        "makasih",
    ),
    "english": (
        "hello",
        "how do I pay my tuition fee",
        "thank you",
        "can I get a student certificate letter",
        "bye",
    ),
    "study": (
        "kapan batas isi krs semester ini",
        "cara ambil cuti akademik gimana kak",
        "status tiket saya gimana kak",
        "info beasiswa dong min",
        "wifi kampus lemot bgt",
    ),
}

QUESTIONS = (
    "min mau nanya dong, ukt telat bayar gmn ya??",
    "cara reset password siakad gimana",
    "syarat daftar wisuda apa saja ya",
    "kapan batas isi krs semester ini",
    "cara ambil cuti akademik gimana kak",
    "info beasiswa dong min",
    "toga diambil di mana",
)
"""Messages that begin nothing longer: each is answered by itself."""
