"""Hindi: its words and its constructions."""

from __future__ import annotations

from typing import ClassVar

from lacoskit_builtins.grammar import inventory as inv
from lacoskit_builtins.grammar.lexicon import Entry, table
from lacoskit_builtins.grammar.realise import Language, Saying, Words
from lacoskit_builtins.grammar.scenes import SOME, Phrase

# A noun: gender (m or f), singular; then, where no rule gives them, direct plural and oblique plural.
_NOUNS = """
person: m व्यक्ति; man: m आदमी / m पुरुष; woman: f औरत औरतें औरतों / f महिला; child: m बच्चा; boy: m लड़का; girl: f लड़की
baby: m शिशु; mother: f माँ माँएँ माँओं / f माता; father: m पिता पिता पिताओं; grandmother: f दादी
grandfather: m दादा दादा दादाओं; teacher: m शिक्षक / m अध्यापक; doctor: m डॉक्टर / m चिकित्सक; nurse: f नर्स नर्सें नर्सों
student: m छात्र / m विद्यार्थी; farmer: m किसान; soldier: m सैनिक / m सिपाही; police: m पुलिसकर्मी
firefighter: m दमकलकर्मी; worker: m मज़दूर / m श्रमिक; cook: m रसोइया रसोइये रसोइयों; waiter: m वेटर / m बैरा
tourist: m पर्यटक / m सैलानी; musician: m संगीतकार; singer: m गायक; dancer: m नर्तक; painter: m चित्रकार
athlete: m खिलाड़ी; footballer: m फ़ुटबॉलर / m फ़ुटबॉल_खिलाड़ी; cyclist: m साइकिल_चालक; fisherman: m मछुआरा
driver: m ड्राइवर / m चालक; actor: m अभिनेता अभिनेता अभिनेताओं
journalist: m पत्रकार / m संवाददाता संवाददाता संवाददाताओं; scientist: m वैज्ञानिक
photographer: m फ़ोटोग्राफ़र / m छायाकार; animal: m जानवर; dog: m कुत्ता; puppy: m पिल्ला; cat: f बिल्ली
kitten: m बिल्ली_का_बच्चा बिल्ली_के_बच्चे बिल्ली_के_बच्चों; horse: m घोड़ा; cow: f गाय गायें गायों
sheep: f भेड़ भेड़ें भेड़ों; goat: f बकरी; monkey: m बंदर; elephant: m हाथी; lion: m शेर; tiger: m बाघ; bear: m भालू
rabbit: m खरगोश; panda: m पांडा पांडा पांडाओं; camel: m ऊँट; bird: m पक्षी / f चिड़िया चिड़ियाँ चिड़ियों
duck: f बत्तख बत्तखें बत्तखों; chicken: f मुर्गी; company: f कंपनी; bank: m बैंक; airline: f विमान_सेवा
newspaper_co: m प्रकाशन_गृह; government: f सरकार; ministry: m मंत्रालय; court: f अदालत / m न्यायालय
party: m सत्ताधारी_दल; opposition: m विपक्ष; union: m मज़दूर_संघ; university: m विश्वविद्यालय; team: f राष्ट्रीय_टीम
president: m राष्ट्रपति; minister: m मंत्री; mayor: m महापौर; parliament: f संसद; hospital_co: m अस्पताल; army: f सेना
instrument: m वाद्य_यंत्र; guitar: m गिटार; piano: m पियानो; violin: m वायलिन; flute: f बाँसुरी; drum: m ढोल
food: m खाना; drink: m पेय; fruit: m फल; apple: m सेब; banana: m केला; orange: m संतरा; vegetable: f सब्ज़ी
tomato: m टमाटर; potato: m आलू; onion: m प्याज़; carrot: f गाजर गाजरें गाजरों; bread: f रोटी; rice: m चावल
meat: m मांस; fish_food: f मछली; soup: m सूप; cake: m केक; egg: m अंडा; water: m पानी / m जल; milk: m दूध
coffee: f कॉफ़ी; tea: f चाय; juice: m रस / m जूस; vehicle: m वाहन / f गाड़ी; car: f कार कारें कारों; truck: m ट्रक
bus: f बस बसें बसों; bicycle: f साइकिल साइकिलें साइकिलों; motorcycle: f मोटरसाइकिल मोटरसाइकिलें मोटरसाइकिलों
boat: f नाव नावें नावों; plane: m हवाई_जहाज़; train: f रेलगाड़ी; tractor: m ट्रैक्टर
book: f किताब किताबें किताबों / f पुस्तक पुस्तकें पुस्तकों; newspaper: m अख़बार; letter: m पत्र / f चिट्ठी
magazine: f पत्रिका; hat: f टोपी; shirt: f कमीज़ कमीज़ें कमीज़ों; jacket: f जैकेट जैकेटें जैकेटों; coat: m कोट
dress: f पोशाक पोशाकें पोशाकों; door: m दरवाज़ा; window: f खिड़की; box: m डिब्बा / m बक्सा; bag: m थैला; basket: f टोकरी
chair: f कुर्सी; table: f मेज़ मेज़ें मेज़ों; bed: m बिस्तर / m पलंग; sofa: m सोफ़ा; phone: m फ़ोन; computer: m कंप्यूटर
camera: m कैमरा; umbrella: m छाता / f छतरी; ball: f गेंद गेंदें गेंदों; rope: f रस्सी; ladder: f सीढ़ी
wall: f दीवार दीवारें दीवारों; fence: f बाड़ बाड़ें बाड़ों; house: m घर / m मकान; bridge: m पुल; tree: m पेड़
flower: m फूल; picture: f तस्वीर तस्वीरें तस्वीरों; plate: f थाली; cup: m प्याला / m कप; toy: m खिलौना; lamp: m दीपक
clock: f घड़ी; stone: m पत्थर; disaster: f आपदा; earthquake: m भूकंप; flood: f बाढ़ बाढ़ें बाढ़ों; storm: m तूफ़ान
fire: m अग्निकांड; accident: f दुर्घटना / m हादसा; explosion: m विस्फोट / m धमाका
plane_crash: f विमान_दुर्घटना / m विमान_हादसा; train_accident: f रेल_दुर्घटना / m रेल_हादसा; attack_event: m हमला
landslide: m भूस्खलन
"""
# A verb: stem, masculine participle where there is a passive; the tail stands before them and may mark the object.
_VERBS = """
run: दौड़ / भाग; walk: चल / टहल; jump: कूद / उछल; crawl: रेंग; fly: उड़; move: हिल-डुल; swim: तैर; surf: कर + सर्फ़िंग
ski: कर + स्कीइंग; skate: कर + स्केटिंग; sport: कर + खेलकूद; football: खेल + फ़ुटबॉल; basketball: खेल + बास्केटबॉल
tennis: खेल + टेनिस; chess: खेल + शतरंज; cards: खेल + ताश; sleep: सो; rest: कर + आराम / कर + विश्राम; sit: बैठा_हुआ
stand: खड़ा_हुआ; dance: नाच / कर + नृत्य; sing: गा + गाना; music: बजा + संगीत; cry: रो; laugh: हँस; smile: मुस्कुरा
talk: कर + बातचीत / कर + बात; shout: चिल्ला; whisper: फुसफुसा; work: कर + काम / कर + कार्य
study: कर + पढ़ाई / कर + अध्ययन; shop: कर + ख़रीदारी; fish: पकड़ + मछली; wait: कर + इंतज़ार / कर + प्रतीक्षा
yawn: ले + जम्हाई; play: खेल; eat: खा खाया; drink: पी पिया; play_on: बजा बजाया; cut: काट काटा
cook: पका पकाया / बना बनाया; peel: छील छीला; wash: धो धोया; clean: कर + साफ़; ride: चला चलाया
ride.horse: कर + घोड़े की सवारी; ride.camel: कर + ऊँट की सवारी; ride.elephant: कर + हाथी की सवारी; drive: चला चलाया
read: पढ़ पढ़ा; write: लिख लिखा; paint: रँग रँगा; paint.picture: बना बनाया; draw: बना + का चित्र
carry: ले_जा ले_जाया / उठा उठाया; open: खोल खोला; close: कर + बंद; buy: ख़रीद ख़रीदा; sell: बेच बेचा
throw: फेंक फेंका; catch: पकड़ पकड़ा; repair: कर + की मरम्मत; break: तोड़ तोड़ा; climb: चढ़ + पर; push: धकेल धकेला
pull: खींच खींचा; build: बना बनाया; hold: थामे_हुए; use: कर + का इस्तेमाल / कर + का उपयोग; plant: लगा लगाया
wear: पहने_हुए; touch: छू छुआ; chase: कर किया + का पीछा; follow: चल चला + के पीछे-पीछे
help: कर की + की मदद / कर की + की सहायता; hug: लगा लगाया + को गले; kiss: चूम चूमा + को
photograph: खींच खींची + की तस्वीर / ले ली + की तस्वीर; feed: खिला खिलाया + को खाना
greet: कर किया + का अभिवादन / कर किया + को नमस्ते; call_out: बुला बुलाया + को; attack: कर किया + पर हमला
watch: देख देखा + को ध्यान से; bathe: नहला नहलाया + को; touch_one: सहला सहलाया + को
look_for: कर की + की तलाश / खोज खोजा + को; push_one: दे दिया + को धक्का; congratulate: दे दी + को बधाई
"""
# A quality: masculine singular; it agrees where it ends in -aa.
_QUALITIES = """
young: युवा; old: बूढ़ा; happy: ख़ुश; sad: दुखी; tall: लंबा; short: नाटा; big: बड़ा; small: छोटा; red: लाल; blue: नीला
green: हरा; yellow: पीला; black: काला; white: सफ़ेद; new: नया; worn: पुराना; opened: खुला; closed: बंद; full: भरा
empty: ख़ाली; clean_q: साफ़; dirty: गंदा; dear: महँगा; cheap: सस्ता; wet: गीला; dry: सूखा; hot: गरम; cold: ठंडा
heavy: भारी; light: हल्का; tired: थका; strong: ताक़तवर
"""
_PLACES = """
outdoors: बाहर / खुले_में; park: पार्क_में / उद्यान_में; beach: समुद्र_तट_पर; street: सड़क_पर; garden: बगीचे_में
forest: जंगल_में / वन_में; river: नदी_किनारे / नदी_के_किनारे; lake: झील_के_किनारे; mountain: पहाड़_पर; snow: बर्फ़_में
field: खेत_में; farm: पशु_फ़ार्म_में; village: गाँव_में; stadium: स्टेडियम_में; market: बाज़ार_में; bridge_place: पुल_पर
desert: रेगिस्तान_में; playground: खेल_के_मैदान_में; indoors: अंदर / इमारत_के_अंदर; kitchen: रसोई_में / रसोईघर_में
school: स्कूल_में / विद्यालय_में; station: स्टेशन_पर; hospital: अस्पताल_में; restaurant: रेस्तराँ_में
office: दफ़्तर_में / कार्यालय_में; bedroom: शयनकक्ष_में; library: पुस्तकालय_में; airport: हवाई_अड्डे_पर
factory: कारख़ाने_में; shop_place: दुकान_में; museum: संग्रहालय_में; gym: व्यायामशाला_में; living_room: बैठक_में
stage: मंच_पर; city: शहर_में; north: उत्तर_में; south: दक्षिण_में; river_in: नदी_में
pool: तरणताल_में / स्विमिंग_पूल_में; sea: समुद्र_में; china: चीन_में; france: फ़्रांस_में; spain: स्पेन_में
brazil: ब्राज़ील_में; india: भारत_में; japan: जापान_में; germany: जर्मनी_में; italy: इटली_में; mexico: मेक्सिको_में
egypt: मिस्र_में; kenya: केन्या_में; vietnam: वियतनाम_में; indonesia: इंडोनेशिया_में; russia: रूस_में
turkey: तुर्की_में; canada: कनाडा_में; portugal: पुर्तगाल_में; argentina: अर्जेंटीना_में; australia: ऑस्ट्रेलिया_में
"""
_TIMES = """
morning: सुबह / सुबह_के_समय; afternoon: दोपहर_में / दोपहर_के_समय; evening: शाम_को / शाम_के_समय
night: रात_में / रात_को; summer: गर्मियों_में; winter: सर्दियों_में; spring: वसंत_में; autumn: पतझड़_में
sunday: रविवार_को; saturday: शनिवार_को; weekday: कामकाजी_दिन; rain_time: बारिश_में; sun_time: धूप_में
n_monday: सोमवार_को; n_tuesday: मंगलवार_को; n_wednesday: बुधवार_को; n_thursday: गुरुवार_को; n_friday: शुक्रवार_को
last_week: पिछले_सप्ताह / पिछले_हफ़्ते; last_month: पिछले_महीने; last_year: पिछले_साल / पिछले_वर्ष; yesterday: कल
january: जनवरी_में; march: मार्च_में; july: जुलाई_में; october: अक्टूबर_में
"""
_MANNERS = """
alone: अकेले; with_friends: दोस्तों_के_साथ / मित्रों_के_साथ; with_family: परिवार_के_साथ; quickly: तेज़ी_से / जल्दी-जल्दी
slowly: धीरे-धीरे; quietly: चुपचाप / शांति_से; loudly: ज़ोर_से; carefully: सावधानी_से / ध्यान_से
"""
_RELATIONS = "on: के_ऊपर / पर; under: के_नीचे; behind: के_पीछे; before: के_सामने; beside: के_पास / के_बगल_में"
# A quantity: gender and number, its name, its oblique form.
_QUANTITIES = """
oil_price: fs तेल_की_क़ीमत; gold_price: fs सोने_की_क़ीमत
food_prices: fp खाद्य_पदार्थों_की_क़ीमतें खाद्य_पदार्थों_की_क़ीमतों; house_prices: fp मकानों_की_क़ीमतें मकानों_की_क़ीमतों
exports: ms निर्यात; imports: ms आयात; unemployment: fs बेरोज़गारी; inflation: fs महँगाई / fs मुद्रास्फीति
sales: fs कारों_की_बिक्री; profits: ms कंपनियों_का_मुनाफ़ा कंपनियों_के_मुनाफ़े; shares: fs बैंक_शेयरों_की_क़ीमत
rents: ms मकान_का_किराया मकान_के_किराये; wages: fs मज़दूरी; taxes: fs करों_की_दर; production: ms औद्योगिक_उत्पादन
debt: ms सार्वजनिक_ऋण; population: fs जनसंख्या / fs आबादी; temperature: ms औसत_तापमान; tourism: fs पर्यटकों_की_संख्या
euro: fs यूरो_की_क़ीमत; dollar: fs डॉलर_की_क़ीमत; traffic: ms यातायात
"""
# A change: masculine singular participle; behind it what stands before it, or the noun for the nominal construction.
_CHANGES = """
rise: बढ़ा बढ़ोतरी / बढ़ा वृद्धि; fall: घटा कमी / गिरा गिरावट; stable: रहा + स्थिर; change: बदला बदलाव
"""
# An outcome: what stands before the participle, the masculine plural participle, what follows the event.
_OUTCOMES = """
killed: मारे गए में; injured: घायल हुए में / ज़ख़्मी हुए में; rescued: बचाए गए के_बाद
evacuated: सुरक्षित_निकाले गए के_बाद
"""
# A deed: where * stands, the denial goes.
_DEEDS = """
sign_deal: व्यापार_समझौते_पर_हस्ताक्षर*किए; refuse_deal: व्यापार_समझौता_ठुकरा*दिया; open_factory: एक_कारख़ाना*खोला
close_factory: एक_कारख़ाना_बंद*किया; raise_prices: क़ीमतें*बढ़ाईं; cut_prices: क़ीमतें*घटाईं / क़ीमतें_कम*कीं
accept_plan: योजना_स्वीकार*की; reject_plan: योजना_अस्वीकार*की; win_election: मतदान*जीता
lose_election: मतदान_में_हार_का_सामना*किया; win_prize: एक_बड़ा_पुरस्कार*जीता; lose_prize: एक_बड़ा_पुरस्कार*गँवाया
buy_land: ज़मीन*ख़रीदी; sell_land: ज़मीन*बेची; start_strike: हड़ताल_शुरू*की; end_strike: हड़ताल_समाप्त*की / हड़ताल_ख़त्म*की
publish_report: एक_रिपोर्ट_प्रकाशित*की / एक_रिपोर्ट_जारी*की; hide_report: एक_रिपोर्ट*छिपाई
cut_jobs: एक_हज़ार_नौकरियाँ_ख़त्म*कीं; create_jobs: एक_हज़ार_नौकरियाँ_पैदा*कीं
start_talks: शांति_वार्ता_शुरू*की / शांति_वार्ता_आरंभ*की; end_talks: शांति_वार्ता_समाप्त*की / शांति_वार्ता_ख़त्म*की
build_school: एक_स्कूल*बनाया / एक_स्कूल_का_निर्माण*किया; close_school: एक_स्कूल_बंद*किया
approve_law: नए_क़ानून_को_मंज़ूरी*दी / नए_क़ानून_का_समर्थन*किया; block_law: नए_क़ानून_को*रोका; send_aid: खाद्य_सहायता*भेजी
stop_aid: खाद्य_सहायता*रोकी / खाद्य_सहायता_बंद*की
"""
# A dealing: postposition and noun, past of it, passive of it.
_DEALINGS = """
criticise: की_आलोचना की की_गई / की_निंदा की की_गई; support: का_समर्थन किया किया_गया; sue: पर_मुक़दमा किया किया_गया
praise: की_प्रशंसा की की_गई / की_तारीफ़ की की_गई; warn: को_चेतावनी दी दी_गई; deceive: को_धोखा दिया दिया_गया
"""
_COUNTRIES = """
china: चीन; france: फ़्रांस; spain: स्पेन; brazil: ब्राज़ील; india: भारत; japan: जापान; germany: जर्मनी; italy: इटली
mexico: मेक्सिको; egypt: मिस्र; kenya: केन्या; vietnam: वियतनाम; indonesia: इंडोनेशिया; russia: रूस; turkey: तुर्की
canada: कनाडा; portugal: पुर्तगाल; argentina: अर्जेंटीना; australia: ऑस्ट्रेलिया
"""
_WEATHER = """
raining: बारिश_हो_रही_है बारिश_नहीं_हो_रही_है / वर्षा_हो_रही_है वर्षा_नहीं_हो_रही_है
snowing: बर्फ़_गिर_रही_है बर्फ़_नहीं_गिर_रही_है / बर्फ़बारी_हो_रही_है बर्फ़बारी_नहीं_हो_रही_है
sunny: धूप_खिली_है धूप_नहीं_खिली_है / सूरज_चमक_रहा_है सूरज_नहीं_चमक_रहा_है
windy: तेज़_हवा_चल_रही_है तेज़_हवा_नहीं_चल_रही_है
cloudy: बादल_छाए_हैं बादल_नहीं_छाए_हैं / आसमान_में_बादल_हैं आसमान_में_बादल_नहीं_हैं
hot_day: बहुत_गर्मी_है ज़्यादा_गर्मी_नहीं_है; cold_day: बहुत_ठंड_है ज़्यादा_ठंड_नहीं_है
stormy: आँधी-तूफ़ान_आया_है आँधी-तूफ़ान_नहीं_आया_है
"""
_NUMBERS = ("कुछ", "एक", "दो", "तीन", "चार", "पाँच", "छह", "सात", "आठ", "नौ", "दस")
# What befell somebody: masculine plural, masculine singular, feminine plural.
_BEFALLEN = (
    ("मारे", "मारा", "मारी"), ("बचाए", "बचाया", "बचाई"), ("निकाले", "निकाला", "निकाली"),
    ("गए", "गया", "गईं"), ("हुए", "हुआ", "हुईं"),
)  # fmt: skip
_KIN = frozenset(("father", "grandfather"))


