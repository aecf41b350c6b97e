"""The language of a message, on lines as people write them."""

from __future__ import annotations

import pytest

from bot.conversation.language import detect

INDONESIAN = """
min mau nanya dong, ukt telat bayar gmn ya??
ga bisa login siakad dr kmrn 😭
Assalamualaikum kak, mohon info jadwal wisuda
gak jadi
bukan itu maksud sy
org nya mana sih, bot mulu
ok makasih kak
halo kak, wifi error terus
kpn krs dibuka?
lupa password email kampus
nilai sy blm kluar pdhl udh 2 minggu
brp biaya ukt teknik informatika
Saya ingin mengajukan cuti akademik semester depan
petugas
mau komplain
tolong dibantu min
kak my siakad is error terus gimana dong
status tiket saya
batalkan
apa kabar
jam buka perpus
tiket saya sampai mana
NIM saya 13526001, nama Budi Santoso, lahir 12 Mei 2004
kok va nya ga muncul
ktm hilang
terima kasih banyak
iyaaa
gausah deh
pelayanannya lambat banget
bisa bahasa inggris?
link zoom nya mana
mohon update data diri saya di portal
login pake akun google bisa ga
masih nunggu
""".strip().splitlines()

ENGLISH = """
how do I pay my tuition?
i can't log in to siakad since yesterday
hello
good morning
thanks a lot
never mind
that's not what i meant
can i talk to a human please
where is the library
my student number is 13526001, Budi Santoso, born 12 May 2004
I forgot my password
what are the requirements for wisuda
is KRS open yet
the wifi in asrama is not working
I want to complain about the service
ticket status
yes please
no thanks
cancel
when is the UAS schedule published
my ukt payment is not verified
i am a parent
who are you
does it answer my question
not yet
please reopen my ticket
the staff was rude to me
neither
i'm still waiting
""".strip().splitlines()

UNSURE = """
ok
aaaaaaa aaaaa
p
oke
👍
😭😭
13526001
CC-2026-000123
Budi Santoso
Siti Rahma Dewi
I Made Adi Wirawan
budi@contoh.id
krs
ukt
wifi
login
12-05-2004
?
...
John Smith
https://siakad.contoh.ac.id
error 500
1
asdfghjkl
test
bot
status
<script>alert(1)</script> TICKET
""".strip().splitlines()


@pytest.mark.parametrize("line", INDONESIAN)
@pytest.mark.parametrize("current", ["id", "en"])
def test_indonesian_is_found_whatever_was_spoken_before(line: str, current: str) -> None:
    assert detect(line, current) == "id"


@pytest.mark.parametrize("line", ENGLISH)
@pytest.mark.parametrize("current", ["id", "en"])
def test_english_is_found_whatever_was_spoken_before(line: str, current: str) -> None:
    assert detect(line, current) == "en"


@pytest.mark.parametrize("line", UNSURE)
@pytest.mark.parametrize("current", ["id", "en"])
def test_what_tells_no_language_keeps_the_conversations(line: str, current: str) -> None:
    assert detect(line, current) == current


@pytest.mark.parametrize("line", ["", " ", "\0", "a" * 10_000, "{" * 2000, "'" * 300, "½²³", "İİİ"])
def test_no_text_is_too_strange(line: str) -> None:
    assert detect(line, "id") in ("id", "en")
