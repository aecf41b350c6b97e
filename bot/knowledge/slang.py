"""Word lists of the normaliser: general words only, small and curated. What belongs to one institution is learned from
its own templates. Keys are single lower-case tokens; values may be several words."""

from __future__ import annotations


def _table(lines: str) -> dict[str, str]:
    """``formal: informal informal …`` a line, turned round."""
    rows = (line.split(":") for line in lines.strip().splitlines())
    return {word: formal.strip() for formal, informal in rows for word in informal.split()}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in text.split(","))


SLANG: dict[str, dict[str, str]] = {
    "id": _table("""
        tidak: ga gak gk g nggak ngga nggk enggak engga ndak tdk tak tida gag kagak kaga kgk ngak nda
        tidak bisa: gabisa gakbisa gbs gabs gabisaa
        tidak tahu: gatau gtau
        bukan: bkn
        jangan: jgn jngan
        sudah: udh udah sdh dah uda sudh
        belum: blm blom belom blum lom
        bagaimana: gmn gimana gmna bgmn bgmana gimna gimane bagaimna begimana
        mengapa: knp kenapa knapa napa ngapa kenape
        kapan: kpn kapn
        berapa: brp brapa berape
        di mana: dmn dimana dmna
        ke mana: kmn kemana kmna
        siapa: sp sapa siape
        apa: ap apaan
        apakah: apkh apkah
        yang: yg yng yank
        dari: dr dri
        dengan: dgn dg dngn
        untuk: utk untk u/
        pada: pd
        dalam: dlm dalem
        kepada: kpd
        karena: krn karna krna soalnya
        kalau: klo kalo kl klw klau kalu
        tetapi: tp tapi tpi
        atau: ato ataw
        dan: n &
        juga: jg jga
        jadi: jd jdi
        saja: aja aj doang
        lagi: lg lgi
        masih: msh msih
        terus: trs trus mulu
        sama: sm
        seperti: kyk kayak kaya sprti spt
        begini: gini bgini
        begitu: gitu gtu bgitu
        sangat: bgt banget bngt bingits
        sekali: skali
        banyak: byk bnyk
        sedikit: dikit sdkt
        semua: smua smw
        setiap: tiap tiap2
        sampai: smpe sampe smp nyampe smpai
        sekarang: skrg skrang skg
        kemarin: kmrn kemaren kmren
        besok: bsk bsok
        nanti: ntar tar entar nti
        tadi: td tdi
        hari: hr
        minggu: mgg mggu
        bulan: bln
        tahun: thn th tahon
        tanggal: tgl tggl
        jam: jm
        nomor: no nmr nmer nomer
        saya: sy aku gue gw gua ane aq ak sya
        kamu: lu lo loe elu km kmu
        anda: anta
        mereka: mrk
        orang: org orng
        teman: tmn tmen temen
        bisa: bs bsa bisaa isa
        boleh: blh bole
        mau: mw mo pengen pgn pingin kepengen
        harus: hrs kudu hrus musti mesti
        perlu: prlu
        ada: ad
        dapat: dpt dapet dpet
        tahu: tau tw
        lihat: liat lht ngeliat
        pakai: pake pk make
        dipakai: dipake
        cari: nyari
        isi: ngisi ngisiin
        cicil: nyicil
        tunggu: nunggu nungguin
        terbayar: kebayar
        terkunci: kekunci
        terpotong: kepotong
        tertinggal: ketinggalan
        urus: ngurus
        ambil: ngambil
        buat: bikin bkin
        bayar: byr bayr mbayar
        kirim: krm kirm ngirim
        daftar: dftr daptar
        hilang: ilang
        habis: abis abs
        hapus: apus
        masuk: msk masup
        keluar: klr kluar
        ganti: gnti
        ubah: rubah ngubah
        cara: cra gmncara
        tolong: tlg tlong
        mohon: mhn mohn
        maaf: maap mf sori
        terima kasih: makasih mksh makasi mksih trims thx thanks tks tq makasihh terimakasih trimakasih nuhun suwun
        tanya: nanya nany nanyak tny bertanya menanyakan
        informasi: info inpo
        jawab: jwb
        balas: bls bales
        pesan: pesen
        cepat: cepet cpt
        tetap: tetep ttp
        ingat: inget
        datang: dateng dtg
        malam: malem mlm
        memang: emang emg
        menurut: mnrt
        sebelah: sblh
        transfer: tf trf
        rekening: rek norek
        error: eror erorr
        download: donlot dowload
        hp: hape
        perpustakaan: perpus
        dosen pembimbing: dosbing dospem
        bagian: bgian
        tempat: tmpt tmpat
        alamat: almt
        rumah: rmh
        nama: nm nma
        kuliah: kul kulia
        semester: smt smster smstr semster
        mahasiswa: mhs mhsw mahasiswi mhsiswa
        mahasiswa baru: maba
        mata kuliah: matkul makul
        jurusan: jur
        fakultas: fak
        program studi: prodi
        dosen: dsn
        pembayaran: pmbayaran pembayarn
        password: pw pass passwd pwd paswod pasword passwort
        benar: bener bnr
        sebentar: bntr bentar
        langsung: lgsg lsg langsng
        padahal: pdhl
        sebelum: sblm sblum
        setelah: stlh setelh sesudah
        tersebut: tsb tsbt
        tentang: ttg tntg
        misalnya: misal mis
        kira: kira2 kirakira
    """),
    "en": _table("""
        you: u ya yu
        your: ur
        are: r
        please: pls plz plss
        thanks: thx tnx ty thanx
        because: cuz bc coz
        before: b4
        with: w/
        without: w/o
        what is: whats what's
        where is: wheres where's
        how is: hows how's
        who is: whos who's
        when is: whens when's
        it is: it's
        that is: that's thats
        i am: i'm im
        i have: i've ive
        i will: i'll
        i would: i'd
        do not: don't dont
        does not: doesn't doesnt
        did not: didn't didnt
        cannot: can't cant
        could not: couldn't couldnt
        will not: won't wont
        is not: isn't isnt
        are not: aren't arent
        was not: wasn't wasnt
        have not: haven't havent
        has not: hasn't hasnt
        want to: wanna
        going to: gonna
        give me: gimme
        got to: gotta
        know: kno
        information: info
        password: pw pwd passwd
        account: acct acc
        document: doc
        documents: docs
        number: num
        university: uni univ
        application: app
        semester: sem
        message: msg
        tomorrow: tmrw tmr
        today: tdy
        about: abt
        tuition: tution tuiton
    """),
}
"""Informal to formal. A word of the institution's own (see ``normalise.domain_words``) is never looked up here."""