class Hindi(Language):
    """Hindi: verb last, postpositions with the oblique, and no case for things that are acted on."""

    code = "hi"
    stop = "।"
    words = Words(
        nouns=table(_NOUNS), verbs=table(_VERBS), qualities=table(_QUALITIES), places=table(_PLACES),
        times=table(_TIMES), manners=table(_MANNERS), relations=table(_RELATIONS), quantities=table(_QUANTITIES),
        changes=table(_CHANGES), outcomes=table(_OUTCOMES), deeds=table(_DEEDS), dealings=table(_DEALINGS),
        countries=table(_COUNTRIES), weather=table(_WEATHER),
    )  # fmt: skip
    constructions: ClassVar[dict[str, str]] = {
        "act": """
            {S} {T} {P} {M} {O} {V} {going}
            {S} {T} {P} {M} {O} {V} {going}
            {T!} {S} {P} {M} {O} {V} {going}
            {T} {P!} {S} {M} {O} {V} {going}
            {T} {P!} {S} {is} जो {M} {O} {V} {going}
            तस्वीर में {S} {T} {P} {M} {O} {V} {going}
            {T} {P} {S.obl} द्वारा {M} {O!} {Vpass}""",
        "act not": """
            {S} {T} {P} {M} {O} {V.not} {going}
            {T!} {S} {P} {M} {O} {V.not} {going}
            {T} {P!} {S} {M} {O} {V.not} {going}
            तस्वीर में {S} {T} {P} {M} {O} {V.not} {going}""",
        "duo": """
            {S} {T} {P} {O.obl} {V} {going}
            {T} {P} {O.obl} {tail} {S.obl} द्वारा {Vduo}
            {T} {P!} {S} {O.obl} {V} {going}
            {T} {P!} {S} {is} जो {O.obl} {V} {going}
            तस्वीर में {S} {T} {P} {O.obl} {V} {going}
            तस्वीर में {T} {P} {S.obl} द्वारा {O.obl} {tail} {Vduo}""",
        "duo not": """
            {S} {T} {P} {O.obl} {V.not} {going}
            तस्वीर में {S} {T} {P} {O.obl} {V.not} {going}""",
        "state": """
            {S.the} {A} {is}
            तस्वीर में {S.the} {A} {is}
            साफ़ दिख रहा है कि {S.the} {A} {is}
            ?plain यहाँ {I} {is}""",
        "state not": """
            {S.the} {A} नहीं {is}
            तस्वीर में {S.the} {A} नहीं {is}
            साफ़ दिख रहा है कि {S.the} {A} नहीं {is}""",
        "locate": """
            {S} {P} {is}
            {P} {S} {is}
            तस्वीर में {P} {S} {is}
            {P} {S} मौजूद {is}""",
        "locate not": """
            {S} {P} नहीं {is}
            तस्वीर में {S} {P} नहीं {is}""",
        "change": """
            {T} {P} {Q.dir} {by} {tail} {changed}
            {P!} {T} {Q.dir} {by} {tail} {changed}
            {P!} {Q.dir} {T} {by} {tail} {changed}
            ताज़ा आँकड़ों के अनुसार {T} {P} {Q.dir} {by} {tail} {changed}
            ?two {T} {P} {Q.obl} में {share} {F.1} दर्ज {recorded}""",
        "change not": """
            {T} {P} {Q.dir} {by} {tail} नहीं {changed}
            {P!} {T} {Q.dir} {by} {tail} नहीं {changed}
            ताज़ा आँकड़ों के अनुसार {T} {P} {Q.dir} {by} {tail} नहीं {changed}""",
        "toll": """
            {T} {P} {O.obl} {F.2} {S} {befell}
            {P!} {T} {O.obl} {F.2} {S} {befell}
            {P!} {O.obl} {F.2} {T} {S} {befell}
            अधिकारियों के अनुसार {T} {P} {O.obl} {F.2} {S} {befell}
            {T} {P} {S} {O.obl} {F.2} {befell}""",
        "toll not": """
            {T} {P} {O.obl} {F.2} कोई नहीं {nobody}
            अधिकारियों के अनुसार {T} {P} {O.obl} {F.2} कोई नहीं {nobody}""",
        "deed": """
            {S.the_obl} ने {T} {P} {deed}
            {T!} {S.the_obl} ने {P} {deed}
            {P!} {S.the_obl} ने {T} {deed}
            ख़बरों के अनुसार {S.the_obl} ने {T} {P} {deed}""",
        "deed not": """
            {S.the_obl} ने {T} {P} {deed.not}
            {T!} {S.the_obl} ने {P} {deed.not}
            ख़बरों के अनुसार {S.the_obl} ने {T} {P} {deed.not}""",
        "dealing": """
            {S.the_obl} ने {T} {O.the_obl} {F.0} {F.1}
            {T!} {S.the_obl} ने {O.the_obl} {F.0} {F.1}
            {T} {S.the_obl} द्वारा {O.the_obl} {F.0} {F.2}
            {T} {O.the_obl} {F.0} {S.the_obl} द्वारा {F.2}""",
        "dealing not": """
            {S.the_obl} ने {T} {O.the_obl} {F.0} नहीं {F.1}
            {T!} {S.the_obl} ने {O.the_obl} {F.0} नहीं {F.1}""",
        "match": """
            {W} ने {T} {L} को हराया
            {T!} {W} ने {L} को हरा दिया
            {W} ने {T} {L} के ख़िलाफ़ मैच जीता
            {L} {T} {W} से हार गया
            {T} {L} को {W} ने हराया
            {L} ने {T} {W} के ख़िलाफ़ मैच गँवाया""",
        "weather": """
            {T} {P} {F.0}
            {P!} {T} {F.0}""",
        "weather not": """
            {T} {P} {F.1}
            {P!} {T} {F.1}""",
    }

    def noun_phrase(self, entry: Entry, phrase: Phrase, form: str) -> str:
        """A noun as this language builds it; see ``Language.noun_phrase``."""
        gender = entry.forms[0]
        many, oblique = phrase.count != 1, form in ("obl", "place", "the_obl")
        name = _inflect(entry, phrase.noun, many, oblique)
        if phrase.quality:
            quality = self.words.qualities[phrase.quality][0].forms[0]
            name = f"{_agree(quality, gender, many or oblique)} {name}"
        if form == "place" or phrase.noun in inv.MASS or phrase.noun in inv.INSTITUTIONS:
            return name
        if form.startswith("the"):
            return f"{'इस' if oblique else 'यह'} {name}"
        number = _NUMBERS[phrase.count] if phrase.count < len(_NUMBERS) else str(phrase.count)
        return f"{_NUMBERS[0] if phrase.count == SOME else number} {name}"

    def can_passive(self, saying: Saying) -> bool:
        """Whether the verb has a passive that its object can begin."""
        return not saying.verb.tail and len(saying.verb.forms) > 1

    def relation(self, entry: Entry, mark: str, form: str) -> str:
        """A place by its landmark."""
        return f"{mark} {entry.forms[0]}"

    def slot_O(self, form: str, saying: Saying) -> str:
        """The object; a tail that begins with a postposition asks for its oblique."""
        scene = saying.scene
        if not scene.object.noun:
            return ""
        if scene.kind == "act" and saying.verb.tail:
            if self.owns_object(saying):
                return ""
            form = "obl" if saying.verb.tail.split()[0] in ("का", "की", "पर", "के") else form
        return self.noun(saying.object, scene.object, form)

    def slot_V(self, form: str, saying: Saying) -> str:
        """The verb of what goes on, in the form that the construction asks for."""
        stem = saying.verb.forms[0]
        parts = (saying.verb.tail, "नहीं" if form == "not" else "", self._lasting(saying, stem))
        return " ".join(part for part in parts if part)

    def _lasting(self, saying: Saying, stem: str) -> str:
        head, _, rest = stem.partition(" ")
        if rest == "हुआ":
            gender, many = _person(saying)
            return f"{_agree(head, gender, many)} {_agree(rest, gender, many)}"
        return stem

    def slot_going(self, form: str, saying: Saying) -> str:
        """The auxiliary of what goes on, agreeing with the subject."""
        gender, many = _person(saying)
        be = "हैं" if many else "है"
        if saying.verb.forms[0].endswith(("हुआ", "हुए")):
            return be
        return f"{_agree('रहा', gender, many)} {be}"

    def slot_is(self, form: str, saying: Saying) -> str:
        """``Is`` or ``are``, agreeing with the subject."""
        return "हैं" if _person(saying)[1] else "है"

    def slot_A(self, form: str, saying: Saying) -> str:
        """What is said of the subject of a state, agreeing with it."""
        gender, many = _person(saying)
        return _agree(saying.verb.forms[0], gender, many)

    def slot_Vpass(self, form: str, saying: Saying) -> str:
        """The passive, agreeing with the object."""
        gender, many = saying.object.forms[0], saying.scene.object.count != 1
        going = f"{_agree('जा रहा', gender, many)} {'हैं' if many else 'है'}"
        return f"{_participle(saying.verb.forms[1], gender, many)} {going}"

    def slot_Vduo(self, form: str, saying: Saying) -> str:
        """The passive of an action on somebody, which agrees with the noun in its tail."""
        word = saying.verb.forms[1]
        return f"{word} जा {'रही' if word.endswith('ी') else 'रहा'} है"

    def slot_Q(self, form: str, saying: Saying) -> str:
        """The quantity that changes, oblique in the form ``obl``."""
        return saying.subject.forms[-1] if form == "obl" else saying.subject.forms[1]

    def slot_changed(self, form: str, saying: Saying) -> str:
        """The participle of a change, agreeing with the quantity."""
        kind = saying.subject.forms[0]
        return _participle(saying.verb.forms[0], kind[0], kind[1] == "p")

    def slot_recorded(self, form: str, saying: Saying) -> str:
        """``Was recorded``, agreeing with the noun of the change."""
        return "किया गया" if saying.verb.forms[1] == "बदलाव" else "की गई"

    def slot_share(self, form: str, saying: Saying) -> str:
        """By how much a quantity changed, in the genitive."""
        return f"{saying.scene.amount} प्रतिशत की" if saying.scene.amount else ""

    def slot_by(self, form: str, saying: Saying) -> str:
        """By how much a quantity changed, in per cent, or nothing."""
        return f"{saying.scene.amount} प्रतिशत" if saying.scene.amount else ""

    def slot_befell(self, form: str, saying: Saying) -> str:
        """What befell several people, agreeing with them."""
        gender = saying.subject.forms[0]
        words = f"{saying.verb.forms[0]} {saying.verb.forms[1]}"
        if gender == "f":
            for word, _, feminine in _BEFALLEN:
                words = words.replace(word, feminine)
        return words

    def slot_nobody(self, form: str, saying: Saying) -> str:
        """What befell nobody, in the singular."""
        words = f"{saying.verb.forms[0]} {saying.verb.forms[1]}"
        for word, single, _ in _BEFALLEN:
            words = words.replace(word, single)
        return words

    def slot_deed(self, form: str, saying: Saying) -> str:
        """What an institution did; denied in the form ``not``."""
        return saying.verb.forms[0].replace("*", " नहीं " if form == "not" else " ")


