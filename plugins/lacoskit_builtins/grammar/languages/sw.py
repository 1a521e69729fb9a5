"""Swahili: its words and its constructions."""

from __future__ import annotations

from typing import ClassVar

from lacoskit_builtins.grammar import inventory as inv
from lacoskit_builtins.grammar.lexicon import Entry, table
from lacoskit_builtins.grammar.realise import Language, Saying, Words
from lacoskit_builtins.grammar.scenes import SOME, Phrase

# A noun: class (by its singular), singular, plural.  Whatever lives agrees in classes 1 and 2, whatever its own class.
_NOUNS = """
person: 1 mtu watu; man: 1 mwanamume wanaume / 1 mwanaume wanaume; woman: 1 mwanamke wanawake; child: 1 mtoto watoto
boy: 1 mvulana wavulana; girl: 1 msichana wasichana; baby: 1 mtoto_mchanga watoto_wachanga; mother: 9 mama mama
father: 9 baba baba; grandmother: 9 bibi bibi / 9 nyanya nyanya; grandfather: 9 babu babu; teacher: 1 mwalimu walimu
doctor: 5 daktari madaktari / 5 tabibu matabibu; nurse: 1 muuguzi wauguzi / 9 nesi manesi
student: 1 mwanafunzi wanafunzi; farmer: 1 mkulima wakulima
soldier: 5 askari_jeshi askari_jeshi / 1 mwanajeshi wanajeshi
police: 5 polisi polisi / 9 afisa_wa_polisi maafisa_wa_polisi; firefighter: 1 mzimamoto wazimamoto
worker: 1 mfanyakazi wafanyakazi; cook: 1 mpishi wapishi; waiter: 1 mhudumu wahudumu; tourist: 1 mtalii watalii
musician: 1 mwanamuziki wanamuziki; singer: 1 mwimbaji waimbaji; dancer: 1 mchezaji_ngoma wachezaji_ngoma
painter: 1 mchoraji wachoraji; athlete: 1 mwanariadha wanariadha
footballer: 1 mwanasoka wanasoka / 1 mchezaji_wa_soka wachezaji_wa_soka
cyclist: 1 mwendesha_baiskeli waendesha_baiskeli; fisherman: 1 mvuvi wavuvi; driver: 5 dereva madereva
actor: 1 mwigizaji waigizaji; journalist: 1 mwandishi_wa_habari waandishi_wa_habari / 1 mwanahabari wanahabari
scientist: 1 mwanasayansi wanasayansi; photographer: 1 mpiga_picha wapiga_picha; animal: 1 mnyama wanyama
dog: 9 mbwa mbwa; puppy: 1 mtoto_wa_mbwa watoto_wa_mbwa; cat: 9 paka paka; kitten: 1 mtoto_wa_paka watoto_wa_paka
horse: 9 farasi farasi; cow: 9 ng'ombe ng'ombe; sheep: 9 kondoo kondoo; goat: 9 mbuzi mbuzi; monkey: 9 nyani nyani
elephant: 9 tembo tembo / 9 ndovu ndovu; lion: 9 simba simba; tiger: 9 simbamarara simbamarara; bear: 9 dubu dubu
rabbit: 9 sungura sungura; panda: 9 panda panda; camel: 9 ngamia ngamia; bird: 9 ndege ndege; duck: 5 bata mabata
chicken: 9 kuku kuku; company: 9 kampuni kampuni; bank: 9 benki benki
airline: 5 shirika_la_ndege mashirika_ya_ndege; newspaper_co: 5 shirika_la_uchapishaji mashirika_ya_uchapishaji
government: 9 serikali serikali; ministry: 9 wizara wizara; court: 9 mahakama mahakama
party: 7 chama_tawala vyama_tawala; opposition: 11 upinzani upinzani
union: 7 chama_cha_wafanyakazi vyama_vya_wafanyakazi; university: 7 chuo_kikuu vyuo_vikuu
team: 9 timu_ya_taifa timu_za_taifa; president: 1 rais marais; minister: 1 waziri mawaziri; mayor: 1 meya mameya
parliament: 5 bunge mabunge; hospital_co: 9 hospitali hospitali; army: 5 jeshi majeshi
instrument: 7 chombo_cha_muziki vyombo_vya_muziki / 9 ala_ya_muziki ala_za_muziki; guitar: 5 gitaa magitaa
piano: 9 piano piano; violin: 9 fidla fidla; flute: 9 filimbi filimbi; drum: 9 ngoma ngoma; food: 7 chakula vyakula
drink: 7 kinywaji vinywaji; fruit: 5 tunda matunda; apple: 5 tufaha matufaha; banana: 9 ndizi ndizi
orange: 5 chungwa machungwa; vegetable: 9 mboga mboga; tomato: 9 nyanya nyanya; potato: 7 kiazi viazi
onion: 7 kitunguu vitunguu; carrot: 9 karoti karoti; bread: 3 mkate mikate; rice: 11 wali wali; meat: 9 nyama nyama
fish_food: 9 samaki samaki; soup: 9 supu supu; cake: 9 keki keki; egg: 5 yai mayai; water: 6 maji maji
milk: 6 maziwa maziwa; coffee: 9 kahawa kahawa; tea: 9 chai chai; juice: 9 juisi juisi
vehicle: 7 chombo_cha_usafiri vyombo_vya_usafiri; car: 5 gari magari; truck: 5 lori malori; bus: 5 basi mabasi
bicycle: 9 baiskeli baiskeli; motorcycle: 9 pikipiki pikipiki; boat: 9 mashua mashua
plane: 9 ndege_ya_abiria ndege_za_abiria; train: 9 treni treni / 5 gari_moshi magari_moshi; tractor: 9 trekta trekta
book: 7 kitabu vitabu; newspaper: 5 gazeti magazeti; letter: 9 barua barua; magazine: 5 jarida majarida
hat: 9 kofia kofia; shirt: 5 shati mashati; jacket: 5 jaketi majaketi; coat: 5 koti makoti
dress: 5 gauni magauni / 9 rinda rinda; door: 3 mlango milango; window: 5 dirisha madirisha
box: 5 sanduku masanduku / 9 kasha kasha; bag: 3 mfuko mifuko / 3 mkoba mikoba; basket: 7 kikapu vikapu
chair: 7 kiti viti; table: 9 meza meza; bed: 7 kitanda vitanda; sofa: 5 kochi makochi / 9 sofa sofa
phone: 9 simu simu; computer: 9 kompyuta kompyuta / 9 tarakilishi tarakilishi; camera: 9 kamera kamera
umbrella: 3 mwavuli miavuli; ball: 3 mpira mipira; rope: 9 kamba kamba; ladder: 9 ngazi ngazi; wall: 11 ukuta kuta
fence: 11 uzio nyua; house: 9 nyumba nyumba; bridge: 5 daraja madaraja; tree: 3 mti miti; flower: 5 ua maua
picture: 9 picha picha; plate: 9 sahani sahani; cup: 7 kikombe vikombe; toy: 7 kichezeo vichezeo; lamp: 9 taa taa
clock: 9 saa saa; stone: 5 jiwe mawe; disaster: 5 janga majanga / 9 maafa maafa
earthquake: 5 tetemeko_la_ardhi matetemeko_ya_ardhi; flood: 6 mafuriko mafuriko; storm: 9 dhoruba dhoruba
fire: 3 moto mioto; accident: 9 ajali ajali; explosion: 3 mlipuko milipuko
plane_crash: 9 ajali_ya_ndege ajali_za_ndege; train_accident: 9 ajali_ya_treni ajali_za_treni
attack_event: 5 shambulio mashambulio; landslide: 6 maporomoko_ya_ardhi maporomoko_ya_ardhi
"""
# A verb: stem, passive stem.
_VERBS = """
run: kimbia; walk: tembea; jump: ruka; crawl: tambaa; fly: paa + angani / ruka + angani; move: sogea / jongea
swim: ogelea; surf: teleza + kwenye mawimbi; ski: teleza + kwenye theluji; skate: teleza + kwa viatu vya magurudumu
sport: fanya + mazoezi; football: cheza + mpira wa miguu / cheza + kandanda; basketball: cheza + mpira wa kikapu
tennis: cheza + tenisi; chess: cheza + sataranji; cards: cheza + karata; sleep: lala; rest: pumzika; sit: keti / kaa
stand: simama; dance: cheza + dansi; sing: imba / imba + wimbo; music: piga + muziki; cry: lia; laugh: cheka
smile: tabasamu; talk: zungumza / ongea; shout: piga + kelele; whisper: nong'ona; work: fanya + kazi
study: soma + masomo; shop: fanya + ununuzi; fish: vua + samaki; wait: subiri / ngoja; yawn: piga + miayo
play: cheza; eat: kula liwa; drink: kunywa nywewa; play_on: piga pigwa; cut: kata katwa; cook: pika pikwa
peel: menya menywa; wash: osha oshwa; wash.shirt: fua fuliwa; wash.dress: fua fuliwa; clean: safisha safishwa
ride: endesha endeshwa; ride.horse: panda + farasi; ride.camel: panda + ngamia; ride.elephant: panda + tembo
drive: endesha endeshwa; read: soma somwa; write: andika andikwa; paint: paka + rangi; paint.picture: chora chorwa
draw: chora chorwa; carry: beba bebwa; open: fungua funguliwa; close: funga fungwa; buy: nunua nunuliwa
sell: uza uzwa; throw: rusha rushwa / tupa tupwa; catch: daka dakwa
repair: tengeneza tengenezwa / rekebisha rekebishwa; break: vunja vunjwa; climb: kwea kwewa; push: sukuma sukumwa
pull: vuta vutwa; build: jenga jengwa; build.boat: unda undwa; hold: shika shikwa / shikilia shikiliwa
use: tumia tumiwa; plant: panda pandwa / otesha oteshwa; wear: vaa; touch: gusa guswa
chase: fukuza fukuzwa / kimbiza kimbizwa; follow: fuata fuatwa; help: saidia saidiwa; hug: kumbatia kumbatiwa
kiss: busu busiwa; photograph: piga pigwa + picha; feed: lisha lishwa; greet: salimia salimiwa; call_out: ita itwa
attack: shambulia shambuliwa / vamia vamiwa; watch: tazama tazamwa / angalia angaliwa
bathe: ogesha ogeshwa / osha oshwa; touch_one: gusa guswa / papasa papaswa; look_for: tafuta tafutwa
push_one: sukuma sukumwa; congratulate: pongeza pongezwa
"""
# A quality: a stem in -, which takes a prefix, with its form in classes 9 and 10; behind =, singular and plural as they
# stand; behind ~, what follows the connective; behind *, the stem of a verb that says the state; else invariable.
_QUALITIES = """
young: =kijana =vijana; old: -zee nzee; happy: =mwenye_furaha =wenye_furaha; sad: =mwenye_huzuni =wenye_huzuni
tall: -refu ndefu; short: -fupi fupi; big: -kubwa kubwa; small: -dogo ndogo; red: -ekundu nyekundu; blue: ~bluu
green: ~kijani; yellow: ~manjano; black: -eusi nyeusi; white: -eupe nyeupe; new: -pya mpya; worn: -kuukuu kuukuu
opened: *funguliwa; closed: *fungwa; full: *jaa; empty: -tupu tupu; clean_q: safi; dirty: -chafu chafu; dear: ghali
cheap: ~bei_nafuu; wet: *lowa; dry: -kavu kavu; hot: ~moto; cold: ~baridi; heavy: -zito nzito; light: -epesi nyepesi
tired: *choka; strong: =mwenye_nguvu =wenye_nguvu
"""
_PLACES = """
outdoors: nje; park: bustanini / katika_hifadhi; beach: ufukweni / kwenye_ufuo; street: barabarani / mtaani
garden: kwenye_bustani_ya_nyumbani; forest: msituni / katika_msitu; river: kando_ya_mto; lake: kando_ya_ziwa
mountain: mlimani / kwenye_mlima; snow: kwenye_theluji; field: shambani / kwenye_uwanda; farm: kwenye_ranchi
village: kijijini / katika_kijiji; stadium: kwenye_uwanja_wa_michezo; market: sokoni / kwenye_soko
bridge_place: darajani / kwenye_daraja; desert: jangwani / katika_jangwa; playground: kwenye_uwanja_wa_watoto
indoors: ndani / ndani_ya_jengo; kitchen: jikoni; school: shuleni / katika_shule; station: kituoni / kwenye_kituo
hospital: hospitalini; restaurant: mkahawani / kwenye_mkahawa; office: ofisini
bedroom: chumbani / katika_chumba_cha_kulala; library: maktabani / katika_maktaba; airport: kwenye_uwanja_wa_ndege
factory: kiwandani / katika_kiwanda; shop_place: dukani / katika_duka; museum: katika_makumbusho
gym: kwenye_ukumbi_wa_mazoezi; living_room: sebuleni; stage: jukwaani / kwenye_jukwaa; city: mjini; north: kaskazini
south: kusini; river_in: mtoni / katika_mto; pool: kwenye_bwawa_la_kuogelea; sea: baharini / katika_bahari
china: nchini_China / huko_China; france: nchini_Ufaransa / huko_Ufaransa; spain: nchini_Uhispania
brazil: nchini_Brazili; india: nchini_India; japan: nchini_Japani; germany: nchini_Ujerumani; italy: nchini_Italia
mexico: nchini_Meksiko; egypt: nchini_Misri; kenya: nchini_Kenya; vietnam: nchini_Vietnam
indonesia: nchini_Indonesia; russia: nchini_Urusi; turkey: nchini_Uturuki; canada: nchini_Kanada
portugal: nchini_Ureno; argentina: nchini_Argentina; australia: nchini_Australia
"""
_TIMES = """
morning: asubuhi / wakati_wa_asubuhi; afternoon: mchana / wakati_wa_mchana; evening: jioni / wakati_wa_jioni
night: usiku / wakati_wa_usiku; summer: wakati_wa_kiangazi; winter: wakati_wa_majira_ya_baridi
spring: wakati_wa_majira_ya_kuchipua; autumn: wakati_wa_majira_ya_vuli; sunday: siku_ya_Jumapili
saturday: siku_ya_Jumamosi; weekday: siku_ya_kazi; rain_time: kwenye_mvua; sun_time: kwenye_jua / juani
n_monday: Jumatatu / siku_ya_Jumatatu; n_tuesday: Jumanne / siku_ya_Jumanne
n_wednesday: Jumatano / siku_ya_Jumatano; n_thursday: Alhamisi / siku_ya_Alhamisi; n_friday: Ijumaa / siku_ya_Ijumaa
last_week: wiki_iliyopita / juma_lililopita; last_month: mwezi_uliopita; last_year: mwaka_uliopita / mwaka_jana
yesterday: jana; january: mwezi_Januari / mnamo_Januari; march: mwezi_Machi / mnamo_Machi
july: mwezi_Julai / mnamo_Julai; october: mwezi_Oktoba / mnamo_Oktoba
"""
_MANNERS = """
alone: peke_yake; with_friends: pamoja_na_marafiki / na_marafiki; with_family: pamoja_na_familia / na_familia
quickly: haraka / kwa_haraka; slowly: polepole / taratibu; quietly: kimyakimya / kwa_utulivu
loudly: kwa_sauti_kubwa; carefully: kwa_uangalifu / kwa_makini
"""
_RELATIONS = "on: juu_ya; under: chini_ya; behind: nyuma_ya; before: mbele_ya; beside: kando_ya / karibu_na"
# A quantity: class, its name.
_QUANTITIES = """
oil_price: 9 bei_ya_mafuta; gold_price: 9 bei_ya_dhahabu; food_prices: 9 bei_ya_vyakula
house_prices: 9 bei_ya_nyumba; exports: 6 mauzo_ya_nje; imports: 11 uagizaji_wa_bidhaa
unemployment: 11 ukosefu_wa_ajira; inflation: 3 mfumuko_wa_bei; sales: 6 mauzo_ya_magari
profits: 9 faida_ya_makampuni; shares: 9 thamani_ya_hisa_za_benki; rents: 9 kodi_ya_nyumba
wages: 3 mshahara_wa_wastani; taxes: 7 kiwango_cha_ushuru; production: 11 uzalishaji_wa_viwanda
debt: 5 deni_la_taifa; population: 9 idadi_ya_watu; temperature: 5 joto_la_wastani; tourism: 9 idadi_ya_watalii
euro: 9 thamani_ya_yuro; dollar: 9 thamani_ya_dola; traffic: 11 msongamano_wa_magari
"""
# A change: stem, noun with connective.
_CHANGES = """
rise: ongezeka ongezeko_la / panda ongezeko_la; fall: pungua upungufu_wa / shuka upungufu_wa; stable: baki + imara
change: badilika mabadiliko_ya
"""
# An outcome: stem, what stands before the event, the event's own deed.
_OUTCOMES = """
killed: uawa katika ua; injured: jeruhiwa katika jeruhi; rescued: okolewa baada_ya; evacuated: hamishwa baada_ya
"""
_DEEDS = """
sign_deal: saini + makubaliano ya biashara / tia + saini makubaliano ya biashara
refuse_deal: kataa + makubaliano ya biashara; open_factory: fungua + kiwanda / zindua + kiwanda
close_factory: funga + kiwanda; raise_prices: pandisha + bei / ongeza + bei
cut_prices: punguza + bei / shusha + bei; accept_plan: kubali + mpango huo
reject_plan: kataa + mpango huo / pinga + mpango huo; win_election: shinda + kura; lose_election: poteza + kura
win_prize: shinda + tuzo muhimu / pata + tuzo muhimu; lose_prize: poteza + tuzo muhimu; buy_land: nunua + ardhi
sell_land: uza + ardhi; start_strike: anzisha + mgomo / itisha + mgomo; end_strike: maliza + mgomo / sitisha + mgomo
publish_report: chapisha + ripoti / toa + ripoti; hide_report: ficha + ripoti
cut_jobs: punguza + nafasi elfu moja za kazi
create_jobs: anzisha + nafasi elfu moja za kazi / ongeza + nafasi elfu moja za kazi
start_talks: anza + mazungumzo ya amani / anzisha + mazungumzo ya amani
end_talks: sitisha + mazungumzo ya amani / vunja + mazungumzo ya amani; build_school: jenga + shule
close_school: funga + shule; approve_law: idhinisha + sheria mpya / pitisha + sheria mpya
block_law: zuia + sheria mpya; send_aid: tuma + msaada wa chakula / peleka + msaada wa chakula
stop_aid: sitisha + msaada wa chakula / simamisha + msaada wa chakula
"""
_DEALINGS = """
criticise: kosoa kosolewa / laumu laumiwa; support: unga ungwa + mkono; sue: shtaki shtakiwa
praise: sifu sifiwa / pongeza pongezwa; warn: onya onywa; deceive: danganya danganywa / hadaa hadaiwa
"""
_COUNTRIES = """
china: China; france: Ufaransa; spain: Uhispania; brazil: Brazili; india: India; japan: Japani; germany: Ujerumani
italy: Italia; mexico: Meksiko; egypt: Misri; kenya: Kenya; vietnam: Vietnam; indonesia: Indonesia; russia: Urusi
turkey: Uturuki; canada: Kanada; portugal: Ureno; argentina: Argentina; australia: Australia
"""
_WEATHER = """
raining: mvua_inanyesha mvua_hainyeshi / kunanyesha hakunyeshi; snowing: theluji_inaanguka theluji_haianguki
sunny: jua_linawaka jua_haliwaki / kuna_jua hakuna_jua
windy: upepo_mkali_unavuma upepo_mkali_hauvumi / kuna_upepo_mkali hakuna_upepo_mkali
cloudy: kuna_mawingu hakuna_mawingu / mbingu_zina_mawingu mbingu_hazina_mawingu
hot_day: kuna_joto_kali hakuna_joto_kali; cold_day: kuna_baridi_kali hakuna_baridi_kali
stormy: kuna_dhoruba_ya_radi hakuna_dhoruba_ya_radi
"""
# Concords by class: subject, prefix of a quality, the same before a vowel, connective, relative of the past,
# demonstrative.
_CONCORD = {
    1: ("a", "m", "mw", "wa", "aliye", "huyu"), 2: ("wa", "wa", "w", "wa", "walio", "hawa"),
    3: ("u", "m", "mw", "wa", "ulio", "huu"), 4: ("i", "mi", "my", "ya", "iliyo", "hii"),
    5: ("li", "", "j", "la", "lililo", "hili"), 6: ("ya", "ma", "m", "ya", "yaliyo", "haya"),
    7: ("ki", "ki", "ch", "cha", "kilicho", "hiki"), 8: ("vi", "vi", "vy", "vya", "vilivyo", "hivi"),
    9: ("i", "", "", "ya", "iliyo", "hii"), 10: ("zi", "", "", "za", "zilizo", "hizi"),
    11: ("u", "m", "mw", "wa", "ulio", "huu"),
}  # fmt: skip
_PLURAL_CLASS = {1: 2, 3: 4, 5: 6, 6: 6, 7: 8, 9: 10, 11: 10}
_NUMBERS = ("", "", "wili", "tatu", "nne", "tano", "sita", "saba", "nane", "tisa", "kumi")
_FIXED_NUMBERS = frozenset((6, 7, 9, 10))
_PERSONS = frozenset((*inv.ANIMATE, "president", "minister", "mayor"))
_SHORT = {"kula": "la", "kunywa": "nywa"}  # stems of one syllable keep the infinitive's ku in some forms
_HAVING_ON = {"": "amevaa", "who": "aliyevaa", "while": "akiwa amevaa", "not": "hajavaa", "whonot": "asiyevaa"}
_HAVING_ON_MANY = {
    "": "wamevaa", "who": "waliovaa", "while": "wakiwa wamevaa", "not": "hawajavaa", "whonot": "wasiovaa",
}  # fmt: skip


