"""Modern Standard Arabic, without vowel signs: its words and its constructions."""

from __future__ import annotations

from typing import ClassVar

from lacoskit_builtins.grammar import inventory as inv
from lacoskit_builtins.grammar.lexicon import Entry, table
from lacoskit_builtins.grammar.realise import Language, Saying, Words
from lacoskit_builtins.grammar.scenes import SOME, Phrase

# A noun: gender, singular, plural.  Behind ~ follows the genitive of a compound, which never changes.
_NOUNS = """
person: m شخص أشخاص; man: m رجل رجال; woman: f امرأة نساء / f سيدة سيدات; child: m طفل أطفال
boy: m ولد أولاد / m صبي صبيان; girl: f بنت بنات / f فتاة فتيات; baby: m رضيع رضع; mother: f أم أمهات
father: m أب آباء; grandmother: f جدة جدات; grandfather: m جد أجداد; teacher: m معلم معلمون / m مدرس مدرسون
doctor: m طبيب أطباء; nurse: f ممرضة ممرضات; student: m طالب طلاب; farmer: m مزارع مزارعون / m فلاح فلاحون
soldier: m جندي جنود; police: m شرطي شرطيون; firefighter: m إطفائي إطفائيون; worker: m عامل عمال
cook: m طباخ طباخون / m طاه~ طهاة; waiter: m نادل ندل; tourist: m سائح سياح
musician: m موسيقي موسيقيون / m عازف عازفون; singer: m مغن~ مغنون / m مطرب مطربون; dancer: m راقص راقصون
painter: m رسام رسامون; athlete: m رياضي رياضيون; footballer: m لاعب~كرة_قدم لاعبو~كرة_قدم; cyclist: m دراج دراجون
fisherman: m صياد صيادون; driver: m سائق سائقون; actor: m ممثل ممثلون; journalist: m صحفي صحفيون / m مراسل مراسلون
scientist: m عالم علماء / m باحث باحثون; photographer: m مصور مصورون; animal: m حيوان حيوانات; dog: m كلب كلاب
puppy: m جرو جراء; cat: f قطة قطط; kitten: f قطيطة قطيطات; horse: m حصان أحصنة; cow: f بقرة أبقار
sheep: m خروف خراف; goat: f عنزة عنزات; monkey: m قرد قرود; elephant: m فيل أفيال; lion: m أسد أسود
tiger: m نمر نمور; bear: m دب دببة; rabbit: m أرنب أرانب; panda: m باندا باندا; camel: m جمل جمال; bird: m طائر طيور
duck: f بطة بطات; chicken: f دجاجة دجاجات; company: f الشركة شركات; bank: m البنك بنوك / m المصرف مصارف
airline: f شركة_الطيران شركات; newspaper_co: f دار_النشر دور; government: f الحكومة حكومات
ministry: f الوزارة وزارات; court: f المحكمة محاكم; party: m الحزب_الحاكم أحزاب; opposition: f المعارضة معارضات
union: f نقابة_العمال نقابات; university: f الجامعة جامعات; team: m المنتخب_الوطني منتخبات
president: m الرئيس رؤساء; minister: m الوزير وزراء; mayor: m رئيس_البلدية رؤساء
parliament: m البرلمان برلمانات / m مجلس_النواب مجالس; hospital_co: m المستشفى مستشفيات; army: m الجيش جيوش
instrument: f آلة_موسيقية آلات_موسيقية; guitar: m غيتار غيتارات; piano: m بيانو بيانو; violin: m كمان كمانات
flute: m مزمار مزامير; drum: f طبلة طبول; food: m طعام أطعمة; drink: m مشروب مشروبات; fruit: f ثمرة~فاكهة ثمار~فاكهة
apple: f تفاحة تفاحات; banana: f موزة موزات; orange: f برتقالة برتقالات; vegetable: f حبة~خضار حبات~خضار
tomato: f حبة~طماطم حبات~طماطم; potato: f حبة~بطاطس حبات~بطاطس; onion: f بصلة بصلات; carrot: f جزرة جزرات
bread: m خبز خبز; rice: m أرز أرز; meat: m لحم لحوم; fish_food: m سمك أسماك; soup: m حساء حساء; cake: f كعكة كعكات
egg: f بيضة بيضات; water: m ماء مياه; milk: m حليب حليب; coffee: f قهوة قهوة; tea: m شاي شاي; juice: m عصير عصائر
vehicle: f مركبة مركبات; car: f سيارة سيارات; truck: f شاحنة شاحنات; bus: f حافلة حافلات
bicycle: f دراجة_هوائية دراجات_هوائية; motorcycle: f دراجة_نارية دراجات_نارية; boat: m قارب قوارب / m زورق زوارق
plane: f طائرة طائرات; train: m قطار قطارات; tractor: m جرار جرارات; book: m كتاب كتب
newspaper: f صحيفة صحف / f جريدة جرائد; letter: f رسالة رسائل; magazine: f مجلة مجلات; hat: f قبعة قبعات
shirt: m قميص قمصان; jacket: f سترة سترات; coat: m معطف معاطف; dress: m فستان فساتين; door: m باب أبواب
window: f نافذة نوافذ; box: m صندوق صناديق; bag: f حقيبة حقائب; basket: f سلة سلال; chair: m كرسي كراس~
table: f طاولة طاولات; bed: m سرير أسرة; sofa: f أريكة أرائك; phone: m هاتف هواتف; computer: m حاسوب حواسيب
camera: f كاميرا~ كاميرات; umbrella: f مظلة مظلات; ball: f كرة كرات; rope: m حبل حبال; ladder: m سلم سلالم
wall: m جدار جدران / m حائط حيطان; fence: m سياج أسيجة; house: m منزل منازل / m بيت بيوت; bridge: m جسر جسور
tree: f شجرة أشجار; flower: f زهرة أزهار / f وردة ورود; picture: f لوحة لوحات; plate: m طبق أطباق
cup: m كوب أكواب / m فنجان فناجين; toy: f لعبة ألعاب; lamp: m مصباح مصابيح; clock: f ساعة ساعات; stone: m حجر أحجار
disaster: f كارثة كوارث; earthquake: m زلزال زلازل; flood: m فيضان فيضانات; storm: f عاصفة عواصف; fire: m حريق حرائق
accident: m حادث حوادث; explosion: m انفجار انفجارات; plane_crash: m حادث~تحطم_طائرة حوادث
train_accident: m حادث~قطار حوادث; attack_event: m هجوم هجمات; landslide: m انهيار~أرضي انهيارات
"""
# A verb: present, feminine plural where no rule gives it.  Behind @ in the tail stands the preposition of the object.
_VERBS = """
run: يركض / يجري; walk: يمشي / يسير يسرن; jump: يقفز; crawl: يزحف; fly: يطير يطرن; move: يتحرك; swim: يسبح
surf: يركب + الأمواج; ski: يتزلج + على الثلج; skate: يتزلج + بالعجلات; sport: يمارس + الرياضة
football: يلعب + كرة القدم; basketball: يلعب + كرة السلة; tennis: يلعب + كرة المضرب / يلعب + التنس
chess: يلعب + الشطرنج; cards: يلعب + الورق; sleep: ينام ينمن; rest: يستريح يسترحن / يرتاح يرتحن; sit: يجلس
stand: يقف; dance: يرقص; sing: يغني; music: يعزف + الموسيقى; cry: يبكي; laugh: يضحك; smile: يبتسم
talk: يتحدث / يتكلم; shout: يصرخ / يصيح يصحن; whisper: يهمس; work: يعمل; study: يدرس; shop: يتسوق
fish: يصطاد يصطدن + السمك; wait: ينتظر; yawn: يتثاءب; play: يلهو / يمرح; eat: يأكل / يتناول; drink: يشرب
play_on: يعزف; play_on.instrument: يعزف + على آلة موسيقية; play_on.guitar: يعزف + على الغيتار
play_on.piano: يعزف + على البيانو; play_on.violin: يعزف + على الكمان; play_on.flute: يعزف + على المزمار
play_on.drum: يقرع + على الطبل; cut: يقطع; cook: يطبخ / يطهو; peel: يقشر; wash: يغسل; clean: ينظف; ride: يركب
drive: يقود يقدن; read: يقرأ / يطالع; write: يكتب; paint: يلون; paint.wall: يدهن / يطلي; paint.door: يدهن / يطلي
paint.fence: يدهن / يطلي; paint.house: يدهن / يطلي; draw: يرسم; carry: ينقل / يحمل; open: يفتح; close: يغلق
buy: يشتري; sell: يبيع يبعن; throw: يرمي / يقذف; catch: يلتقط; repair: يصلح; break: يكسر / يحطم; climb: يتسلق
push: يدفع; pull: يسحب / يجر يجررن; build: يبني / يشيد; hold: يمسك + @ب; use: يستخدم / يستعمل; plant: يزرع
wear: يرتدي / يلبس; touch: يلمس; chase: يطارد / يلاحق; follow: يتبع; help: يساعد; hug: يعانق; kiss: يقبل
photograph: يصور; feed: يطعم; greet: يحيي; call_out: ينادي; attack: يهاجم; watch: يراقب / يشاهد; bathe: يحمم / يغسل
touch_one: يلمس; look_for: يبحث + @عن; push_one: يدفع; congratulate: يهنئ
"""
# A quality: masculine; feminine and human plural where no rule gives them.
_QUALITIES = """
young: شاب شابة شباب; old: مسن; happy: سعيد سعيدة سعداء; sad: حزين; tall: طويل طويلة طوال; short: قصير قصيرة قصار
big: كبير كبيرة كبار; small: صغير صغيرة صغار; red: أحمر حمراء حمر; blue: أزرق زرقاء زرق; green: أخضر خضراء خضر
yellow: أصفر صفراء صفر; black: أسود سوداء سود; white: أبيض بيضاء بيض; new: جديد; worn: قديم; opened: مفتوح
closed: مغلق; full: ممتلئ; empty: فارغ; clean_q: نظيف; dirty: متسخ; dear: باهظ~الثمن باهظة~الثمن; cheap: رخيص
wet: مبلل; dry: جاف; hot: ساخن; cold: بارد; heavy: ثقيل; light: خفيف; tired: متعب; strong: قوي قوية أقوياء
"""
_PLACES = """
outdoors: في_الهواء_الطلق; park: في_المتنزه; beach: على_الشاطئ; street: في_الشارع; garden: في_الحديقة
forest: في_الغابة; river: على_ضفة_النهر; lake: على_ضفة_البحيرة; mountain: في_الجبل; snow: في_الثلج; field: في_الحقل
farm: في_المزرعة; village: في_القرية; stadium: في_الملعب; market: في_السوق; bridge_place: على_الجسر
desert: في_الصحراء; playground: في_ساحة_الألعاب; indoors: داخل_مبنى / في_الداخل; kitchen: في_المطبخ
school: في_المدرسة; station: في_المحطة; hospital: في_المستشفى; restaurant: في_المطعم; office: في_المكتب
bedroom: في_غرفة_النوم; library: في_المكتبة; airport: في_المطار; factory: في_المصنع; shop_place: في_المتجر
museum: في_المتحف; gym: في_صالة_الرياضة; living_room: في_غرفة_الجلوس; stage: على_المسرح / على_خشبة_المسرح
city: في_المدينة; north: في_الشمال; south: في_الجنوب; river_in: في_النهر; pool: في_المسبح; sea: في_البحر
china: في_الصين; france: في_فرنسا; spain: في_إسبانيا; brazil: في_البرازيل; india: في_الهند; japan: في_اليابان
germany: في_ألمانيا; italy: في_إيطاليا; mexico: في_المكسيك; egypt: في_مصر; kenya: في_كينيا; vietnam: في_فيتنام
indonesia: في_إندونيسيا; russia: في_روسيا; turkey: في_تركيا; canada: في_كندا; portugal: في_البرتغال
argentina: في_الأرجنتين; australia: في_أستراليا
"""
_TIMES = """
morning: في_الصباح / صباحًا; afternoon: بعد_الظهر; evening: في_المساء / مساءً; night: في_الليل / ليلًا
summer: في_الصيف; winter: في_الشتاء; spring: في_الربيع; autumn: في_الخريف; sunday: في_يوم_الأحد
saturday: في_يوم_السبت; weekday: في_يوم_عمل; rain_time: تحت_المطر; sun_time: تحت_الشمس / في_الشمس
n_monday: يوم_الاثنين; n_tuesday: يوم_الثلاثاء; n_wednesday: يوم_الأربعاء; n_thursday: يوم_الخميس
n_friday: يوم_الجمعة; last_week: الأسبوع_الماضي; last_month: الشهر_الماضي; last_year: العام_الماضي / السنة_الماضية
yesterday: أمس; january: في_يناير / في_شهر_يناير; march: في_مارس / في_شهر_مارس; july: في_يوليو / في_شهر_يوليو
october: في_أكتوبر / في_شهر_أكتوبر
"""
# A manner: where it agrees with the subject, masculine and feminine.
_MANNERS = """
alone: بمفرده بمفردها / وحده وحدها; with_friends: مع_الأصدقاء; with_family: مع_العائلة / مع_الأسرة; quickly: بسرعة
slowly: ببطء; quietly: بهدوء / في_صمت; loudly: بصوت_عال; carefully: بعناية / بحذر
"""
_RELATIONS = "on: على / فوق; under: تحت; behind: خلف / وراء; before: أمام; beside: بجانب / قرب"
# A quantity: gender, its name.
_QUANTITIES = """
oil_price: m سعر_النفط; gold_price: m سعر_الذهب; food_prices: f أسعار_المواد_الغذائية; house_prices: f أسعار_المساكن
exports: f الصادرات; imports: f الواردات; unemployment: f البطالة; inflation: m التضخم; sales: f مبيعات_السيارات
profits: f أرباح_الشركات; shares: f أسهم_البنوك; rents: f الإيجارات; wages: f الأجور / f الرواتب; taxes: f الضرائب
production: m الإنتاج_الصناعي; debt: m الدين_العام; population: m عدد_السكان; temperature: f درجة_الحرارة
tourism: m عدد_السياح; euro: m اليورو; dollar: m الدولار; traffic: f حركة_المرور
"""
# A change: past, jussive, noun.
_CHANGES = """
rise: ارتفع يرتفع ارتفاعًا / صعد يصعد صعودًا; fall: انخفض ينخفض انخفاضًا / تراجع يتراجع تراجعًا; stable: استقر يستقر
change: تغير يتغير تغيرًا
"""
# An outcome: past passive, its jussive, what stands before the event.
_OUTCOMES = """
killed: قُتل يُقتل في; injured: أصيب يُصب في / جُرح يُجرح في; rescued: أُنقذ يُنقذ بعد; evacuated: أُجلي يُجل بعد
"""
# A deed: past, jussive, the rest.
_DEEDS = """
sign_deal: وقع يوقع + اتفاقًا تجاريًا / أبرم يبرم + اتفاقًا تجاريًا; refuse_deal: رفض يرفض + اتفاقًا تجاريًا
open_factory: افتتح يفتتح + مصنعًا; close_factory: أغلق يغلق + مصنعًا; raise_prices: رفع يرفع + الأسعار
cut_prices: خفض يخفض + الأسعار; accept_plan: قبل يقبل + الخطة; reject_plan: رفض يرفض + الخطة
win_election: كسب يكسب + التصويت / ربح يربح + التصويت; lose_election: خسر يخسر + التصويت
win_prize: كسب يكسب + جائزة مهمة / نال ينل + جائزة مهمة; lose_prize: خسر يخسر + جائزة مهمة
buy_land: اشترى يشتر + أراضي; sell_land: باع يبع + أراضي; start_strike: أعلن يعلن + إضرابًا
end_strike: أنهى ينه + إضرابًا; publish_report: نشر ينشر + تقريرًا / أصدر يصدر + تقريرًا
hide_report: أخفى يخف + تقريرًا; cut_jobs: ألغى يلغ + ألف وظيفة; create_jobs: وفر يوفر + ألف وظيفة
start_talks: بدأ يبدأ + محادثات سلام; end_talks: أنهى ينه + محادثات السلام / أوقف يوقف + محادثات السلام
build_school: بنى يبن + مدرسة / شيد يشيد + مدرسة; close_school: أغلق يغلق + مدرسة
approve_law: أقر يقر + القانون الجديد / أيد يؤيد + القانون الجديد; block_law: عرقل يعرقل + القانون الجديد
send_aid: أرسل يرسل + مساعدات غذائية / قدم يقدم + مساعدات غذائية; stop_aid: أوقف يوقف + المساعدات الغذائية
"""
_DEALINGS = """
criticise: انتقد ينتقد; support: دعم يدعم / أيد يؤيد; sue: لاحق يلاحق + قضائيًا; praise: مدح يمدح; warn: حذر يحذر
deceive: خدع يخدع / ضلل يضلل
"""
_COUNTRIES = """
china: الصين; france: فرنسا; spain: إسبانيا; brazil: البرازيل; india: الهند; japan: اليابان; germany: ألمانيا
italy: إيطاليا; mexico: المكسيك; egypt: مصر; kenya: كينيا; vietnam: فيتنام; indonesia: إندونيسيا; russia: روسيا
turkey: تركيا; canada: كندا; portugal: البرتغال; argentina: الأرجنتين; australia: أستراليا
"""
_WEATHER = """
raining: تمطر_السماء لا_تمطر_السماء / يهطل_المطر لا_يهطل_المطر
snowing: تتساقط_الثلوج لا_تتساقط_الثلوج / يتساقط_الثلج لا_يتساقط_الثلج
sunny: الجو_مشمس الجو_ليس_مشمسًا / الطقس_مشمس الطقس_ليس_مشمسًا; windy: تهب_رياح_قوية لا_تهب_رياح_قوية
cloudy: السماء_غائمة السماء_ليست_غائمة / الطقس_غائم الطقس_ليس_غائمًا
hot_day: الجو_حار_جدًا الجو_ليس_حارًا / الطقس_حار_جدًا الطقس_ليس_حارًا
cold_day: الجو_بارد_جدًا الجو_ليس_باردًا / الطقس_بارد_جدًا الطقس_ليس_باردًا
stormy: هناك_عاصفة_رعدية ليست_هناك_عاصفة_رعدية
"""
_WITH_MASCULINE = ("", "", "", "ثلاثة", "أربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة", "عشرة")
_WITH_FEMININE = ("", "", "", "ثلاث", "أربع", "خمس", "ست", "سبع", "ثماني", "تسع", "عشر")
_HUMAN = frozenset((*inv.PEOPLE, "baby"))