def _person(saying: Saying) -> tuple[str, bool]:
    """Gender and plurality of the subject; elders are spoken of in the plural."""
    phrase = saying.scene.subject
    return saying.subject.forms[0], phrase.count != 1 or phrase.noun in _KIN


def _inflect(entry: Entry, noun: str, many: bool, oblique: bool) -> str:
    """The noun in its number and case."""
    gender, word = entry.forms[0], entry.forms[1]
    if len(entry.forms) > 2:
        if not many:
            changes = oblique and (" का " in word or word.endswith("इया"))
            return entry.forms[2] if changes else word
        return entry.forms[3 if oblique else 2]
    if gender == "m" and word.endswith("ा"):
        return f"{word[:-1]}ों" if many and oblique else f"{word[:-1]}े" if many or oblique else word
    if gender == "f" and word.endswith("ी"):
        return word if not many else f"{word[:-1]}ियों" if oblique else f"{word[:-1]}ियाँ"
    if gender == "f" and word.endswith("ा"):
        return word if not many else f"{word}ओं" if oblique else f"{word}एँ"
    if not many or not oblique:
        return word
    if word.endswith("ी"):
        return f"{word[:-1]}ियों"
    if word.endswith("ू"):
        return f"{word[:-1]}ुओं"
    return f"{word}यों" if word.endswith("ि") else f"{word}ओं" if word[-1] in "ोुे" else f"{word}ों"


def _agree(word: str, gender: str, many: bool) -> str:
    """A quality or auxiliary in -aa, agreeing; any other stays as it is.  ``many`` covers the oblique."""
    if not word.endswith(("ा", "हुआ", "नया")) or word == "युवा":
        return word
    if word.endswith(("या", "आ")):
        stem, ends = word[: -2 if word.endswith("या") else -1], ("ए", "ई")
    else:
        stem, ends = word[:-1], ("े", "ी")
    return f"{stem}{ends[1]}" if gender == "f" else f"{stem}{ends[0]}" if many else word


def _participle(word: str, gender: str, many: bool) -> str:
    """A perfective participle, agreeing; in the feminine plural it is nasal when it ends the sentence."""
    if word == "पिया":
        return "पी" if gender == "f" else "पिए" if many else word
    form = _agree(word, gender, many)
    return f"{form}ं" if gender == "f" and many and word in ("बढ़ा", "घटा", "गिरा", "बदला", "रहा") else form
