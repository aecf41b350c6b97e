"""Words that tell a name from a sentence, a label or a courtesy, in Indonesian as it is typed and in English."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COURTESIES = _words("""
    eh ehh oh ah hmm hm ok oke okay okey ya iya yaa yap yes sip siap baik halo hallo hai hi hello hey hei pagi
    siang sore malam selamat assalamualaikum assalamu alaikum waalaikumsalam salam permisi maaf mohon sorry maap
    mf mff tolong please thanks thank thx tks terima terimakasih makasih makasi trims trimakasih nuhun suwun you
    dong deh sih nih tuh kok loh lho lah gan sis bro bang kak kaka kakak min admin mimin pak bapak bu ibu mas
    mbak mba om tante bosku guys sir madam maam mr mrs ms sdr sdri yth tn ny well so actually just
""")
"""Dropped at both ends of what may be a name."""

CORRECTIONS = _words("""
    salah ralat koreksi maksud maksudnya maksudku harusnya seharusnya sebenarnya sebenernya bener benar betul
    typo yg yang wrong correction meant mean should be not bukan eh adalah yaitu jadinya tadi
""")
"""Say that something before was wrong; dropped where a name begins."""

OPENERS = _words("""
    saya sy aku ak gue gua gw gwe ane im i'm this is it's its it my ini dengan dgn kenalin perkenalkan atas
    nama namaku name name's namanya itu the and dan serta sama juga with
""")
"""Come before a name when somebody introduces himself."""

BOUNDARIES = _words("""
    mahasiswa mahasiswi mhs maba dosen pegawai karyawan staf staff student lecturer alumni alumnus dari from
    jurusan prodi program fakultas faculty major department departemen unit bagian angkatan kelas semester smt
    lahir kelahiran born umur usia aged tempat tanggal tgl ttl dob birth date nim nip nrp npm nidn nomor no
    number email surel gmail mail e-mail alamat address telp telepon hp wa phone tapi biasa dipanggil panggilan
    alias called dan and dengan serta tinggal asal mau ingin pengen minta di punya anak wali orangtua ortu dgn
""")
"""A name ends where one of these begins."""

_YES_NO = _words("""
    gatau gaktau gtau gatahu gaada gada gamau gakmau gabisa gakbisa gapapa gpp gajelas gausah entah entahlah idk
    dunno yaudah yaudahlah udahlah serius ribet repot lama cepat cepet buruan senin selasa rabu kamis jumat sabtu
    gak ga nggak ngga enggak engga gk g tidak tdk tak bukan jangan jgn belum blm blom udah udh sudah sdh dah
    batal cancel stop gajadi nanti ntar nti besok bentar sebentar dulu lagi lg aja saja ajah cukup skip lewat
    next no nope yes yep nah later wait never mind jadi jd mending males malas capek ogah kapok
""")
_ASKING = _words("""
    apa apakah ap siapa sapa kenapa knp napa mengapa gimana gmn gmana bagaimana bgmn kapan kpn dimana mana
    kemana berapa brp bisa bs bisakah boleh blh emang emangnya memang what why how who when where which can
    could should would do does did is are was were have has must need to for of in on at or if but because
""")
_JOINING = _words("""
    kalau kalo klo klw kl untuk utk buat bwt karena krn karna soalnya tapi tp tetapi atau ato pada ke kpd kepada
    oleh sama sm seperti kayak kyk kek bahwa agar supaya jika bila maka lalu terus trs trus kemudian sambil
    tanpa hanya cuma cuman masih msh pernah selalu sering itu gitu gini begitu begini disini disana sini situ
    sana ada adalah ialah punya milik semua banyak sedikit lebih kurang sangat banget bgt sekali sekarang skrg
    kemarin kmrn kemaren tadi mulai sampai smp sejak selama setiap tiap cara caranya hal soal tentang ttg
    mengenai sesuai rahasia pribadi privasi lain lainnya apaan amat more again back home main all sure safe new
    baru lengkap
""")
_PERSONS = _words("""
    kamu km kmu anda lu lo elu dia ia mereka kita kami kalian orang org orangnya petugas operator cs customer
    service manusia bot robot chatbot asisten human agent staff person you your we they them me saya sy aku gue
    gua gw ayah bapaknya ibunya orangtua anak wali calon tamu umum someone everyone
""")
_DOING = _words("""
    mau mo maw mw ingin pengen pgn pengin minta mnta minat beri berikan bagi kirim krm isi tulis ketik sebut
    sebutkan tanya nanya bertanya tanyakan lupa inget ingat tau tahu ngerti paham bingung pusing coba cb cek
    check liat lihat buka tutup klik pakai pake pk pakek gunakan ambil cari nyari nemu ketemu dapat dapet dpt
    bayar lunas daftar masuk keluar login logout log sign reset ganti ubah ulang ulangi lanjut lanjutkan balik
    kembali tunggu nunggu bantu bantuin bantuan tolongin hubungi hubungkan sambungkan bicara ngomong chat telpon
    jawab dijawab jelaskan urus ngurus error gagal rusak hilang ilang telat terlambat salah benar bener betul
    percaya yakin kesal kecewa marah harus hrs wajib perlu butuh suka kerja kuliah belajar lulus pindah upload
    download save give tell ask send write type know forgot forget remember want talk speak help start begin
    continue change dibantu diganti revisi panggil dipanggil ajukan mengajukan perpanjang pulang makan tidur
    nipu tipu penipuan selesai exit quit close end bye dadah lapor melapor see thing something nothing
