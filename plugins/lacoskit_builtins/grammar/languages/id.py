"""Indonesian: its words and its constructions."""

from __future__ import annotations

from typing import ClassVar

from lacoskit_builtins.grammar import inventory as inv
from lacoskit_builtins.grammar.languages._isolating import Isolating
from lacoskit_builtins.grammar.lexicon import Entry, table
from lacoskit_builtins.grammar.realise import Saying, Words
from lacoskit_builtins.grammar.scenes import SOME, Phrase

_NOUNS = """
person: orang; man: pria / lelaki; woman: wanita / perempuan; child: anak; boy: anak_laki-laki; girl: anak_perempuan
baby: bayi; mother: ibu; father: ayah / bapak; grandmother: nenek; grandfather: kakek; teacher: guru; doctor: dokter
nurse: perawat; student: mahasiswa; farmer: petani; soldier: tentara / prajurit; police: polisi
firefighter: petugas_pemadam_kebakaran; worker: pekerja / buruh; cook: koki / juru_masak; waiter: pelayan
tourist: turis / wisatawan; musician: pemusik / musisi; singer: penyanyi; dancer: penari; painter: pelukis
athlete: atlet / olahragawan; footballer: pemain_sepak_bola / pesepak_bola; cyclist: pembalap_sepeda / pesepeda
fisherman: nelayan; driver: sopir / pengemudi; actor: aktor; journalist: wartawan / jurnalis
scientist: ilmuwan / peneliti; photographer: fotografer / juru_foto; animal: hewan / binatang; dog: anjing
puppy: anak_anjing; cat: kucing; kitten: anak_kucing; horse: kuda; cow: sapi; sheep: domba; goat: kambing
monkey: monyet; elephant: gajah; lion: singa; tiger: harimau; bear: beruang; rabbit: kelinci; panda: panda
camel: unta; bird: burung; duck: bebek / itik; chicken: ayam; company: perusahaan; bank: bank
airline: maskapai_penerbangan; newspaper_co: penerbit; government: pemerintah; ministry: kementerian
court: pengadilan; party: partai_berkuasa; opposition: pihak_oposisi; union: serikat_pekerja / serikat_buruh
university: universitas; team: tim_nasional; president: presiden; minister: menteri; mayor: wali_kota
parliament: parlemen; hospital_co: rumah_sakit; army: angkatan_darat; instrument: alat_musik; guitar: gitar
piano: piano; violin: biola; flute: seruling / suling; drum: drum; food: makanan; drink: minuman; fruit: buah
apple: apel; banana: pisang; orange: jeruk; vegetable: sayuran; tomato: tomat; potato: kentang; onion: bawang_bombai
carrot: wortel; bread: roti; rice: nasi; meat: daging; fish_food: ikan; soup: sup; cake: kue; egg: telur; water: air
milk: susu; coffee: kopi; tea: teh; juice: jus; vehicle: kendaraan; car: mobil; truck: truk; bus: bus / bis
bicycle: sepeda; motorcycle: sepeda_motor; boat: perahu; plane: pesawat / pesawat_terbang; train: kereta_api
tractor: traktor; book: buku; newspaper: koran / surat_kabar; letter: surat; magazine: majalah; hat: topi
shirt: kemeja; jacket: jaket; coat: mantel; dress: gaun; door: pintu; window: jendela; box: kotak; bag: tas
basket: keranjang; chair: kursi; table: meja; bed: tempat_tidur / ranjang; sofa: sofa; phone: telepon
computer: komputer; camera: kamera; umbrella: payung; ball: bola; rope: tali; ladder: tangga; wall: tembok / dinding
fence: pagar; house: rumah; bridge: jembatan; tree: pohon; flower: bunga; picture: lukisan; plate: piring
cup: cangkir; toy: mainan; lamp: lampu; clock: jam; stone: batu; disaster: bencana; earthquake: gempa_bumi / gempa
flood: banjir; storm: badai; fire: kebakaran; accident: kecelakaan; explosion: ledakan
plane_crash: kecelakaan_pesawat; train_accident: kecelakaan_kereta_api; attack_event: serangan
landslide: tanah_longsor
"""
# A verb: active, passive.
_VERBS = """
run: berlari; walk: berjalan / berjalan_kaki; jump: melompat / meloncat; crawl: merangkak; fly: terbang
move: bergerak; swim: berenang; surf: berselancar; ski: bermain_ski; skate: bermain_sepatu_roda; sport: berolahraga
football: bermain_sepak_bola; basketball: bermain_bola_basket; tennis: bermain_tenis; chess: bermain_catur
cards: bermain_kartu; sleep: tidur / tertidur; rest: beristirahat; sit: duduk; stand: berdiri; dance: menari
sing: bernyanyi / menyanyi; music: bermain_musik / memainkan_musik; cry: menangis; laugh: tertawa; smile: tersenyum
talk: berbicara / berbincang; shout: berteriak; whisper: berbisik; work: bekerja; study: belajar; shop: berbelanja
fish: memancing; wait: menunggu; yawn: menguap; play: bermain; eat: makan dimakan / memakan dimakan
drink: minum diminum / meminum diminum; play_on: memainkan dimainkan
play_on.guitar: bermain + gitar / memetik + gitar; play_on.piano: bermain + piano
play_on.violin: bermain + biola / menggesek + biola; play_on.flute: meniup + seruling / bermain + suling
play_on.drum: bermain + drum / menabuh + drum; cut: memotong dipotong / mengiris diiris; cook: memasak dimasak
peel: mengupas dikupas; wash: mencuci dicuci; clean: membersihkan dibersihkan; ride: menunggangi ditunggangi
ride.bicycle: naik + sepeda / mengendarai + sepeda
ride.motorcycle: naik + sepeda motor / mengendarai + sepeda motor; ride.horse: menunggang + kuda / naik + kuda
ride.camel: menunggang + unta / naik + unta; ride.elephant: menunggang + gajah / naik + gajah
drive: mengemudikan dikemudikan / mengendarai dikendarai; read: membaca dibaca; write: menulis ditulis
paint: melukis dilukis; paint.wall: mengecat dicat; paint.door: mengecat dicat; paint.fence: mengecat dicat
paint.house: mengecat dicat; draw: menggambar digambar; carry: membawa dibawa; open: membuka dibuka
close: menutup ditutup; buy: membeli dibeli; sell: menjual dijual; throw: melempar dilempar
catch: menangkap ditangkap; repair: memperbaiki diperbaiki; break: memecahkan dipecahkan; break.toy: merusak dirusak
break.chair: merusak dirusak; climb: memanjat dipanjat; push: mendorong didorong; pull: menarik ditarik
build: membangun dibangun; build.boat: membuat dibuat; hold: memegang dipegang
use: menggunakan digunakan / memakai dipakai; plant: menanam ditanam; wear: mengenakan dikenakan / memakai dipakai
touch: menyentuh disentuh; chase: mengejar dikejar; follow: mengikuti diikuti
help: membantu dibantu / menolong ditolong; hug: memeluk dipeluk; kiss: mencium dicium
photograph: memotret dipotret; feed: memberi_makan diberi_makan; greet: menyapa disapa
call_out: memanggil dipanggil; attack: menyerang diserang; watch: mengamati diamati / memperhatikan diperhatikan
bathe: memandikan dimandikan; touch_one: mengelus dielus; look_for: mencari dicari; push_one: mendorong didorong
congratulate: memberi_selamat_kepada diberi_selamat
"""
# A quality: beside a noun, said of a subject.
_QUALITIES = """
young: muda masih_muda tidak_muda; old: tua sudah_tua tidak_tua; happy: yang_bahagia bahagia; sad: yang_sedih sedih
tall: tinggi; short: pendek; big: besar; small: kecil; red: merah berwarna_merah; blue: biru berwarna_biru
green: hijau berwarna_hijau; yellow: kuning berwarna_kuning; black: hitam berwarna_hitam
white: putih berwarna_putih; new: baru masih_baru tidak_baru; worn: tua sudah_tua tidak_tua
opened: yang_terbuka terbuka; closed: yang_tertutup tertutup; full: yang_penuh penuh; empty: kosong
clean_q: yang_bersih bersih; dirty: kotor; dear: yang_mahal mahal; cheap: murah; wet: basah; dry: kering; hot: panas
cold: dingin; heavy: yang_berat berat; light: yang_ringan ringan; tired: yang_lelah lelah; strong: yang_kuat kuat
"""
_PLACES = """
outdoors: di_luar_ruangan; park: di_taman_kota; beach: di_pantai; street: di_jalan; garden: di_kebun / di_halaman
forest: di_hutan; river: di_tepi_sungai; lake: di_tepi_danau; mountain: di_gunung; snow: di_salju
field: di_lapangan / di_ladang; farm: di_peternakan; village: di_desa; stadium: di_stadion; market: di_pasar
bridge_place: di_jembatan; desert: di_gurun / di_padang_pasir; playground: di_taman_bermain
indoors: di_dalam_ruangan; kitchen: di_dapur; school: di_sekolah; station: di_stasiun; hospital: di_rumah_sakit
restaurant: di_restoran; office: di_kantor; bedroom: di_kamar_tidur; library: di_perpustakaan; airport: di_bandara
factory: di_pabrik; shop_place: di_toko; museum: di_museum; gym: di_gimnasium; living_room: di_ruang_tamu
stage: di_atas_panggung / di_panggung; city: di_kota; north: di_daerah_utara; south: di_daerah_selatan
river_in: di_sungai; pool: di_kolam_renang; sea: di_laut; china: di_Tiongkok; france: di_Prancis; spain: di_Spanyol
brazil: di_Brasil; india: di_India; japan: di_Jepang; germany: di_Jerman; italy: di_Italia; mexico: di_Meksiko
egypt: di_Mesir; kenya: di_Kenya; vietnam: di_Vietnam; indonesia: di_Indonesia; russia: di_Rusia; turkey: di_Turki
canada: di_Kanada; portugal: di_Portugal; argentina: di_Argentina; australia: di_Australia
"""
_TIMES = """
morning: pada_pagi_hari / di_pagi_hari; afternoon: pada_siang_hari / di_siang_hari
evening: pada_sore_hari / di_sore_hari; night: pada_malam_hari / di_malam_hari
summer: pada_musim_panas / di_musim_panas; winter: pada_musim_dingin; spring: pada_musim_semi
autumn: pada_musim_gugur; sunday: pada_hari_Minggu; saturday: pada_hari_Sabtu; weekday: pada_hari_kerja
rain_time: di_bawah_hujan / saat_hujan; sun_time: di_bawah_sinar_matahari; n_monday: pada_Senin / hari_Senin
n_tuesday: pada_Selasa / hari_Selasa; n_wednesday: pada_Rabu / hari_Rabu; n_thursday: pada_Kamis / hari_Kamis
n_friday: pada_Jumat / hari_Jumat; last_week: pekan_lalu / minggu_lalu; last_month: bulan_lalu
last_year: tahun_lalu; yesterday: kemarin; january: pada_bulan_Januari; march: pada_bulan_Maret
july: pada_bulan_Juli; october: pada_bulan_Oktober
"""
_MANNERS = """
alone: sendirian / seorang_diri; with_friends: bersama_teman-teman; with_family: bersama_keluarga
quickly: dengan_cepat; slowly: dengan_lambat / perlahan-lahan; quietly: dengan_tenang; loudly: dengan_keras
carefully: dengan_hati-hati / dengan_saksama
"""
_RELATIONS = "on: di_atas; under: di_bawah; behind: di_belakang; before: di_depan; beside: di_samping / di_sebelah"
_QUANTITIES = """
oil_price: harga_minyak; gold_price: harga_emas; food_prices: harga_pangan; house_prices: harga_rumah
exports: ekspor; imports: impor; unemployment: tingkat_pengangguran / angka_pengangguran; inflation: inflasi
sales: penjualan_mobil; profits: laba_perusahaan / keuntungan_perusahaan; shares: saham_perbankan; rents: harga_sewa
wages: upah; taxes: pajak; production: produksi_industri; debt: utang_publik; population: jumlah_penduduk
temperature: suhu_rata-rata; tourism: jumlah_wisatawan; euro: nilai_euro; dollar: nilai_dolar
traffic: volume_lalu_lintas
"""
_CHANGES = """
rise: naik tidak_naik kenaikan / meningkat tidak_meningkat peningkatan
fall: turun tidak_turun penurunan / menurun tidak_menurun penurunan; stable: tetap_stabil tidak_stabil
change: berubah tidak_berubah / mengalami_perubahan tidak_mengalami_perubahan
"""
_OUTCOMES = """
killed: tewas dalam menewaskan / meninggal dalam menewaskan
injured: terluka dalam melukai / luka-luka dalam melukai; rescued: diselamatkan setelah
evacuated: dievakuasi setelah / diungsikan setelah
"""
_DEEDS = """
sign_deal: menandatangani + perjanjian dagang / meneken + perjanjian dagang
refuse_deal: menolak + perjanjian dagang; open_factory: membuka + sebuah pabrik / meresmikan + sebuah pabrik
close_factory: menutup + sebuah pabrik; raise_prices: menaikkan + harga; cut_prices: menurunkan + harga
accept_plan: menerima + rencana itu / menyetujui + rencana itu; reject_plan: menolak + rencana itu
win_election: memenangkan + pemungutan suara; lose_election: kalah + dalam pemungutan suara
win_prize: memenangkan + penghargaan penting / meraih + penghargaan penting
lose_prize: kehilangan + penghargaan penting; buy_land: membeli + tanah; sell_land: menjual + tanah
start_strike: memulai + pemogokan / menggelar + pemogokan
end_strike: mengakhiri + pemogokan / menghentikan + pemogokan
publish_report: menerbitkan + sebuah laporan / merilis + sebuah laporan
hide_report: menyembunyikan + sebuah laporan
cut_jobs: memangkas + seribu lapangan kerja / mengurangi + seribu lapangan kerja
create_jobs: menciptakan + seribu lapangan kerja / membuka + seribu lapangan kerja
start_talks: memulai + perundingan damai
end_talks: mengakhiri + perundingan damai / menghentikan + perundingan damai
build_school: membangun + sebuah sekolah / mendirikan + sebuah sekolah; close_school: menutup + sebuah sekolah
approve_law: mengesahkan + undang-undang baru / mendukung + undang-undang baru
block_law: menghalangi + undang-undang baru; send_aid: mengirim + bantuan pangan / menyalurkan + bantuan pangan
stop_aid: menghentikan + bantuan pangan
"""
_DEALINGS = """
criticise: mengkritik dikritik / mengecam dikecam; support: mendukung didukung
sue: menggugat digugat / menuntut dituntut; praise: memuji dipuji; warn: memperingatkan diperingatkan
deceive: menipu ditipu
"""
_COUNTRIES = """
china: Tiongkok; france: Prancis; spain: Spanyol; brazil: Brasil; india: India; japan: Jepang; germany: Jerman
italy: Italia; mexico: Meksiko; egypt: Mesir; kenya: Kenya; vietnam: Vietnam; indonesia: Indonesia; russia: Rusia
turkey: Turki; canada: Kanada; portugal: Portugal; argentina: Argentina; australia: Australia
"""
_WEATHER = """
raining: sedang_hujan tidak_hujan / hujan_sedang_turun hujan_tidak_turun
snowing: salju_sedang_turun salju_tidak_turun
sunny: cuaca_cerah cuaca_tidak_cerah / matahari_bersinar matahari_tidak_bersinar
windy: angin_bertiup_kencang angin_tidak_bertiup_kencang
cloudy: langit_berawan langit_tidak_berawan / cuaca_berawan cuaca_tidak_berawan
hot_day: cuaca_sangat_panas cuaca_tidak_panas / udara_sangat_panas udara_tidak_panas
cold_day: cuaca_sangat_dingin cuaca_tidak_dingin / udara_sangat_dingin udara_tidak_dingin
stormy: ada_badai_petir tidak_ada_badai_petir
"""
_NUMBERS = ("beberapa", "se", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh")
_PEOPLE, _ANIMALS, _EVENTS = frozenset((*inv.PEOPLE, "baby")), frozenset(inv.ANIMALS), frozenset(inv.EVENTS)


class Indonesian(Isolating):
    """Indonesian: the classifier follows from what a noun names."""

    code = "id"
    not_word = "tidak"
    words = Words(
        nouns=table(_NOUNS), verbs=table(_VERBS), qualities=table(_QUALITIES), places=table(_PLACES),
        times=table(_TIMES), manners=table(_MANNERS), relations=table(_RELATIONS), quantities=table(_QUANTITIES),
        changes=table(_CHANGES), outcomes=table(_OUTCOMES), deeds=table(_DEEDS), dealings=table(_DEALINGS),
        countries=table(_COUNTRIES), weather=table(_WEATHER),
    )  # fmt: skip
    constructions: ClassVar[dict[str, str]] = {
        "act": """
            {S} sedang {V} {O} {M} {P} {T}
            {S} sedang {V} {O} {M} {P} {T}
            {P!}, {S} sedang {V} {O} {M} {T}
            {T!}, {S} sedang {V} {O} {M} {P}
            Ada {S} yang sedang {V} {O} {M} {P} {T}
            {P!} ada {S} yang sedang {V} {O} {M} {T}
            Foto itu menunjukkan {S} yang sedang {V} {O} {M} {P} {T}
            {O!} sedang {F.1} oleh {S} {M} {P} {T}""",
        "act not": """
            {S} tidak {V} {O} {M} {P} {T}
            {S} tidak sedang {V} {O} {M} {P} {T}
            {P!}, {S} tidak {V} {O} {M} {T}
            Ada {S} yang tidak {V} {O} {M} {P} {T}""",
        "duo": """
            {S} sedang {V} {O} {P} {T}
            {O} sedang {F.1} oleh {S} {P} {T}
            Ada {S} yang sedang {V} {O} {P} {T}
            {P!}, {S} sedang {V} {O} {T}
            Foto itu menunjukkan {O} yang sedang {F.1} oleh {S} {P} {T}""",
        "duo not": """
            {S} tidak {V} {O} {P} {T}
            {S} tidak sedang {V} {O} {P} {T}
            {O} tidak {F.1} oleh {S} {P} {T}""",
        "state": """
            {S.the} itu {A}
            {S.the} di foto itu {A}
            Terlihat bahwa {S.the} itu {A}
            ?plain Ada {I} di sini""",
        "state not": """
            {S.the} itu {A.not}
            {S.the} di foto itu {A.not}
            Terlihat bahwa {S.the} itu {A.not}""",
        "locate": """
            {S} berada {P}
            Ada {S} {P}
            {P} ada {S}
            Terlihat {S} {P}""",
        "locate not": """
            {S} tidak berada {P}
            Terlihat bahwa {S} tidak berada {P}""",
        "change": """
            {Q} {P} {F.0} {by} {T}
            {P!}, {Q} {F.0} {by} {T}
            {T!}, {Q} {P} {F.0} {by}
            Menurut data terbaru, {Q} {P} {F.0} {by} {T}
            ?three {Q} {P} mencatat {F.2} sebesar {N!} persen {T}""",
        "change not": """
            {Q} {P} {F.1} {by} {T}
            {T!}, {Q} {P} {F.1} {by}
            Menurut data terbaru, {Q} {P} {F.1} {by} {T}""",
        "toll": """
            {S} {F.0} {F.1} {O} {P} {T}
            {T!}, {S} {F.0} {F.1} {O} {P}
            {P!}, {S} {F.0} {F.1} {O} {T}
            ?three {O} {F.2} {S} {P} {T}
            Pihak berwenang mengatakan {S} {F.0} {F.1} {O} {P} {T}""",
        "toll not": """
            Tidak ada yang {F.0} {F.1} {O} {P} {T}
            {T!}, tidak ada yang {F.0} {F.1} {O} {P}
            Pihak berwenang mengatakan tidak ada yang {F.0} {F.1} {O} {P} {T}""",
        "deed": """
            {S.the} itu {F.0} {tail} {P} {T}
            {T!}, {S.the} itu {F.0} {tail} {P}
            {P!}, {S.the} itu {F.0} {tail} {T}
            Menurut media, {S.the} itu {F.0} {tail} {P} {T}""",
        "deed not": """
            {S.the} itu tidak {F.0} {tail} {P} {T}
            {T!}, {S.the} itu tidak {F.0} {tail} {P}
            Menurut media, {S.the} itu tidak {F.0} {tail} {P} {T}""",
        "dealing": """
            {S.the} itu {F.0} {O.the} tersebut {T}
            {T!}, {S.the} itu {F.0} {O.the} tersebut
            {O.the} tersebut {F.1} oleh {S.the} itu {T}
            {T!}, {O.the} tersebut {F.1} oleh {S.the} itu""",
        "dealing not": """
            {S.the} itu tidak {F.0} {O.the} tersebut {T}
            {O.the} tersebut tidak {F.1} oleh {S.the} itu {T}""",
        "match": """
            {W} mengalahkan {L} {T}
            {W} menang atas {L} {T}
            {L} kalah dari {W} {T}
            {L} dikalahkan oleh {W} {T}
            {W} memenangkan pertandingan melawan {L} {T}
            {T!}, {L} kalah melawan {W}""",
        "weather": """
            {F.0} {P} {T}
            {P!}, {F.0} {T}
            {T!}, {F.0} {P}""",
        "weather not": """
            {F.1} {P} {T}
            {P!}, {F.1} {T}""",
    }

    def noun_phrase(self, entry: Entry, phrase: Phrase, form: str) -> str:
        """A noun as this language builds it; see ``Language.noun_phrase``."""
        name = entry.forms[0]
        if phrase.quality:
            name = f"{name} {self.words.qualities[phrase.quality][0].forms[0]}"
        if form in ("the", "place") or phrase.noun in inv.MASS:
            return name
        person, animal = phrase.noun in _PEOPLE, phrase.noun in _ANIMALS
        if phrase.count == 1:
            if phrase.noun == "person":
                return f"seseorang{name.removeprefix('orang')}"
            return f"{'seorang' if person else 'seekor' if animal else 'sebuah'} {name}"
        measure = "orang" if person else "ekor" if animal else "buah"
        number = _NUMBERS[phrase.count] if phrase.count < len(_NUMBERS) else str(phrase.count)
        if phrase.count == SOME or phrase.noun == "person":
            return f"{number} {name}"
        return f"{number} {measure} {name}"

    def slot_by(self, form: str, saying: Saying) -> str:
        """By how much a quantity changed, in per cent, or nothing."""
        return f"sebesar {saying.scene.amount} persen" if saying.scene.amount else ""