FILLERS: dict[str, frozenset[str]] = {
    "id": _words("""
        min mimin admin kak kakak ka gan agan bang bg abang mas mbak mba sis bro om pak bapak bu ibu bund cuy gaes guys
        ya yah yaa iya dong donk deh sih nih tuh kok loh lho kan toh si yuk aduh duh wah eh oh hmm hm nah
        wkwk wkwkwk haha hehe halo hallo hai hi hello helo hey hei hy p tes test
        assalamualaikum asalamualaikum assalamu alaikum asslamualaikum ass askum wr wb salam
        permisi misi maaf punten mohon tolong silakan ok oke okay baik sip siap
        nya kah lah pun
    """),
    "en": _words("""
        hi hello hey hiya yo dear sir madam admin please kindly thanks thank sorry excuse ok okay well um uh hmm oh
        guys there
    """),
}
"""Words of courtesy and address: they say nothing about the question."""

FILLER_PHRASES: dict[str, frozenset[tuple[str, ...]]] = {
    "id": _phrases("""
        selamat pagi, selamat siang, selamat sore, selamat malam, terima kasih banyak, terima kasih,
        mau tanya, mau tanya soal, mau tanya tentang, saya mau tanya, ingin tanya, saya ingin tanya,
        numpang tanya, izin tanya, ijin tanya, boleh tanya, ada yang tahu, kasih tahu,
        minta informasi, butuh informasi
    """),
    "en": _phrases("""
        good morning, good afternoon, good evening, thank you, i have a question, quick question, just wondering,
        i was wondering, i want to ask, can i ask, may i ask, can you tell me, could you tell me, do you know,
        i would like to know, i want to know, let me know
    """),
}
"""The same in several words, formal."""

SAME: dict[str, dict[str, str]] = {
    "id": {
        "kata sandi": "password",
        "sandi": "password",
        "surel": "email",
        "e-mail": "email",
        "imel": "email",
        "daring": "online",
        "luring": "offline",
        "unduh": "download",
        "mengunduh": "download",
        "unggah": "upload",
        "mengunggah": "upload",
        "gawai": "hp",
        "handphone": "hp",
        "ponsel": "hp",
        "duit": "uang",
        "laman": "website",
        "situs": "website",
        "web": "website",
        "account": "akun",
    },
    "en": {"e-mail": "email", "photo": "photograph", "phone": "telephone", "fees": "fee"},
}
"""Two words for one thing, in matching only; the same on both sides, so nothing is lost where a base keeps them apart
by other words."""

NO_CLITIC = _words("""
    punya tanya hanya masalah sekolah jumlah sejumlah kuliah adalah ialah telah salah setelah sebelah olah istilah
    makalah ijazah langkah berkah nikah menikah wilayah celah pecah ampun himpun maupun walaupun
    meskipun ataupun rupiah kalah mudah hadiah ramah tambah ubah sampah upah
""")
"""Words that only look as if they ended in -nya, -kah, -lah or -pun."""
