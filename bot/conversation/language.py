"""Which language a person writes. Pure; a scored word list of our own.

General detectors have to name a language for "p", a name or a code. Here a word counts only where it belongs to one of
the two languages, so what tells nothing keeps the language the conversation has.
"""

from __future__ import annotations

import re

LOOKED_AT = 1000
"""Characters; what a long text is written in shows at its beginning."""
FEW = 3
"""Among more words that belong to neither language a single likely one (ticket, library) tells nothing."""
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_REPEATED = re.compile(r"(.)\1{2,}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Function words and slang decide; they count twice. Words that both languages have (or that Indonesians use all the
# time: login, error, wifi, update, deadline, status, please) are in neither list.
_SURE: dict[str, frozenset[str]] = {
    "id": _words("""
        yang yg dan atau ato di ke dari dr dengan dgn untuk utk buat pada dalam oleh karena krn karna supaya agar kalau
        kalo klo kl jika bila kapan kpn apa apakah apanya siapa siapakah mana dimana dmn kemana kmn bagaimana gimana gmn
        gmna bgmn berapa brp brapa kenapa knp mengapa ini itu tersebut ada gada gaada tidak tdk gak ga gk nggak ngga
        enggak engga tak bukan bkn belum blm belom sudah sdh udah udh dah masih msh sedang lagi lg akan telah pernah
        saya sy aku gue gw gua kami kita kamu anda kau lu mereka dia nya kah lah pun dong deh sih kok nih tuh loh lho
        kan ya yah iya kak kakak min mimin gan bang pak bapak bu ibu mas mbak mbaknya juga jg saja aja sama sm seperti
        kayak kyk begitu gitu begini gini bisa bs boleh harus hrs mau mw ingin pengen perlu butuh mohon tolong tlg minta
        silakan silahkan terima kasih makasih makasi mksh trims maaf permisi punten misi sampai smpe sampe setelah
        sebelum sblm sejak sekarang skrg kemarin kmrn besok nanti ntar tadi hari semua banyak sangat banget bgt sekali
        lebih paling jangan jgn jd jadi trus terus tp tapi padahal namun tetapi soal tentang mengenai cara caranya
        selamat pagi siang sore malam halo hai assalamualaikum wassalam waalaikumsalam org orang orangnya orgnya mulu
        melulu bgs doang dulu
    """),
    "en": _words("""
        the a an and or of to from with for because if when where who whom whose what which why how is are was were am
        be been being do does did done don't dont doesn't doesnt didn't didnt can't cant cannot couldn't won't isn't
        aren't wasn't i'm im i've ive i'd i'll you your yours you're my mine me we our us they their them he she his her
        it its it's this that these those there here not no none any some have has had having will would shall should
        can could may might must about into onto after before until since but so than then also just still already yet
        again please pls hello hi hey thanks thank sorry yes yeah yep nope good morning afternoon evening night u ur
        want need get got give know tell ask help
    """),
}
_LIKELY: dict[str, frozenset[str]] = {
    "id": _words("""
        kuliah mahasiswa mhs dosen biaya uang bayar pembayaran jadwal ujian nilai ijazah wisuda beasiswa cuti daftar
        pendaftaran kampus kelas semester surat keterangan aktif legalisir perpustakaan perpus buku asrama kamar kunci
        akun sandi kata lupa hilang rusak masuk keluar buka tutup ganti ubah ambil kirim isi cetak unggah unduh syarat
        persyaratan berkas dokumen info informasi pengumuman batas akhir telat terlambat denda petugas keluhan komplain
        tiket lapor laporan pengaduan bantuan bantu tanya nanya bertanya jawab jawaban pertanyaan maksud salah benar
        betul batal batalkan lanjut teruskan tambahkan nama lengkap tanggal lahir alamat nomor saudara anak orangtua tua
        ayah wali calon tamu umum bahasa indonesia inggris jam kerja libur loket kantor bagian baru lama kecewa buruk
        lambat parah membantu terjawab jelas paham ngerti mengerti bingung gagal gabisa nunggu tunggu menunggu dibalas
        balas balasan keduanya pertama kedua ketiga pilihan
    """),
    "en": _words("""
        tuition fee fees pay paid payment student students staff lecturer course courses class classes grade grades
        exam exams schedule graduation diploma scholarship leave absence register registration enrol enroll enrolment
        enrollment letter library book books dorm dormitory room key account forgot forgotten lost broken
        working work works open close closed change get take send submit upload download print requirements required
        documents deadline late fine office hours complain complaint rude slow service ticket reply answer
        question human person agent speak talk connect cancel never mind nevermind forget stop wrong meant mean
        misunderstood helpful solved name full date birth born number parent guest applicant visitor english
        indonesian language report follow reopen another neither first second third waiting wait everything something
        anything nothing someone anyone why
    """),
}
_ENDINGS = re.compile(r"(?:nya|kan|lah|kah)$")
_BEGINNINGS = re.compile(r"^(?:meng|mem|men|ber|ter|peng|pem|pen|nge|ng)[a-z]{4,}")


def detect(text: str, current: str) -> str:
    """``id`` or ``en``; ``current`` when the text does not tell. Never raises."""
    typed = _TOKEN.findall(text[:LOOKED_AT].lower().replace("’", "'"))
    # "iyaaa" is a word, "aaaa" is not the article.
    words = [word for each in typed if len(word := _REPEATED.sub(r"\1", each)) > 1 or len(each) < 3]
    indonesian = sum(_weight(word, "id") for word in words)
    english = sum(_weight(word, "en") for word in words)
    if indonesian == english or (max(indonesian, english) == 1 and len(words) > FEW):
        return current
    other = "id" if indonesian > english else "en"
    # In a mixed text the language of the conversation has the benefit of the doubt.
    mixed = min(indonesian, english) > 0
    return other if abs(indonesian - english) > mixed else current


def _weight(word: str, language: str) -> int:
    if word in _SURE[language]:
        return 2
    if word in _LIKELY[language]:
        return 1
    if language == "id" and len(word) > 5 and (_ENDINGS.search(word) or _BEGINNINGS.search(word)):
        return 1
    return 0