class Arabic(Language):
    """Arabic: verb first or topic first, duals, and things in the plural agreeing like a feminine singular."""

    code = "ar"
    words = Words(
        nouns=table(_NOUNS), verbs=table(_VERBS), qualities=table(_QUALITIES), places=table(_PLACES),
        times=table(_TIMES), manners=table(_MANNERS), relations=table(_RELATIONS), quantities=table(_QUANTITIES),
        changes=table(_CHANGES), outcomes=table(_OUTCOMES), deeds=table(_DEEDS), dealings=table(_DEALINGS),
        countries=table(_COUNTRIES), weather=table(_WEATHER),
    )  # fmt: skip
    constructions: ClassVar[dict[str, str]] = {
        "act": """
            {V} {S} {O} {M} {P} {T}
            {V} {S} {O} {M} {P} {T}
            {S} {V.sv} {O} {M} {P} {T}
            {P!} {V} {S} {O} {M} {T}
            {T!} {V} {S} {O} {M} {P}
            هناك {S} {V.sv} {O} {M} {P} {T}
            تظهر الصورة {S.acc} {V.sv} {O} {M} {P} {T}
            {P!} {S} {V.sv} {O} {M} {T}
            هناك {O.nom!} {V}{them} {S} {M} {P} {T}""",
        "act not": """
            {S} لا {V.sv} {O} {M} {P} {T}
            هناك {S} لا {V.sv} {O} {M} {P} {T}
            {P!} {S} لا {V.sv} {O} {M} {T}
            تظهر الصورة {S.acc} لا {V.sv} {O} {M} {P} {T}""",
        "duo": """
            {V} {S} {O.acc} {P} {T}
            {S} {V.sv} {O.acc} {P} {T}
            هناك {S} {V.sv} {O.acc} {P} {T}
            ?direct هناك {O} {V}{them} {S} {P} {T}
            {P!} {V} {S} {O.acc} {T}
            ?direct تظهر الصورة {O.acc} {V}{them} {S} {P} {T}""",
        "duo not": """
            {S} لا {V.sv} {O.acc} {P} {T}
            هناك {S} لا {V.sv} {O.acc} {P} {T}""",
        "state": """
            {S.the} {A}
            في الصورة {S.the} {A}
            من الواضح أن {S.the} {A}
            ?plain هنا {I}""",
        "state not": """
            {S.the} {isnt} {A.acc}
            في الصورة {S.the} {isnt} {A.acc}
            من الواضح أن {S.the} {isnt} {A.acc}""",
        "locate": """
            هناك {S} {P}
            {found} {S} {P}
            {P} {S}
            في الصورة {S} {P}""",
        "locate not": """
            هناك {S} {isnt} {P}
            في الصورة {S} {isnt} {P}""",
        "change": """
            {past} {Q} {by} {P} {T}
            {P!} {past} {Q} {by} {T}
            {T!} {past} {Q} {by} {P}
            وفقًا لأحدث الأرقام، {past} {Q} {by} {P} {T}
            ?three {noted} {Q} {F.2} بنسبة {N!} بالمئة {P} {T}""",
        "change not": """
            لم {past.not} {Q} {by} {P} {T}
            {T!} لم {past.not} {Q} {by} {P}
            وفقًا لأحدث الأرقام، لم {past.not} {Q} {by} {P} {T}""",
        "toll": """
            {befell} {S} {F.2} {O.gen} {P} {T}
            {T!} {befell} {S} {F.2} {O.gen} {P}
            {P!} {befell} {S} {F.2} {O.gen} {T}
            وفقًا للسلطات، {befell} {S} {F.2} {O.gen} {P} {T}""",
        "toll not": """
            لم {F.1} أحد {F.2} {O.gen} {P} {T}
            {T!} لم {F.1} أحد {F.2} {O.gen} {P}
            وفقًا للسلطات، لم {F.1} أحد {F.2} {O.gen} {P} {T}""",
        "deed": """
            {past} {S.the} {tail} {P} {T}
            {S.the} {past} {tail} {P} {T}
            {T!} {past} {S.the} {tail} {P}
            {P!} {past} {S.the} {tail} {T}
            وفقًا للصحافة، {past} {S.the} {tail} {P} {T}""",
        "deed not": """
            لم {past.not} {S.the} {tail} {P} {T}
            {T!} لم {past.not} {S.the} {tail} {P}
            وفقًا للصحافة، لم {past.not} {S.the} {tail} {P} {T}""",
        "dealing": """
            {past} {S.the} {O.the} {tail} {T}
            {S.the} {past} {O.the} {tail} {T}
            {T!} {past} {S.the} {O.the} {tail}
            {O.the} {past}{them} {S.the} {tail} {T}""",
        "dealing not": """
            لم {past.not} {S.the} {O.the} {tail} {T}
            {O.the} لم {past.not}{them} {S.the} {tail} {T}""",
        "match": """
            فازت {W} على {L} {T}
            هزمت {W} {L} {T}
            {T!} فازت {W} في المباراة على {L}
            خسرت {L} أمام {W} {T}
            خسرت {L} المباراة أمام {W} {T}
            {L} هزمتها {W} {T}""",
        "weather": """
            {F.0} {P} {T}
            {P!} {F.0} {T}
            {T!} {F.0} {P}""",
        "weather not": """
            {F.1} {P} {T}
            {P!} {F.1} {T}""",
    }

    def noun_phrase(self, entry: Entry, phrase: Phrase, form: str) -> str:
        """A noun as this language builds it; see ``Language.noun_phrase``."""
        gender, single = entry.forms[0], entry.forms[1]
        oblique = form in ("acc", "gen")
        quality = self.words.qualities[phrase.quality][0] if phrase.quality else None
        if phrase.noun in inv.INSTITUTIONS:
            return single
        if form in ("the", "place"):
            words = [f"ال{word}" for word in single.replace("~", " ").split()]
            return " ".join((*words, f"ال{_gendered(quality, gender)}" if quality else "")).replace("~", " ").strip()
        if phrase.count == 1 or phrase.count > 10:
            accusative = form == "acc" or phrase.count > 10
            name = _accusative(single) if accusative else single
            told = _gendered(quality, gender) if quality else ""
            words = [name, _accusative(told) if accusative else told]
            number = str(phrase.count) if phrase.count > 10 else ""
            return _plain(" ".join(word for word in (number, *words) if word))
        if phrase.count == 2:
            told = _dual(_gendered(quality, gender), oblique) if quality else ""
            return _plain(f"{_dual(single, oblique)} {told}".strip())
        number = "عدة" if phrase.count == SOME else (_WITH_MASCULINE if gender == "m" else _WITH_FEMININE)[phrase.count]
        told = _plural_quality(quality, gender, phrase.noun in _HUMAN) if quality else ""
        return _plain(f"{number} {_genitive_plural(entry.forms[2])} {told}".strip())

    def extras(self, saying: Saying) -> tuple[str, ...]:
        """The conditions of every language and its own."""
        return (*super().extras(saying), "governed" if saying.verb.tail else "direct")

    def manner(self, entry: Entry, saying: Saying) -> str:
        """How something is done, agreeing where the word does."""
        return entry.forms[-1] if saying.subject.forms[0] == "f" else entry.forms[0]

    def slot_O(self, form: str, saying: Saying) -> str:
        """The object with what its verb asks for, or nothing."""
        scene, tail = saying.scene, saying.verb.tail
        if not scene.object.noun:
            return ""
        if scene.kind in ("act", "duo") and tail.startswith("@"):
            preposition = tail[1:]
            return f"{preposition}{'' if preposition == 'ب' else ' '}{self.noun(saying.object, scene.object, 'gen')}"
        if scene.kind == "act" and tail:
            return tail
        return self.noun(saying.object, scene.object, form or ("acc" if scene.kind == "act" else ""))

    def slot_V(self, form: str, saying: Saying) -> str:
        """The verb: singular before its subject, in full agreement behind it."""
        verb, phrase, gender = saying.verb, saying.scene.subject, saying.subject.forms[0]
        word = verb.forms[0]
        many = phrase.count != 1
        if many and phrase.noun not in _HUMAN and phrase.count != 2:
            word = _she(word)
        elif form != "sv" or not many:
            word = _she(word) if gender == "f" else word
        else:
            word = _conjugated(verb, gender, phrase.count == 2)
        tail = verb.tail if verb.tail and not verb.tail.startswith("@") and not saying.scene.object.noun else ""
        return f"{word} {tail}".rstrip()

    def slot_them(self, form: str, saying: Saying) -> str:
        """The pronoun that takes up an object said before its verb; it is written on to the verb."""
        phrase, gender = saying.scene.object, saying.object.forms[0]
        if phrase.count == 1:
            return "ه" if gender == "m" else "ها"
        if phrase.count == 2:
            return "هما"
        return "ها" if phrase.noun not in _HUMAN else "هم" if gender == "m" else "هن"

    def slot_A(self, form: str, saying: Saying) -> str:
        """What is said of the subject of a state, agreeing with it."""
        word = _gendered(saying.verb, saying.subject.forms[0])
        return _plain(_accusative(word) if form == "acc" else word)

    def slot_isnt(self, form: str, saying: Saying) -> str:
        """``Is not``, agreeing with the subject."""
        phrase, gender = saying.scene.subject, saying.subject.forms[0]
        if phrase.count == 2:
            return "ليسا" if gender == "m" else "ليستا"
        return "ليست" if gender == "f" or phrase.count != 1 else "ليس"

    def slot_found(self, form: str, saying: Saying) -> str:
        """``Is to be found``, agreeing with the subject."""
        many = saying.scene.subject.count not in (1, 2)
        return "توجد" if many or saying.subject.forms[0] == "f" else "يوجد"

    def slot_past(self, form: str, saying: Saying) -> str:
        """The past of what happened, agreeing with the subject."""
        feminine = saying.subject.forms[0] == "f"
        if form == "not":
            return _she(saying.verb.forms[1]) if feminine else saying.verb.forms[1]
        return _past_she(saying.verb.forms[0]) if feminine else saying.verb.forms[0]

    def slot_noted(self, form: str, saying: Saying) -> str:
        """``Recorded``, agreeing with the quantity."""
        return "سجلت" if saying.subject.forms[0] == "f" else "سجل"

    def slot_befell(self, form: str, saying: Saying) -> str:
        """What befell several people, agreeing with them."""
        word = saying.verb.forms[0]
        return _past_she(word) if saying.subject.forms[0] == "f" else word

    def slot_by(self, form: str, saying: Saying) -> str:
        """By how much a quantity changed, in per cent, or nothing."""
        return f"بنسبة {saying.scene.amount} بالمئة" if saying.scene.amount else ""

    def polish(self, text: str) -> str:
        """Contractions and elisions over the whole sentence."""
        return text.replace("يقرأه", "يقرؤه").replace("تقرأه", "تقرؤه")