""")
_FIELD = _words("""
    ukt krs khs siakad sia wisuda ijazah transkrip skripsi tesis beasiswa jadwal ujian uts uas password pasword
    kata akun account portal wifi kampus universitas univ perpustakaan perpus asrama kos jurusan prodi fakultas
    semester bayaran pembayaran biaya tagihan cicilan cuti magang kkn yudisium legalisir legalisasi pendaftaran
    registrasi surat keterangan dokumen berkas file foto data datanya identitas nomer nomor nim nip nrp npm
    tanggal tgl lahir ttl email surel nama tiket ticket pesan info informasi pengumuman berita aplikasi web
    website link kode otp nilai ipk ip sks dosen mahasiswa mahasiswi mhs maba alumni kartu ktm ktp kk dikti spp
    dpp kipk lab praktikum absen presensi elearning edunex lms number name date birth fee tuition exam schedule
    scholarship graduation library student menu topik bahasa english inggris indonesian biodata formulir form
    syarat persyaratan prosedur alur jalur seleksi snbp snbt utbk mandiri kuota gratis mahal murah uang duit
    bank transfer rekening va atm cicil angsuran denda potongan keringanan penundaan perpanjangan pengajuan
    permohonan keluhan komplain laporan saran kritik masalah kendala problem trouble issue question pertanyaan
    jawaban answer tugas ruang gedung kantor lokasi jam
""")
_NOISE = _words("""
    test tes testing asdf qwerty wkwk wkwkwk haha hahaha hehe hihi xixi lol anjir anjay anjing bangsat goblok
    bego tolol babi kampret tai sialan brengsek fuck shit stupid idiot emoji good morning afternoon evening
    night nice great cool mantap keren curiga stres stress serem cepetan scam hoax
""")

_COMMON = _words("""
    any another some none neither both not very too much many lot only already still yet now here there then
    about with from by this that that's it's don't didn't doesn't can't won't isn't myself yourself his our
    first second third last other option former latter one works worked working tried try fails helped helps helpful
    solved settled wrong clear confused answered reply guest visitor parent applicant prospective nobody anybody
    everybody feel hate let's show print list book take lost found got paid closed open opened
    pertama kedua ketiga keempat terakhir keduanya ketiganya semuanya duanya bawah pilih pilihan opsi nomornya
    jawabannya infonya petugasnya pelayanan pelayanannya terserah teruskan batalkan batalin lupakan abaikan berhenti
    berhasil membantu bermanfaat dicek dipercepat diproses rasanya merasa putus depresi siswa siswi camaba masyarakat
    haloo haii asalamualaikum wassalamualaikum wassalam tengkyu pamit sekian keberatan keterlaluan lelet jelek buruk
    bodoh bajingan sampah ngawur ngaco kontak nangkep ceritain bikinin
""")

NOT_NAMES = _YES_NO | _ASKING | _JOINING | _PERSONS | _DOING | _FIELD | _NOISE | _COMMON
"""A text with one of these is not a name."""

SUBJECTS = _words("""
    teknik informatika sistem informasi manajemen akuntansi hukum kedokteran keperawatan kebidanan farmasi psikologi
    ilmu komunikasi desain arsitektur agribisnis agroteknologi hubungan internasional administrasi bisnis biologi
    fisika kimia matematika statistika geografi geologi geofisika sosiologi antropologi ekonomi pendidikan pertanian
    peternakan kehutanan perikanan elektro sipil mesin industri lingkungan perencanaan wilayah perpajakan perhotelan
    pariwisata gizi computer science information systems engineering informatics economics medicine management
    accounting psychology architecture physics chemistry biology mathematics statistics pharmacy nursing
""")
"""What people study: a name ends where one begins, unless it was said to be a name."""

ORDINARY = _words("""
    bagus indah cantik ganteng tampan sempurna hebat mantul gokil asik asyik lucu senang sedih malu takut ragu sabar
    ikhlas semangat sukses kesal kesel jengkel bete galau gabut mager capek cape lelah ngantuk lapar sakit sehat aman
    nyaman parah payah gila percuma bohong jujur serius setuju mungkin tentu pasti jelas mengerti dimengerti sesuai
    cocok pas silakan silahkan monggo mangga punten ayo yuk mari gas gaskeun hadir gampang mudah susah sulit penting
    rumit haduh aduh waduh astaga ampun alhamdulillah insya insyaallah inshaallah allah amin aamiin subhanallah
    masyaallah hore yay yeay wow wah hah heh uh duh buset kepo hari ini esok lusa minggu pekan bulan tahun depan jam
    menit sendiri kandung perempuan laki pria wanita cowok cewek islam muslim kristen katolik hindu buddha budha jawa
    sunda batak betawi minang melayu sarjana magister doktor diploma rumah sekolah kabar kenal visual luar biasa
    perfect right correct done ready alright awesome fine maybe exactly absolutely agree agreed understood
    yup male female undergraduate postgraduate bachelor master law arts
""")
"""Hardly a name where nothing else is said and nobody called it one; for some it is theirs (Bagus, Indah, Sabar)."""

PLACES = _words("""
    jakarta bandung surabaya semarang yogyakarta jogja jogjakarta medan bogor depok tangerang bekasi malang solo
    surakarta denpasar makassar palembang padang pekanbaru balikpapan banjarmasin pontianak manado cirebon
    tasikmalaya garut sukabumi cimahi jember kediri banyuwangi mataram kupang ambon jayapura samarinda jambi
    bengkulu lampung aceh batam purwokerto magelang tegal pekalongan salatiga madiun probolinggo pasuruan
    sidoarjo gresik karawang purwakarta serang cilegon ternate sorong palu kendari gorontalo indonesia
""")
"""Where people are born: beside a date of birth, not a name."""
