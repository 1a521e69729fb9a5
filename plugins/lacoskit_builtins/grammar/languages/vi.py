"""Vietnamese: its words and its constructions."""

from __future__ import annotations

from typing import ClassVar

from lacoskit_builtins.grammar import inventory as inv
from lacoskit_builtins.grammar.languages._isolating import Isolating
from lacoskit_builtins.grammar.lexicon import Entry, table
from lacoskit_builtins.grammar.realise import Saying, Words
from lacoskit_builtins.grammar.scenes import Phrase

# A noun: its classifier (- for none), the noun.
_NOUNS = """
person: - người; man: người đàn_ông; woman: người phụ_nữ; child: đứa trẻ / đứa trẻ_em; boy: cậu bé / bé trai
girl: cô bé / bé gái; baby: em bé_sơ_sinh; mother: người mẹ; father: người cha / ông bố; grandmother: người bà
grandfather: người ông; teacher: - giáo_viên / thầy giáo; doctor: - bác_sĩ; nurse: - y_tá; student: - sinh_viên
farmer: - nông_dân; soldier: người lính / - binh_sĩ; police: - cảnh_sát
firefighter: - lính_cứu_hỏa / - nhân_viên_cứu_hỏa; worker: - công_nhân; cook: - đầu_bếp
waiter: - bồi_bàn / - nhân_viên_phục_vụ; tourist: - du_khách / - khách_du_lịch; musician: - nhạc_sĩ / - nhạc_công
singer: - ca_sĩ; dancer: - vũ_công; painter: - họa_sĩ; athlete: - vận_động_viên; footballer: - cầu_thủ_bóng_đá
cyclist: - vận_động_viên_xe_đạp / - tay_đua_xe_đạp; fisherman: - ngư_dân; driver: - tài_xế / người lái_xe
actor: - diễn_viên; journalist: - nhà_báo / - phóng_viên; scientist: - nhà_khoa_học
photographer: - nhiếp_ảnh_gia / - thợ_chụp_ảnh; animal: con vật / - động_vật; dog: con chó / chú chó
puppy: chú chó_con; cat: con mèo / chú mèo; kitten: chú mèo_con; horse: con ngựa; cow: con bò; sheep: con cừu
goat: con dê; monkey: con khỉ; elephant: con voi; lion: con sư_tử; tiger: con hổ / con cọp; bear: con gấu
rabbit: con thỏ; panda: con gấu_trúc; camel: con lạc_đà; bird: con chim; duck: con vịt; chicken: con gà
company: - công_ty; bank: - ngân_hàng; airline: - hãng_hàng_không; newspaper_co: - nhà_xuất_bản
government: - chính_phủ; ministry: - cơ_quan_bộ; court: - tòa_án; party: - đảng_cầm_quyền; opposition: - phe_đối_lập
union: - công_đoàn; university: - trường_đại_học; team: - đội_tuyển_quốc_gia; president: - tổng_thống
minister: - bộ_trưởng; mayor: - thị_trưởng; parliament: - quốc_hội; hospital_co: - bệnh_viện; army: - quân_đội
instrument: - nhạc_cụ; guitar: cây ghi-ta; piano: cây dương_cầm; violin: cây vĩ_cầm; flute: cây sáo; drum: cái trống
food: món thức_ăn; drink: - đồ_uống; fruit: - trái_cây / - hoa_quả; apple: quả táo / trái táo
banana: quả chuối / trái chuối; orange: quả cam / trái cam; vegetable: củ rau; tomato: quả cà_chua / trái cà_chua
potato: củ khoai_tây; onion: củ hành_tây; carrot: củ cà_rốt; bread: - bánh_mì; rice: - cơm; meat: - thịt
fish_food: - cá; soup: - súp / - canh; cake: cái bánh_ngọt; egg: quả trứng; water: - nước; milk: - sữa
coffee: - cà_phê; tea: - trà; juice: - nước_ép; vehicle: - phương_tiện_giao_thông; car: chiếc ô_tô / chiếc xe_hơi
truck: chiếc xe_tải; bus: chiếc xe_buýt; bicycle: chiếc xe_đạp; motorcycle: chiếc xe_máy / chiếc mô_tô
boat: chiếc thuyền; plane: chiếc máy_bay; train: đoàn tàu; tractor: chiếc máy_kéo; book: cuốn sách / quyển sách
newspaper: tờ báo; letter: bức thư / lá thư; magazine: cuốn tạp_chí / quyển tạp_chí; hat: chiếc mũ / chiếc nón
shirt: chiếc áo_sơ_mi; jacket: chiếc áo_khoác_ngắn; coat: chiếc áo_choàng; dress: chiếc váy / chiếc đầm
door: cánh cửa; window: cái cửa_sổ; box: cái hộp; bag: cái túi; basket: cái giỏ / cái rổ; chair: cái ghế / chiếc ghế
table: cái bàn / chiếc bàn; bed: cái giường / chiếc giường; sofa: chiếc ghế_sô-pha; phone: chiếc điện_thoại
computer: chiếc máy_tính; camera: chiếc máy_ảnh; umbrella: chiếc ô / chiếc dù; ball: quả bóng / trái bóng
rope: sợi dây_thừng; ladder: cái thang; wall: bức tường; fence: cái hàng_rào; house: ngôi nhà / căn nhà
bridge: cây cầu; tree: cái cây; flower: bông hoa; picture: bức tranh; plate: cái đĩa; cup: cái cốc / cái tách
toy: món đồ_chơi; lamp: cái đèn; clock: cái đồng_hồ; stone: hòn đá / viên đá; disaster: - thảm_họa
earthquake: trận động_đất; flood: trận lũ_lụt; storm: cơn bão; fire: vụ hỏa_hoạn / vụ cháy; accident: vụ tai_nạn
explosion: vụ nổ; plane_crash: vụ tai_nạn_máy_bay / vụ rơi_máy_bay; train_accident: vụ tai_nạn_tàu_hỏa
attack_event: vụ tấn_công; landslide: vụ sạt_lở_đất
"""
_VERBS = """
run: chạy; walk: đi_bộ; jump: nhảy_lên; crawl: bò; fly: bay; move: di_chuyển; swim: bơi / bơi_lội; surf: lướt_sóng
ski: trượt_tuyết; skate: trượt_băng / trượt_patin; sport: chơi_thể_thao / tập_thể_thao
football: chơi_bóng_đá / đá_bóng; basketball: chơi_bóng_rổ; tennis: chơi_quần_vợt; chess: chơi_cờ / đánh_cờ
cards: chơi_bài / đánh_bài; sleep: ngủ; rest: nghỉ_ngơi; sit: ngồi; stand: đứng; dance: nhảy_múa / khiêu_vũ
sing: hát / ca_hát; music: chơi_nhạc / biểu_diễn_âm_nhạc; cry: khóc; laugh: cười_to; smile: mỉm_cười
talk: nói_chuyện / trò_chuyện; shout: la_hét / hét_lên; whisper: thì_thầm / nói_thầm; work: làm_việc / lao_động
study: học / học_bài; shop: mua_sắm; fish: câu_cá; wait: chờ_đợi / đợi; yawn: ngáp; play: chơi_đùa / vui_chơi
eat: ăn; drink: uống; play_on: chơi; play_on.guitar: chơi + ghi-ta / đánh + ghi-ta; play_on.piano: chơi + dương cầm
play_on.violin: chơi + vĩ cầm / kéo + vĩ cầm; play_on.flute: thổi + sáo; play_on.drum: chơi + trống / đánh + trống
cut: cắt / thái; cut.rope: cắt; cook: nấu / chế_biến; peel: gọt; peel.banana: bóc; peel.orange: bóc / gọt; wash: rửa
wash.shirt: giặt; wash.dress: giặt; clean: lau / lau_chùi; clean.house: dọn_dẹp; ride: cưỡi
ride.bicycle: đi + xe đạp / đạp + xe đạp; ride.motorcycle: đi + xe máy / chạy + xe máy; ride.horse: cưỡi + ngựa
ride.camel: cưỡi + lạc đà; ride.elephant: cưỡi + voi; drive: lái; read: đọc; write: viết; paint: vẽ; paint.wall: sơn
paint.door: sơn; paint.fence: sơn; paint.house: sơn; draw: phác_họa / vẽ; carry: mang / vác; open: mở; close: đóng
buy: mua; sell: bán; throw: ném; catch: bắt; repair: sửa / sửa_chữa; break: làm_vỡ / đập_vỡ; break.toy: làm_hỏng
break.chair: làm_hỏng; climb: leo / trèo; push: đẩy; pull: kéo; build: xây / xây_dựng; build.boat: đóng; hold: cầm
use: sử_dụng / dùng; plant: trồng; wear: mặc; wear.hat: đội; touch: chạm_vào / sờ; chase: đuổi_theo / rượt_đuổi
follow: đi_theo; help: giúp_đỡ / giúp; hug: ôm; kiss: hôn; photograph: chụp_ảnh; feed: cho_ăn cho_ăn
greet: chào / chào_hỏi; call_out: gọi; attack: tấn_công; watch: quan_sát / ngắm_nhìn; bathe: tắm_rửa_cho tắm_rửa
touch_one: vuốt_ve / sờ; look_for: tìm_kiếm / tìm; push_one: xô / đẩy; congratulate: chúc_mừng
"""
_QUALITIES = """
young: trẻ; old: già; happy: vui_vẻ; sad: buồn_bã; tall: cao; short: thấp; big: to / lớn; small: nhỏ
red: màu_đỏ có_màu_đỏ; blue: màu_xanh_dương có_màu_xanh_dương; green: màu_xanh_lá_cây có_màu_xanh_lá_cây
yellow: màu_vàng có_màu_vàng; black: màu_đen có_màu_đen; white: màu_trắng có_màu_trắng; new: mới còn_mới
worn: cũ đã_cũ không_cũ; opened: đang_mở; closed: đang_đóng; full: đầy; empty: trống_rỗng; clean_q: sạch_sẽ
dirty: bẩn; dear: đắt_tiền; cheap: rẻ_tiền; wet: ướt bị_ướt; dry: khô; hot: nóng; cold: lạnh; heavy: nặng
light: nhẹ; tired: mệt_mỏi; strong: khỏe_mạnh
"""
_PLACES = """
outdoors: ngoài_trời / ở_ngoài_trời; park: trong_công_viên / ở_công_viên; beach: trên_bãi_biển / ở_bãi_biển
street: trên_đường_phố / ngoài_đường; garden: trong_vườn; forest: trong_rừng; river: bên_bờ_sông
lake: bên_hồ / cạnh_hồ; mountain: trên_núi; snow: trong_tuyết; field: trên_cánh_đồng; farm: ở_trang_trại
village: trong_làng; stadium: ở_sân_vận_động; market: ở_chợ; bridge_place: trên_cầu; desert: trên_sa_mạc
playground: ở_sân_chơi; indoors: trong_nhà; kitchen: trong_bếp / trong_nhà_bếp; school: ở_trường_học / trong_trường
station: ở_nhà_ga; hospital: trong_bệnh_viện; restaurant: trong_nhà_hàng; office: trong_văn_phòng
bedroom: trong_phòng_ngủ; library: trong_thư_viện; airport: ở_sân_bay; factory: trong_nhà_máy
shop_place: trong_cửa_hàng; museum: trong_bảo_tàng; gym: trong_phòng_tập; living_room: trong_phòng_khách
stage: trên_sân_khấu; city: trong_thành_phố; north: ở_miền_bắc; south: ở_miền_nam; river_in: dưới_sông
pool: trong_bể_bơi / trong_hồ_bơi; sea: ngoài_biển; china: ở_Trung_Quốc; france: ở_Pháp; spain: ở_Tây_Ban_Nha
brazil: ở_Brazil; india: ở_Ấn_Độ; japan: ở_Nhật_Bản; germany: ở_Đức; italy: ở_Ý; mexico: ở_Mexico; egypt: ở_Ai_Cập
kenya: ở_Kenya; vietnam: ở_Việt_Nam; indonesia: ở_Indonesia; russia: ở_Nga; turkey: ở_Thổ_Nhĩ_Kỳ; canada: ở_Canada
portugal: ở_Bồ_Đào_Nha; argentina: ở_Argentina; australia: ở_Úc
"""
_TIMES = """
morning: vào_buổi_sáng; afternoon: vào_buổi_chiều; evening: vào_lúc_chạng_vạng; night: vào_ban_đêm / vào_buổi_tối
summer: vào_mùa_hè; winter: vào_mùa_đông; spring: vào_mùa_xuân; autumn: vào_mùa_thu; sunday: vào_ngày_chủ_nhật
saturday: vào_ngày_thứ_bảy; weekday: vào_ngày_làm_việc; rain_time: dưới_trời_mưa / trong_mưa
sun_time: dưới_trời_nắng; n_monday: hôm_thứ_Hai; n_tuesday: hôm_thứ_Ba; n_wednesday: hôm_thứ_Tư
n_thursday: hôm_thứ_Năm; n_friday: hôm_thứ_Sáu; last_week: tuần_trước; last_month: tháng_trước; last_year: năm_ngoái
yesterday: hôm_qua; january: vào_tháng_Một; march: vào_tháng_Ba; july: vào_tháng_Bảy; october: vào_tháng_Mười
"""
_MANNERS = """
alone: một_mình; with_friends: cùng_bạn_bè / với_bạn_bè; with_family: cùng_gia_đình / với_gia_đình
quickly: nhanh_chóng / một_cách_nhanh_chóng; slowly: chậm_rãi / một_cách_chậm_rãi
quietly: trong_im_lặng / một_cách_lặng_lẽ; loudly: một_cách_ồn_ào; carefully: cẩn_thận / một_cách_cẩn_thận
"""
_RELATIONS = """
on: trên; under: dưới / bên_dưới; behind: sau / phía_sau; before: trước / phía_trước; beside: cạnh / bên_cạnh
"""
_QUANTITIES = """
oil_price: giá_dầu; gold_price: giá_vàng; food_prices: giá_thực_phẩm; house_prices: giá_nhà
exports: kim_ngạch_xuất_khẩu; imports: kim_ngạch_nhập_khẩu; unemployment: tỷ_lệ_thất_nghiệp; inflation: lạm_phát
sales: doanh_số_bán_ô_tô; profits: lợi_nhuận_của_các_công_ty; shares: giá_cổ_phiếu_ngân_hàng; rents: giá_thuê_nhà
wages: tiền_lương; taxes: thuế; production: sản_lượng_công_nghiệp; debt: nợ_công; population: dân_số
temperature: nhiệt_độ_trung_bình; tourism: số_lượng_du_khách; euro: đồng_euro; dollar: đồng_đô_la
traffic: lưu_lượng_giao_thông
"""
_CHANGES = """
rise: đã_tăng không_tăng mức_tăng / đã_tăng_lên không_tăng_lên mức_tăng
fall: đã_giảm không_giảm mức_giảm / đã_giảm_xuống không_giảm_xuống mức_giảm
stable: vẫn_ổn_định không_ổn_định / đã_giữ_ổn_định không_giữ_ổn_định
change: đã_thay_đổi không_thay_đổi / đã_biến_động không_biến_động
"""
# An outcome: what befell them, what stands before the event, the event's own deed.
_OUTCOMES = """
killed: thiệt_mạng trong làm_thiệt_mạng / tử_vong trong làm_chết; injured: bị_thương trong làm_bị_thương
rescued: được_giải_cứu sau / được_cứu_sống sau; evacuated: được_sơ_tán sau
"""
_DEEDS = """
sign_deal: ký + một thỏa thuận thương mại / ký_kết + một thỏa thuận thương mại
refuse_deal: từ_chối + một thỏa thuận thương mại; open_factory: mở + một nhà máy / khai_trương + một nhà máy
close_factory: đóng_cửa + một nhà máy; raise_prices: tăng + giá; cut_prices: giảm + giá / hạ + giá
accept_plan: chấp_nhận + kế hoạch; reject_plan: bác_bỏ + kế hoạch
win_election: giành_chiến_thắng + trong cuộc bỏ phiếu / thắng + trong cuộc bỏ phiếu
lose_election: thất_bại + trong cuộc bỏ phiếu / thua + trong cuộc bỏ phiếu
win_prize: giành_được + một giải thưởng quan trọng / đoạt + một giải thưởng quan trọng
lose_prize: để_mất + một giải thưởng quan trọng; buy_land: mua + đất đai; sell_land: bán + đất đai
start_strike: phát_động + một cuộc đình công / kêu_gọi + một cuộc đình công
end_strike: chấm_dứt + một cuộc đình công / kết_thúc + một cuộc đình công; publish_report: công_bố + một báo cáo
hide_report: che_giấu + một báo cáo; cut_jobs: cắt_giảm + một nghìn việc làm
create_jobs: tạo_ra + một nghìn việc làm; start_talks: bắt_đầu + đàm phán hòa bình / khởi_động + đàm phán hòa bình
end_talks: chấm_dứt + đàm phán hòa bình; build_school: xây_dựng + một trường học / xây + một trường học
close_school: đóng_cửa + một trường học; approve_law: thông_qua + luật mới / ủng_hộ + luật mới
block_law: ngăn_chặn + luật mới; send_aid: gửi + viện trợ lương thực
stop_aid: ngừng + viện trợ lương thực / dừng + viện trợ lương thực
"""
_DEALINGS = """
criticise: chỉ_trích bị / phê_bình bị; support: ủng_hộ được; sue: kiện bị / khởi_kiện bị
praise: khen_ngợi được / ca_ngợi được; warn: cảnh_báo bị; deceive: lừa_dối bị
"""
_COUNTRIES = """
china: Trung_Quốc; france: Pháp; spain: Tây_Ban_Nha; brazil: Brazil; india: Ấn_Độ; japan: Nhật_Bản; germany: Đức
italy: Ý; mexico: Mexico; egypt: Ai_Cập; kenya: Kenya; vietnam: Việt_Nam; indonesia: Indonesia; russia: Nga
turkey: Thổ_Nhĩ_Kỳ; canada: Canada; portugal: Bồ_Đào_Nha; argentina: Argentina; australia: Úc
"""
_WEATHER = """
raining: trời_đang_mưa trời_không_mưa
snowing: trời_đang_có_tuyết trời_không_có_tuyết / tuyết_đang_rơi tuyết_không_rơi
sunny: trời_nắng trời_không_nắng / trời_có_nắng trời_không_có_nắng
windy: trời_có_gió_mạnh trời_không_có_gió_mạnh / gió_thổi_mạnh gió_không_thổi_mạnh
cloudy: trời_nhiều_mây trời_không_nhiều_mây / trời_âm_u trời_không_âm_u; hot_day: trời_rất_nóng trời_không_nóng
cold_day: trời_rất_lạnh trời_không_lạnh; stormy: trời_đang_có_giông trời_không_có_giông
"""
_NUMBERS = ("vài", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười")
_HARMFUL = frozenset(("chase", "attack", "push_one", "break", "follow", "cut"))


class Vietnamese(Isolating):
    """Vietnamese: what goes on is marked by ``đang``; a passive is good (``được``) or bad (``bị``)."""

    code = "vi"
    not_word = "không"
    words = Words(
        nouns=table(_NOUNS), verbs=table(_VERBS), qualities=table(_QUALITIES), places=table(_PLACES),
        times=table(_TIMES), manners=table(_MANNERS), relations=table(_RELATIONS), quantities=table(_QUANTITIES),
        changes=table(_CHANGES), outcomes=table(_OUTCOMES), deeds=table(_DEEDS), dealings=table(_DEALINGS),
        countries=table(_COUNTRIES), weather=table(_WEATHER),
    )  # fmt: skip
    constructions: ClassVar[dict[str, str]] = {
        "act": """
            {S} đang {V} {O} {M} {P} {T}
            {S} đang {V} {O} {M} {P} {T}
            {P!}, {S} đang {V} {O} {M} {T}
            {T!}, {S} đang {V} {O} {M} {P}
            Có {S} đang {V} {O} {M} {P} {T}
            Trong ảnh, {S} đang {V} {O} {M} {P} {T}
            {P!} có {S} đang {V} {O} {M} {T}
            {O!} đang {voice} {S} {V} {M} {P} {T}""",
        "act not": """
            {S} không {V} {O} {M} {P} {T}
            {P!}, {S} không {V} {O} {M} {T}
            Có {S} không {V} {O} {M} {P} {T}
            Trong ảnh, {S} không {V} {O} {M} {P} {T}""",
        "duo": """
            {S} đang {V} {O} {P} {T}
            {O} đang {voice} {S} {V.last} {P} {T}
            Có {S} đang {V} {O} {P} {T}
            {P!}, {S} đang {V} {O} {T}
            Trong ảnh, {O} đang {voice} {S} {V.last} {P} {T}""",
        "duo not": """
            {S} không {V} {O} {P} {T}
            {O} không {voice} {S} {V.last} {P} {T}""",
        "state": """
            {S.the} này {A}
            {S.the} trong ảnh {A}
            Có thể thấy {S.the} này {A}
            ?plain Ở đây có {I}""",
        "state not": """
            {S.the} này {A.not}
            {S.the} trong ảnh {A.not}
            Có thể thấy {S.the} này {A.not}""",
        "locate": """
            {S} đang ở {P}
            Có {S} {P}
            {P} có {S}
            Trong ảnh có {S} {P}""",
        "locate not": """
            {S} không ở {P}
            Trong ảnh, {S} không ở {P}""",
        "change": """
            {Q} {P} {F.0} {by} {T}
            {P!}, {Q} {F.0} {by} {T}
            {T!}, {Q} {P} {F.0} {by}
            Theo số liệu mới nhất, {Q} {P} {F.0} {by} {T}
            ?three {Q} {P} ghi nhận {F.2} {N!} phần trăm {T}""",
        "change not": """
            {Q} {P} {F.1} {by} {T}
            {T!}, {Q} {P} {F.1} {by}
            Theo số liệu mới nhất, {Q} {P} {F.1} {by} {T}""",
        "toll": """
            {S} {F.0} {F.1} {O} {P} {T}
            {T!}, {S} {F.0} {F.1} {O} {P}
            {P!}, {S} {F.0} {F.1} {O} {T}
            ?three {O} {F.2} {S} {P} {T}
            Chính quyền cho biết {S} {F.0} {F.1} {O} {P} {T}""",
        "toll not": """
            Không có ai {F.0} {F.1} {O} {P} {T}
            {T!}, không có ai {F.0} {F.1} {O} {P}
            Chính quyền cho biết không có ai {F.0} {F.1} {O} {P} {T}""",
        "deed": """
            {S.the} đã {F.0} {tail} {P} {T}
            {T!}, {S.the} đã {F.0} {tail} {P}
            {P!}, {S.the} đã {F.0} {tail} {T}
            Theo báo chí, {S.the} đã {F.0} {tail} {P} {T}""",
        "deed not": """
            {S.the} đã không {F.0} {tail} {P} {T}
            {T!}, {S.the} đã không {F.0} {tail} {P}
            Theo báo chí, {S.the} đã không {F.0} {tail} {P} {T}""",
        "dealing": """
            {S.the} đã {F.0} {O.the} {T}
            {T!}, {S.the} đã {F.0} {O.the}
            {O.the} đã {F.1} {S.the} {F.0} {T}
            {T!}, {O.the} đã {F.1} {S.the} {F.0}""",
        "dealing not": """
            {S.the} đã không {F.0} {O.the} {T}
            {O.the} đã không {F.1} {S.the} {F.0} {T}""",
        "match": """
            {W} đã đánh bại {L} {T}
            {W} đã thắng {L} {T}
            {L} đã thua {W} {T}
            {L} đã thua trận trước {W} {T}
            {W} đã giành chiến thắng trước {L} {T}
            {T!}, {L} đã bị {W} đánh bại""",
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
        measure, name = entry.forms
        full = name if measure == "-" else f"{measure} {name}"
        if phrase.quality:
            full = f"{full} {self.words.qualities[phrase.quality][0].forms[0]}"
        if form == "place":
            return name
        if form == "the" or phrase.noun in inv.MASS:
            return full
        return f"{_NUMBERS[phrase.count] if phrase.count < len(_NUMBERS) else phrase.count} {full}"

    def slot_voice(self, form: str, saying: Saying) -> str:
        """The marker of the passive: good or bad for the one it befalls."""
        return "bị" if saying.scene.action in _HARMFUL else "được"

    def slot_by(self, form: str, saying: Saying) -> str:
        """By how much a quantity changed, in per cent, or nothing."""
        return f"{saying.scene.amount} phần trăm" if saying.scene.amount else ""

    def polish(self, text: str) -> str:
        """Contractions and elisions over the whole sentence."""
        return text.replace(" ở ở ", " ở ")