def _she(word: str) -> str:
    """The feminine singular of a present."""
    return f"ت{word[1:]}"


def _past_she(word: str) -> str:
    """The feminine singular of a past."""
    return f"{word[:-1]}ت" if word.endswith("ى") else f"{word}ت"


def _conjugated(verb: Entry, gender: str, two: bool) -> str:
    """A present that agrees with two or more people before it."""
    word = verb.forms[0]
    if two:
        stem = word if gender == "m" else _she(word)
        return f"{stem[:-1]}آن" if stem.endswith("أ") else f"{stem}ان"
    if gender == "f":
        return verb.forms[1] if len(verb.forms) > 1 else f"{word}ن"
    if word.endswith("أ"):
        return f"{word[:-1]}ؤون"
    return f"{word[:-1]}ون" if word[-1] in "يو" else f"{word}ون"


def _accusative(word: str) -> str:
    """The indefinite accusative singular: an alif with tanwin where the spelling asks for one."""
    head, mark, rest = word.partition("~")
    if mark:
        return f"{head}يًا" if not rest and head in ("طاه", "مغن") else word
    first, space, second = word.partition(" ")
    if space:
        return f"{_accusative(first)} {_accusative(second)}"
    if not word or word.endswith(("ة", "اء", "ى", "ا", "و")) or word in _WITHOUT_TANWIN:
        return f"{word}ً" if word == "ماء" else word
    return f"{word}ًا"