class Swahili(Language):
    """Swahili: concord by noun class everywhere; whatever lives is taken up by an object marker."""

    code = "sw"
    words = Words(
        nouns=table(_NOUNS), verbs=table(_VERBS), qualities=table(_QUALITIES), places=table(_PLACES),
        times=table(_TIMES), manners=table(_MANNERS), relations=table(_RELATIONS), quantities=table(_QUANTITIES),
        changes=table(_CHANGES), outcomes=table(_OUTCOMES), deeds=table(_DEEDS), dealings=table(_DEALINGS),
        countries=table(_COUNTRIES), weather=table(_WEATHER),
    )  # fmt: skip
    constructions: ClassVar[dict[str, str]] = {
        "act": """
            {S} {V} {O} {tailed} {M} {P} {T}
            {S} {V} {O} {tailed} {M} {P} {T}
            {P!}, {S} {V} {O} {tailed} {M} {T}
            {T!}, {S} {V} {O} {tailed} {M} {P}
            Kuna {S} {V.who} {O} {tailed} {M} {P} {T}
            {P!} kuna {S} {V.who} {O} {tailed} {M} {T}
            Picha inaonyesha {S} {V.while} {O} {tailed} {M} {P} {T}
            ?two {O!} {Vpass} na {S} {M} {P} {T}""",
        "act not": """
            {S} {V.not} {O} {tailed} {M} {P} {T}
            {P!}, {S} {V.not} {O} {tailed} {M} {T}
            Kuna {S} {V.whonot} {O} {tailed} {M} {P} {T}
            Picha inaonyesha {S} {V.whonot} {O} {tailed} {M} {P} {T}""",
        "duo": """
            {S} {V} {O} {tail} {P} {T}
            {O} {Vpass} {tail} na {S} {P} {T}
            Kuna {S} {V.who} {O} {tail} {P} {T}
            {P!}, {S} {V} {O} {tail} {T}
            Picha inaonyesha {S} {V.while} {O} {tail} {P} {T}""",
        "duo not": """
            {S} {V.not} {O} {tail} {P} {T}
            Kuna {S} {V.whonot} {O} {tail} {P} {T}""",
        "state": """
            {S.the} {A}
            Katika picha, {S.the} {A}
            Ni wazi kwamba {S.the} {A}
            ?plain Hapa kuna {I}""",
        "state not": """
            {S.the} {A.not}
            Katika picha, {S.the} {A.not}
            Ni wazi kwamba {S.the} {A.not}""",
        "locate": """
            {S} {there} {P}
            Kuna {S} {P}
            {P} kuna {S}
            Picha inaonyesha {S} {P}""",
        "locate not": """
            {S} ha{there} {P}
            Katika picha, {S} ha{there} {P}""",
        "change": """
            {Q} {past} {tail} {by} {P} {T}
            {P!}, {Q} {past} {tail} {by} {T}
            {T!}, {Q} {past} {tail} {by} {P}
            Kwa mujibu wa takwimu mpya, {Q} {past} {tail} {by} {P} {T}
            ?two Kulikuwa na {F.1} asilimia {N!} katika {Q} {P} {T}""",
        "change not": """
            {Q} {past.not} {tail} {by} {P} {T}
            {T!}, {Q} {past.not} {tail} {by} {P}
            Kwa mujibu wa takwimu mpya, {Q} {past.not} {tail} {by} {P} {T}""",
        "toll": """
            {S} wali{F.0} {F.1} {O} {P} {T}
            {T!}, {S} wali{F.0} {F.1} {O} {P}
            {P!}, {S} wali{F.0} {F.1} {O} {T}
            ?three {O} {struck} {S} {P} {T}
            Mamlaka zinasema kwamba {S} wali{F.0} {F.1} {O} {P} {T}""",
        "toll not": """
            Hakuna mtu aliye{F.0} {F.1} {O} {P} {T}
            {T!}, hakuna mtu aliye{F.0} {F.1} {O} {P}
            Mamlaka zinasema kwamba hakuna mtu aliye{F.0} {F.1} {O} {P} {T}""",
        "deed": """
            {S} {past} {tail} {P} {T}
            {T!}, {S} {past} {tail} {P}
            {P!}, {S} {past} {tail} {T}
            Kwa mujibu wa vyombo vya habari, {S} {past} {tail} {P} {T}""",
        "deed not": """
            {S} {past.not} {tail} {P} {T}
            {T!}, {S} {past.not} {tail} {P}
            Kwa mujibu wa vyombo vya habari, {S} {past.not} {tail} {P} {T}""",
        "dealing": """
            {S} {past.them} {O} {tail} {T}
            {T!}, {S} {past.them} {O} {tail}
            {O} {pastpass} {tail} na {S} {T}
            {T!}, {O} {pastpass} {tail} na {S}""",
        "dealing not": """
            {S} {past.notthem} {O} {tail} {T}
            {T!}, {S} {past.notthem} {O} {tail}""",
        "match": """
            {W} iliishinda {L} {T}
            {W} iliifunga {L} {T}
            {L} ilishindwa na {W} {T}
            {L} ilifungwa na {W} {T}
            {W} ilishinda mechi dhidi ya {L} {T}
            {T!}, {L} ilipoteza mechi dhidi ya {W}""",
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
        concord = _class_of(entry, phrase)
        words = [entry.forms[1] if phrase.count == 1 else entry.forms[2]]
        if form == "the":
            words.append(_CONCORD[concord][5])
        if phrase.count == SOME:
            words.append("kadhaa")
        elif phrase.count > 1:
            words.append(str(phrase.count) if phrase.count > 10 else _number(phrase.count, concord))
        if phrase.quality:
            entry = self.words.qualities[phrase.quality][0]
            long = entry.forms[0][0] in "=*"  # a quality of several words, or a relative, stands last
            words.insert(len(words) if long or phrase.count == 1 else 1, _quality(entry, concord))
        return " ".join(words)

    def can_passive(self, saying: Saying) -> bool:
        """Whether the verb has a passive that its object can begin."""
        return not saying.verb.tail and len(saying.verb.forms) > 1

    def slot_O(self, form: str, saying: Saying) -> str:
        """The object with what its verb asks for, or nothing."""
        scene = saying.scene
        if not scene.object.noun or (scene.kind == "act" and self.owns_object(saying) and saying.verb.tail):
            return ""
        return self.noun(saying.object, scene.object, form)

    def slot_tailed(self, form: str, saying: Saying) -> str:
        """What follows the object, or stands for it."""
        return saying.verb.tail

    def slot_V(self, form: str, saying: Saying) -> str:
        """The verb of what goes on; forms: who, while, not, whonot."""
        many = saying.scene.subject.count != 1
        stem, short = saying.verb.forms[0], _SHORT.get(saying.verb.forms[0])
        alive = saying.scene.object.noun in inv.ANIMATE and not (saying.scene.kind == "act" and saying.verb.tail)
        marker = _object_marker(saying.scene.object, stem) if alive else ""
        if stem == "vaa":  # to wear is to have put on
            return (_HAVING_ON_MANY if many else _HAVING_ON)[form]
        if form == "not":
            bare = short or stem
            bare = f"{bare[:-1]}i" if bare.endswith("a") else bare
            return f"{'hawa' if many else 'ha'}{marker}{bare}"
        if form == "whonot":
            return f"{'wasio' if many else 'asiye'}{marker}{stem}"
        if form == "while":
            return f"{'waki' if many else 'aki'}{marker}{short or stem}"
        if form == "who":
            return f"{'wanao' if many else 'anaye'}{marker}{stem}"
        return f"{'wana' if many else 'ana'}{marker}{stem}"

    def slot_Vpass(self, form: str, saying: Saying) -> str:
        """The passive of the verb, agreeing with the object."""
        concord = _class_of(saying.object, saying.scene.object)
        return f"{_CONCORD[concord][0]}na{saying.verb.forms[1]}"

    def slot_A(self, form: str, saying: Saying) -> str:
        """What is said of the subject of a state, agreeing with it."""
        concord = _class_of(saying.subject, saying.scene.subject)
        word = saying.verb.forms[0]
        if word.startswith("*"):
            subject = _CONCORD[concord][0]
            denied = f"{'ha' if concord == 1 else 'ha' + subject}ja{word[1:]}"
            return denied if form == "not" else f"{subject}me{word[1:]}"
        return f"{'si' if form == 'not' else 'ni'} {_quality(saying.verb, concord)}"

    def slot_there(self, form: str, saying: Saying) -> str:
        """``Is there``, agreeing in class."""
        concord = _class_of(saying.subject, saying.scene.subject)
        return "yuko" if concord == 1 else f"{_CONCORD[concord][0]}ko"

    def slot_past(self, form: str, saying: Saying) -> str:
        """The past, denied where the form begins with ``not``; ``them`` adds the marker of a person as its object."""
        scene, stem = saying.scene, saying.verb.forms[0]
        marker = _object_marker(scene.object, stem) if form.endswith("them") and scene.object.noun in _PERSONS else ""
        subject = _CONCORD[_class_of(saying.subject, scene.subject)][0]
        if form.startswith("not"):
            return f"{'haku' if subject == 'a' else 'ha' + subject + 'ku'}{marker}{stem}"
        return f"{subject}li{marker}{stem}"

    def slot_pastpass(self, form: str, saying: Saying) -> str:
        """The passive past of a dealing, agreeing with the object."""
        return f"{_CONCORD[_class_of(saying.object, saying.scene.object)][0]}li{saying.verb.forms[1]}"

    def slot_struck(self, form: str, saying: Saying) -> str:
        """What the event itself did, agreeing with it."""
        return f"{_CONCORD[_class_of(saying.object, saying.scene.object)][0]}li{saying.verb.forms[2]}"

    def slot_by(self, form: str, saying: Saying) -> str:
        """By how much a quantity changed, in per cent, or nothing."""
        return f"kwa asilimia {saying.scene.amount}" if saying.scene.amount else ""


def _class_of(entry: Entry, phrase: Phrase) -> int:
    """The class that a phrase agrees in."""
    own = 1 if phrase.noun in _PERSONS else int(entry.forms[0])
    return own if phrase.count == 1 else _PLURAL_CLASS[own]


def _object_marker(phrase: Phrase, stem: str) -> str:
    if phrase.count != 1:
        return "wa"
    return "mw" if stem[0] in "aeiou" else "m"


def _quality(entry: Entry, concord: int) -> str:
    """A quality that agrees in a class."""
    word = entry.forms[0]
    kind, stem = word[0], word[1:]
    _, prefix, before_vowel, of, which, _ = _CONCORD[concord]
    if kind == "=":
        return (entry.forms[0] if concord % 2 else entry.forms[1])[1:]
    if kind == "~":
        return f"{of} {stem}"
    if kind == "*":
        return f"{which}{stem}"
    if kind != "-":
        return word
    if concord in (9, 10):
        return entry.forms[1]
    if stem[0] == "e":
        return f"{before_vowel}{stem}"
    return f"ji{stem}" if concord == 5 and stem == "pya" else f"{prefix}{stem}"


def _number(count: int, concord: int) -> str:
    word = _NUMBERS[count]
    if count in _FIXED_NUMBERS:
        return word
    if concord == 10:
        return "mbili" if count == 2 else word
    return f"{_CONCORD[concord][1]}{word}"
