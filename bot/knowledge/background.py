"""What people also say to an assistant, and no template answers: the other side of every example question.

``DISTRACTORS`` are greetings and small talk, which the talk itself deals with; ``EVERYDAY`` are sentences from outside
any care center's field. A base that does answer one of them has its way: see ``matcher``.
"""

from __future__ import annotations

DISTRACTORS: dict[str, tuple[str, ...]] = {
    "id": tuple(
        """halo|selamat pagi kak|assalamualaikum|p|permisi min|hai apa kabar|kamu siapa|kamu robot ya|ini bot atau orang
nama kamu siapa|kamu lagi apa|sudah makan belum|terima kasih banyak|oke siap kak|makasih ya infonya|baik kalau begitu
bukan itu maksud saya|tidak jadi|boleh saya tanya|saya mau tanya dong|ada orang di sana|halo ada yang bisa bantu
kamu pintar sekali|kamu bodoh ya|bot kok tidak nyambung|kenapa lama sekali balasnya|wkwk lucu|selamat ulang tahun
saya bosan|saya sedih hari ini|kamu punya pacar|kamu bisa apa saja|siapa yang membuat kamu|sampai jumpa|selamat malam
tolong jawab dong|saya mau bicara dengan manusia|ya benar|tidak|mantap|sip|tunggu sebentar|coba lagi|maksudnya bagaimana
saya tidak mengerti|kok begitu|serius|semangat ya|aku kangen kamu|cerita lucu dong""".replace("\n", "|").split("|")
    ),
    "en": tuple(
        """hello|good morning|hi there|hey how are you|who are you|are you a robot|is this a bot or a person
what is your name|what are you doing|thank you so much|okay got it|thanks for the info|all right then
that is not what i meant|never mind|can i ask you something|i have a question|is anybody there|can someone help me
you are so smart|you are stupid|this bot makes no sense|why does it take so long to reply|haha funny|happy birthday
i am bored|i feel sad today|do you have a girlfriend|what can you do|who made you|goodbye|good night|please answer me
i want to talk to a human|yes that is right|no|great|cool|wait a moment|try again|what do you mean|i do not understand
really|are you serious|i miss you|tell me something funny""".replace("\n", "|").split("|")
    ),
}