_WITHOUT_TANWIN = frozenset(("أحمر", "أزرق", "أخضر", "أصفر", "أسود", "أبيض"))


def _dual(word: str, oblique: bool) -> str:
    """The dual; the head of a compound loses the nun."""
    head, mark, rest = word.partition("~")
    ending = "ين" if oblique else "ان"
    if mark and rest:
        return f"{_stem(head)}{ending[0]}~{rest}"
    if mark and head in ("طاه", "مغن"):
        return f"{head}ي{ending}"
    if mark:  # a loan word in -a
        return f"{head[:-1]}ت{ending}" if head == "كاميرا" else f"{head}{ending}"
    first, space, second = word.partition(" ")
    return f"{_dual(first, oblique)} {_dual(second, oblique)}" if space else f"{_stem(word)}{ending}"


def _stem(word: str) -> str:
    """What the endings of the dual are added to."""
    if word.endswith("ة"):
        return f"{word[:-1]}ت"
    return f"{word[:-1]}و" if word.endswith("اء") else word


def _genitive_plural(word: str) -> str:
    head, mark, rest = word.partition("~")
    if mark and rest:
        return f"{head[:-1]}ي~{rest}" if head.endswith("و") else word
    return f"{word[:-2]}ين" if word.endswith("ون") else word


def _gendered(quality: Entry, gender: str) -> str:
    if gender == "m":
        return quality.forms[0]
    return quality.forms[1] if len(quality.forms) > 1 else f"{quality.forms[0]}ة"


def _plural_quality(quality: Entry, gender: str, human: bool) -> str:
    """A quality behind a plural, which stands in the genitive."""
    feminine = _gendered(quality, "f")
    if not human:
        return feminine
    if gender == "f":
        return f"{feminine[:-1]}ات"
    return quality.forms[2] if len(quality.forms) > 2 else f"{quality.forms[0]}ين"


def _plain(text: str) -> str:
    """Without the marks of compounds."""
    return text.replace("~ ", " ").replace("~", " ").strip()
