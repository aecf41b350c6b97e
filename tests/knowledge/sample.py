"""A small invented base, in both languages, and the files it could have come from."""

from __future__ import annotations

from bot.knowledge.snapshot import AnswerTemplate, Snapshot, TemplateWords


def template(key: str, category: str = "umum", audience: str = "public", **words: tuple[str, ...]) -> AnswerTemplate:
    """``words``: by language, the title and then example questions."""
    spoken = {
        language: TemplateWords(title, questions, f"{title}: {language}.")
        for language, (title, *rest) in words.items()
        for questions in [tuple(rest)]
    }
    return AnswerTemplate(key, category, audience, "Pusat Layanan", "Buku Pedoman 2026", spoken)


CAMPUS = Snapshot(
    templates=(
        template(
            "email-ganti",
            "akun",
            id=(
                "Ganti email kampus",
                "Bagaimana cara mengganti alamat email kampus?",
                "Saya ingin mengubah email kampus saya",
                "Email kampus saya salah, bagaimana memperbaikinya?",
                "Bisa ganti email universitas tidak?",
                "Lupa kata sandi email kampus",
            ),
        ),
        template(
            "krs-isi",
            "akademik",
            id=(
                "Isi KRS",
                "Bagaimana cara mengisi KRS?",
                "Kapan batas akhir pengisian KRS?",
                "Saya terlambat isi KRS, harus bagaimana?",
                "Cara menambah mata kuliah di KRS",
                "KRS belum disetujui dosen wali",
            ),
            en=(
                "Course selection",
                "How do I choose my courses for this semester?",
                "When is the deadline for course selection?",
                "I missed the course selection period, what should I do?",
                "Can I add another course to my study plan?",
            ),
        ),
        template(
            "sandi-portal",
            "akun",
            "student",
            id=(
                "Reset sandi portal",
                "Saya lupa kata sandi portal mahasiswa",
                "Bagaimana cara reset password SIAKAD?",
                "Tidak bisa login ke portal karena lupa password",
                "Cara mengganti kata sandi portal",
                "Password portal saya tidak bisa dipakai",
            ),
            en=(
                "Reset password",
                "I forgot my portal password",
                "How do I reset my password?",
                "I cannot log in to the student portal",
                "My password does not work any more",
            ),
        ),
        template(
            "ukt-bayar",
            "keuangan",
            id=(
                "Bayar UKT",
                "Bagaimana cara membayar UKT?",
                "Di mana saya bisa bayar uang kuliah?",
                "Kapan batas akhir pembayaran UKT?",
                "Bayar UKT lewat bank apa saja?",
                "Saya telat bayar UKT, bagaimana?",
            ),
            en=(
                "Pay tuition",
                "How do I pay my tuition fee?",
                "Where can I pay tuition?",
                "When is the deadline for paying tuition?",
                "Which banks can I use to pay the tuition fee?",
            ),
        ),
        template(
            "wisuda-jadwal",
            "akademik",
            id=(
                "Jadwal wisuda",
                "Kapan jadwal wisuda tahun ini?",
                "Mohon info tanggal wisuda",
                "Syarat ikut wisuda apa saja?",
                "Bagaimana cara mendaftar wisuda?",
                "Wisuda periode berikutnya bulan apa?",
            ),
        ),
    ),
    categories={
        "akademik": {"id": "Akademik", "en": "Study"},
        "akun": {"id": "Akun dan TI", "en": "Accounts"},
        "keuangan": {"id": "Keuangan", "en": "Fees"},
    },
    version=7,
)