EVERYDAY: dict[str, tuple[str, ...]] = {
    "id": tuple(
        """besok hujan tidak|cuaca di bandung hari ini bagaimana|resep nasi goreng yang enak|cara memasak rendang
siapa yang menang pertandingan tadi malam|skor bola semalam berapa|rekomendasi film yang bagus|lagu yang lagi viral apa
harga emas hari ini berapa|harga iphone terbaru|tiket kereta ke surabaya berapa|jam berapa pesawat ke bali berangkat
rute angkot ke pasar baru|macet tidak di jalan sudirman|bengkel motor terdekat|oli motor sebaiknya ganti kapan
cara merawat kucing anggora|anjing saya tidak mau makan|obat sakit kepala yang aman|dokter gigi yang murah di mana
badan saya demam dari kemarin|cara menurunkan berat badan|olahraga apa yang cocok untuk pemula|gym dekat sini di mana
siapa presiden indonesia sekarang|ibu kota australia apa|berapa hasil 25 kali 17|arti kata serendipity
terjemahkan kalimat ini ke bahasa jepang|kapan lebaran tahun depan|hari libur nasional bulan ini|zodiak saya apa
ramalan bintang minggu ini|cara menanam cabai di pot|pupuk untuk tanaman hias|cat tembok yang bagus merek apa
tukang ledeng yang bisa dipanggil|listrik di rumah mati|token listrik cara isinya|air pdam tidak keluar
cara daftar bpjs kesehatan|perpanjang sim online bagaimana|bayar pajak kendaraan di mana|bikin paspor berapa hari
nomor telepon polisi|lapor kehilangan dompet di mana|cicilan mobil bekas|pinjaman online yang aman|saham apa yang naik
kurs dolar hari ini|cara investasi reksa dana|lowongan kerja barista|gaji programmer berapa|cara membuat cv yang menarik
toko sepatu lagi diskon|ongkir ke medan berapa|paket saya belum sampai|pesanan saya salah kirim|barang bisa retur tidak
voucher gratis ongkir|cara pasang wifi di rumah|kuota internet cepat habis|hp saya layarnya retak|laptop sering panas
game yang seru untuk hp|cara naik level di mobile legends|instagram saya kena hack|cara menghapus akun facebook
download lagu gratis di mana|tempat wisata di jogja|hotel murah dekat pantai|restoran halal di jakarta
kafe yang enak buat nongkrong|kado untuk pacar|cara minta maaf ke teman|saya baru putus cinta|tips wawancara kerja
cara menidurkan bayi|susu formula untuk anak 1 tahun|sekolah tk yang bagus|baju pengantin adat|sewa gedung pernikahan
jadwal bioskop hari ini|konser bulan depan siapa|siapa penulis laskar pelangi|puisi tentang hujan|pantun lucu dong
apa itu lubang hitam|kenapa langit biru|berapa jarak bumi ke bulan|sejarah candi borobudur|dinosaurus punah kapan
rumus luas lingkaran|cara kerja mesin uap|buatkan kode python|masjid terdekat|jadwal salat hari ini|arah kiblat
sewa motor harian|cuci sepatu dekat sini|jual beli rumah di bekasi|kontrakan tiga kamar|jasa pindahan rumah""".replace(
            "\n", "|"
        ).split("|")
    ),
    "en": tuple(
        """will it rain tomorrow|what is the weather in london|a good recipe for fried rice|how do i cook a steak
who won the game last night|what was the football score|recommend a good movie|what song is popular right now
what is the price of gold|how much is the new iphone|train tickets to paris|when does the flight to bali leave
is there traffic on the highway|nearest car repair shop|when should i change my oil|how to take care of a kitten
my dog will not eat|medicine for a headache|cheap dentist near me|i have had a fever since yesterday|how to lose weight
which sport is good for beginners|who is the president of france|what is the capital of australia|what is 25 times 17
what does serendipity mean|translate this sentence into japanese|when is easter next year|what is my star sign
how to grow tomatoes on a balcony|best paint for a wall|i need a plumber|the power went out at home
how do i renew my driving licence|where do i pay my car tax|how long does a passport take|call the police
i lost my wallet in a taxi|used car loans|which stock should i buy|dollar exchange rate today|how to invest in funds
jobs for a barista|how much does a programmer earn|how to write a good cv|shoe shops with a sale|shipping cost to berlin
my parcel has not arrived|you sent me the wrong item|can i return these trousers|free delivery voucher
how to set up wifi at home|my phone screen is cracked|my laptop gets hot|fun games for my phone|my instagram was hacked
where can i stream music for free|places to visit in rome|cheap hotel near the beach|vegetarian restaurants in town
a nice cafe to hang out|a present for my girlfriend|how to apologise to a friend|my boyfriend left me
how to get a baby to sleep|formula milk for toddlers|a good kindergarten|wedding dress shops|rent a hall for a party
what is on at the cinema|concerts next month|who wrote hamlet|a poem about rain|what is a black hole
why is the sky blue|how far is the moon|history of the pyramids|when did dinosaurs die out|area of a circle
how does a steam engine work|write me some python code|set an alarm for six|play some jazz|turn on the lights
what time is it in tokyo|order me a pizza|book a table for two|buy and sell houses|flat with three bedrooms
moving company prices|laundry near me|how to learn the guitar|best running shoes|how to fix a leaking tap""".replace(
            "\n", "|"
        ).split("|")
    ),
}


def background(language: str) -> tuple[str, ...]:
    """All sentences of a language that no template is expected to answer."""
    return DISTRACTORS.get(language, ()) + EVERYDAY.get(language, ())
