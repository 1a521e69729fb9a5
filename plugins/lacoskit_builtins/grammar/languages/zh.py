"""Chinese, in simplified characters: its words and its constructions."""

from __future__ import annotations

from typing import ClassVar

from lacoskit_builtins.grammar import inventory as inv
from lacoskit_builtins.grammar.languages._isolating import Isolating
from lacoskit_builtins.grammar.lexicon import Entry, table
from lacoskit_builtins.grammar.realise import Saying, Words
from lacoskit_builtins.grammar.scenes import SOME, Phrase

# A noun: its classifier, the noun.
_NOUNS = """
person: 个 人; man: 个 男人 / 名 男子; woman: 个 女人 / 名 女子; child: 个 孩子 / 个 小孩; boy: 个 男孩
girl: 个 女孩; baby: 个 婴儿 / 个 宝宝; mother: 位 母亲 / 位 妈妈; father: 位 父亲 / 位 爸爸
grandmother: 位 奶奶 / 位 祖母; grandfather: 位 爷爷 / 位 祖父; teacher: 位 老师 / 名 教师
doctor: 位 医生 / 名 大夫; nurse: 名 护士; student: 名 学生; farmer: 个 农民 / 个 农夫; soldier: 名 士兵 / 名 军人
police: 名 警察; firefighter: 名 消防员; worker: 名 工人; cook: 名 厨师; waiter: 名 服务员; tourist: 名 游客
musician: 名 音乐家 / 名 乐手; singer: 名 歌手; dancer: 名 舞者 / 名 舞蹈演员; painter: 名 画家; athlete: 名 运动员
footballer: 名 足球运动员 / 名 足球队员; cyclist: 名 自行车运动员; fisherman: 个 渔民 / 个 渔夫; driver: 名 司机
actor: 名 演员; journalist: 名 记者; scientist: 名 科学家; photographer: 名 摄影师; animal: 只 动物
dog: 只 狗 / 条 狗; puppy: 只 幼犬; cat: 只 猫; kitten: 只 幼猫; horse: 匹 马; cow: 头 牛 / 头 奶牛; sheep: 只 绵羊
goat: 只 山羊; monkey: 只 猴子; elephant: 头 大象; lion: 头 狮子; tiger: 只 老虎; bear: 只 熊 / 头 熊
rabbit: 只 兔子; panda: 只 熊猫; camel: 头 骆驼; bird: 只 鸟; duck: 只 鸭子; chicken: 只 鸡
company: 家 公司 / 家 企业; bank: 家 银行; airline: 家 航空公司; newspaper_co: 家 出版社; government: 个 政府
ministry: 个 国家部委; court: 个 法院; party: 个 执政党; opposition: 个 反对党 / 个 在野党; union: 个 工会
university: 所 大学; team: 支 国家队; president: 位 总统; minister: 位 部长; mayor: 位 市长
parliament: 个 议会 / 个 国会; hospital_co: 家 医院; army: 支 军队; instrument: 件 乐器; guitar: 把 吉他
piano: 架 钢琴; violin: 把 小提琴; flute: 支 长笛; drum: 面 鼓; food: 份 食物; drink: 杯 饮料; fruit: 个 水果
apple: 个 苹果; banana: 根 香蕉; orange: 个 橙子; vegetable: 棵 蔬菜; tomato: 个 西红柿 / 个 番茄
potato: 个 土豆 / 个 马铃薯; onion: 个 洋葱; carrot: 根 胡萝卜; bread: 块 面包; rice: 碗 米饭; meat: 块 肉
fish_food: 条 鱼; soup: 碗 汤; cake: 块 蛋糕; egg: 个 鸡蛋; water: 杯 水; milk: 杯 牛奶; coffee: 杯 咖啡; tea: 杯 茶
juice: 杯 果汁; vehicle: 辆 交通工具; car: 辆 汽车 / 辆 轿车; truck: 辆 卡车 / 辆 货车; bus: 辆 公共汽车 / 辆 公交车
bicycle: 辆 自行车 / 辆 单车; motorcycle: 辆 摩托车; boat: 条 船 / 艘 船; plane: 架 飞机; train: 列 火车
tractor: 辆 拖拉机; book: 本 书; newspaper: 份 报纸; letter: 封 信; magazine: 本 杂志; hat: 顶 帽子; shirt: 件 衬衫
jacket: 件 夹克; coat: 件 大衣 / 件 外套; dress: 条 裙子 / 条 连衣裙; door: 扇 门; window: 扇 窗户
box: 个 盒子 / 个 箱子; bag: 个 袋子 / 个 包; basket: 个 篮子; chair: 把 椅子; table: 张 桌子; bed: 张 床
sofa: 张 沙发; phone: 部 电话 / 部 手机; computer: 台 电脑 / 台 计算机; camera: 台 相机 / 部 照相机
umbrella: 把 雨伞 / 把 伞; ball: 个 球; rope: 根 绳子; ladder: 架 梯子; wall: 面 墙 / 堵 墙
fence: 道 围栏 / 道 栅栏; house: 座 房子 / 栋 房子; bridge: 座 桥; tree: 棵 树; flower: 朵 花; picture: 幅 画
plate: 个 盘子; cup: 个 杯子; toy: 个 玩具; lamp: 盏 灯; clock: 个 时钟 / 个 钟; stone: 块 石头; disaster: 场 灾难
earthquake: 场 地震; flood: 场 洪水 / 场 水灾; storm: 场 暴风雨 / 场 风暴; fire: 场 火灾 / 场 大火
accident: 起 事故; explosion: 起 爆炸; plane_crash: 起 飞机失事 / 起 空难; train_accident: 起 火车事故 / 起 列车事故
attack_event: 起 袭击 / 起 袭击事件; landslide: 场 山体滑坡
"""
_VERBS = """
run: 跑步 / 奔跑; walk: 走路 / 步行; jump: 跳跃; crawl: 爬行; fly: 飞; move: 移动; swim: 游泳; surf: 冲浪; ski: 滑雪
skate: 滑冰; sport: 做运动 / 进行体育运动; football: 踢足球; basketball: 打篮球; tennis: 打网球
chess: 下棋 / 下国际象棋; cards: 打牌 / 玩扑克牌; sleep: 睡觉; rest: 休息; sit: 坐着; stand: 站着; dance: 跳舞
sing: 唱歌 / 演唱; music: 演奏音乐; cry: 哭 / 哭泣; laugh: 大笑; smile: 微笑; talk: 说话 / 交谈; shout: 大喊 / 喊叫
whisper: 小声说话 / 低声细语; work: 工作 / 干活; study: 学习; shop: 购物 / 买东西; fish: 钓鱼; wait: 等待
yawn: 打哈欠; play: 玩耍; eat: 吃; drink: 喝; play_on: 演奏; play_on.guitar: 弹 + 吉他; play_on.piano: 弹 + 钢琴
play_on.violin: 拉 + 小提琴; play_on.flute: 吹 + 长笛; play_on.drum: 打 + 鼓; cut: 切 / 切开; cut.rope: 割断 / 剪断
cook: 煮 / 烹饪; peel: 剥; peel.potato: 削; peel.carrot: 削; peel.apple: 削; wash: 洗 / 清洗; clean: 打扫 / 擦洗
clean.house: 打扫; clean.window: 擦 / 擦洗; clean.table: 擦 / 擦洗; clean.camera: 擦拭; clean.bicycle: 擦洗
clean.wall: 擦洗; clean.sofa: 清洁; ride: 骑; drive: 驾驶 / 开; read: 看 / 阅读; write: 写; paint: 画
paint.wall: 粉刷; paint.door: 粉刷; paint.fence: 粉刷; paint.house: 粉刷; draw: 描绘; carry: 搬 / 搬运
carry.bag: 提着 / 拎着; carry.basket: 提着 / 拎着; carry.umbrella: 带着; carry.guitar: 背着; open: 打开; close: 关上
buy: 买 / 购买; sell: 卖 / 出售; throw: 扔 / 投掷; catch: 接住; repair: 修理 / 维修; break: 打破; break.toy: 弄坏
break.chair: 弄坏; climb: 攀爬; push: 推; pull: 拉 / 拖; build: 建造 / 修建; hold: 拿着; use: 使用 / 用
plant: 种植 / 栽种; wear: 穿着; wear.hat: 戴着; touch: 触摸 / 摸; chase: 追赶 / 追; follow: 跟随; help: 帮助
hug: 拥抱 / 抱; kiss: 亲吻; photograph: 拍摄; feed: 喂; greet: 问候; call_out: 呼唤; attack: 攻击
watch: 观察 / 观看; bathe: 清洗; touch_one: 抚摸; look_for: 寻找; push_one: 推; congratulate: 祝贺
"""
# A quality: beside a noun, said of a subject, denied.
_QUALITIES = """
young: 年轻的 很年轻 不年轻; old: 年老的 年纪很大 年纪不大; happy: 开心的 很开心 不开心; sad: 悲伤的 很悲伤 不悲伤
tall: 高个子的 个子很高 个子不高; short: 矮个子的 个子很矮 个子不矮; big: 大 很大 不大; small: 小 很小 不小
red: 红色的 是红色的 不是红色的; blue: 蓝色的 是蓝色的 不是蓝色的; green: 绿色的 是绿色的 不是绿色的
yellow: 黄色的 是黄色的 不是黄色的; black: 黑色的 是黑色的 不是黑色的; white: 白色的 是白色的 不是白色的
new: 新的 是新的 不是新的; worn: 旧的 是旧的 不是旧的; opened: 开着的 是开着的 不是开着的
closed: 关着的 是关着的 不是关着的; full: 满的 是满的 不是满的; empty: 空的 是空的 不是空的
clean_q: 干净的 很干净 不干净; dirty: 脏的 很脏 不脏; dear: 昂贵的 很贵 不贵; cheap: 便宜的 很便宜 不便宜
wet: 湿的 是湿的 不是湿的; dry: 干燥的 是干的 不是干的; hot: 热的 是热的 不是热的; cold: 冷的 是冷的 不是冷的
heavy: 重的 很重 不重; light: 轻的 很轻 不轻; tired: 疲惫的 很疲惫 不疲惫; strong: 强壮的 很强壮 不强壮
"""
# A place, without the preposition.
_PLACES = """
outdoors: 户外 / 室外; park: 公园里; beach: 海滩上 / 沙滩上; street: 街上 / 街道上; garden: 花园里
forest: 森林里 / 树林里; river: 河边; lake: 湖边; mountain: 山上; snow: 雪地里; field: 田野里; farm: 农场里
village: 村子里 / 村庄里; stadium: 体育场里; market: 市场里 / 集市上; bridge_place: 桥上; desert: 沙漠里
playground: 游乐场里; indoors: 室内 / 屋里; kitchen: 厨房里; school: 学校里; station: 车站里; hospital: 医院里
restaurant: 餐厅里 / 饭馆里; office: 办公室里; bedroom: 卧室里; library: 图书馆里; airport: 机场里; factory: 工厂里
shop_place: 商店里; museum: 博物馆里; gym: 体育馆里; living_room: 客厅里; stage: 舞台上 / 台上; city: 城里
north: 北方; south: 南方; river_in: 河里; pool: 游泳池里 / 泳池里; sea: 海里; china: 中国; france: 法国
spain: 西班牙; brazil: 巴西; india: 印度; japan: 日本; germany: 德国; italy: 意大利; mexico: 墨西哥; egypt: 埃及
kenya: 肯尼亚; vietnam: 越南; indonesia: 印度尼西亚 / 印尼; russia: 俄罗斯; turkey: 土耳其; canada: 加拿大
portugal: 葡萄牙; argentina: 阿根廷; australia: 澳大利亚
"""
_TIMES = """
morning: 早上 / 早晨; afternoon: 下午; evening: 傍晚; night: 夜里 / 晚上; summer: 夏天; winter: 冬天; spring: 春天
autumn: 秋天; sunday: 星期天 / 周日; saturday: 星期六 / 周六; weekday: 工作日; rain_time: 下雨时; sun_time: 出太阳时
n_monday: 星期一 / 周一; n_tuesday: 星期二 / 周二; n_wednesday: 星期三 / 周三; n_thursday: 星期四 / 周四
n_friday: 星期五 / 周五; last_week: 上周 / 上个星期; last_month: 上个月; last_year: 去年; yesterday: 昨天
january: 一月; march: 三月; july: 七月; october: 十月
"""
_MANNERS = """
alone: 独自; with_friends: 和朋友一起; with_family: 和家人一起; quickly: 快速地 / 飞快地; slowly: 慢慢地 / 缓慢地
quietly: 安静地 / 静静地; loudly: 大声地; carefully: 小心地 / 仔细地
"""
_RELATIONS = "on: 上 / 上面; under: 下面 / 底下; behind: 后面; before: 前面; beside: 旁边"
_QUANTITIES = """
oil_price: 石油价格 / 油价; gold_price: 黄金价格 / 金价; food_prices: 食品价格; house_prices: 房价 / 住房价格
exports: 出口额 / 出口; imports: 进口额 / 进口; unemployment: 失业率; inflation: 通货膨胀率 / 通胀率
sales: 汽车销量; profits: 企业利润 / 公司利润; shares: 银行股价; rents: 房租 / 租金; wages: 工资; taxes: 税收
production: 工业产量; debt: 公共债务; population: 人口; temperature: 平均气温; tourism: 游客人数 / 游客数量
euro: 欧元; dollar: 美元; traffic: 交通流量
"""
# A change: as it happened, denied, noun.
_CHANGES = """
rise: 上升了 没有上升 升幅 / 增长了 没有增长 增幅; fall: 下降了 没有下降 降幅 / 回落了 没有回落 降幅
stable: 保持稳定 没有保持稳定; change: 发生了变化 没有发生变化
"""
# An outcome: what befell them, when (in or after), the event's own deed.
_OUTCOMES = """
killed: 丧生 中 造成 / 死亡 中 造成; injured: 受伤 中 造成; rescued: 获救 后 / 被救出 后
evacuated: 被疏散 后 / 被转移 后
"""
_DEEDS = """
sign_deal: 签署*一项贸易协议 / 达成*一项贸易协议; refuse_deal: 拒绝*一项贸易协议
open_factory: 开设*一家工厂 / 开办*一家工厂; close_factory: 关闭*一家工厂; raise_prices: 提高*价格 / 上调*价格
cut_prices: 降低*价格 / 下调*价格; accept_plan: 接受*这项计划 / 同意*这项计划; reject_plan: 否决*这项计划
win_election: 赢得*投票; lose_election: 输掉*投票; win_prize: 获得*一个重要奖项 / 赢得*一个重要奖项
lose_prize: 失去*一个重要奖项; buy_land: 购买*土地 / 买下*土地; sell_land: 出售*土地 / 卖掉*土地
start_strike: 发起*罢工 / 发动*罢工; end_strike: 结束*罢工; publish_report: 发表*一份报告 / 公布*一份报告
hide_report: 隐瞒*一份报告; cut_jobs: 裁减*一千个工作岗位 / 削减*一千个工作岗位
create_jobs: 创造*一千个工作岗位 / 新增*一千个工作岗位; start_talks: 开始*和平谈判 / 启动*和平谈判
end_talks: 中断*和平谈判; build_school: 建造*一所学校 / 修建*一所学校; close_school: 关闭*一所学校
approve_law: 批准*新法律 / 支持*新法律; block_law: 阻止*新法律; send_aid: 发送*粮食援助 / 提供*粮食援助
stop_aid: 停止*粮食援助 / 中止*粮食援助
"""
_DEALINGS = "criticise: 批评; support: 支持; sue: 起诉 / 控告; praise: 赞扬 / 表扬; warn: 警告; deceive: 欺骗"
_COUNTRIES = """
china: 中国; france: 法国; spain: 西班牙; brazil: 巴西; india: 印度; japan: 日本; germany: 德国; italy: 意大利
mexico: 墨西哥; egypt: 埃及; kenya: 肯尼亚; vietnam: 越南; indonesia: 印度尼西亚 / 印尼; russia: 俄罗斯
turkey: 土耳其; canada: 加拿大; portugal: 葡萄牙; argentina: 阿根廷; australia: 澳大利亚
"""
_WEATHER = """
raining: 正在下雨 没有下雨 / 下着雨 没有下着雨; snowing: 正在下雪 没有下雪 / 下着雪 没有下着雪
sunny: 阳光明媚 没有阳光 / 天气晴朗 天气不晴朗; windy: 正在刮风 没有刮风 / 风很大 风不大
cloudy: 天空多云 天空没有云 / 天气多云 天气没有多云; hot_day: 天气很热 天气不热 / 非常炎热 不炎热
cold_day: 天气很冷 天气不冷 / 非常寒冷 不寒冷; stormy: 正在打雷下雨 没有打雷下雨 / 有雷暴 没有雷暴
"""
_NUMBERS = ("几", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十")


class Chinese(Isolating):
    """Chinese: adjuncts before the verb, the place behind the progressive marker."""

    code = "zh"
    gap = ""
    stop = "。"
    not_word = "不"
    words = Words(
        nouns=table(_NOUNS), verbs=table(_VERBS), qualities=table(_QUALITIES), places=table(_PLACES),
        times=table(_TIMES), manners=table(_MANNERS), relations=table(_RELATIONS), quantities=table(_QUANTITIES),
        changes=table(_CHANGES), outcomes=table(_OUTCOMES), deeds=table(_DEEDS), dealings=table(_DEALINGS),
        countries=table(_COUNTRIES), weather=table(_WEATHER),
    )  # fmt: skip
    constructions: ClassVar[dict[str, str]] = {
        "act": """
            {S} {T} {prog} {P} {M} {V} {O}
            {S} {T} {prog} {P} {M} {V} {O}
            {T!}， {S} {prog} {P} {M} {V} {O}
            {P!}， {S} {T} {prog.bare} {M} {V} {O}
            {T} 有 {S} {prog} {P} {M} {V} {O}
            {T} {P.bare!} 有 {S} {prog.bare} {M} {V} {O}
            照片上， {S} {T} {prog} {P} {M} {V} {O}
            ?going {T} {O!} {prog} {P} 被 {S} {M} {V}""",
        "act not": """
            {S} {T} {noprog} {P} {M} {V} {O}
            {T!}， {S} {noprog} {P} {M} {V} {O}
            照片上， {S} {T} {noprog} {P} {M} {V} {O}
            {T} 有 {S} {noprog} {P} {M} {V} {O}""",
        "duo": """
            {S} {T} {prog} {P} {V} {O}
            {O} {T} {prog} {P} 被 {S} {V}
            {T} 有 {S} {prog} {P} {V} {O}
            {T} {P.bare!} 有 {S} {prog.bare} {V} {O}
            照片上， {T} {O} {prog} {P} 被 {S} {V}
            照片上， {S} {T} {prog} {P} {V} {O}""",
        "duo not": """
            {S} {T} {noprog} {P} {V} {O}
            {O} {T} {noprog} {P} 被 {S} {V}""",
        "state": """
            {S.the} {A}
            照片上的 {S.of} {A}
            可以看到， {S.the} {A}
            ?plain 这里有 {I}""",
        "state not": """
            {S.the} {A.not}
            照片上的 {S.of} {A.not}
            可以看到， {S.the} {A.not}""",
        "locate": """
            {S} {P}
            {P.bare} 有 {S}
            照片上， {S} {P}
            可以看到 {P.bare} 有 {S}""",
        "locate not": """
            {S} 不 {P}
            照片上， {S} 不 {P}""",
        "change": """
            {T} {P.bare} {Q} {F.0} {by}
            {T!}， {P.bare} {Q} {F.0} {by}
            {P!}， {T} {Q} {F.0} {by}
            最新数据显示， {T} {P.bare} {Q} {F.0} {by}
            ?three {T} {P.bare} {Q} 的 {F.2} 为百分之 {N!}""",
        "change not": """
            {T} {P.bare} {Q} {F.1}
            {T!}， {P.bare} {Q} {F.1}
            最新数据显示， {T} {P.bare} {Q} {F.1}""",
        "toll": """
            {T} {S} {at} {O.bare} {F.1} {F.0}
            {T!}， {S} {at} {O.bare} {F.1} {F.0}
            {T} {at} {O} {F.1} ，有 {S} {F.0}
            ?three {T} {P.bare} {O} {F.2} {S} {F.0}
            当局表示， {T} {at} {O} {F.1} 有 {S} {F.0}""",
        "toll not": """
            {T} {at} {O} {F.1} 没有人 {F.0}
            当局表示， {T} {at} {O} {F.1} 没有人 {F.0}
            {T} 没有人 {at} {O.bare} {F.1} {F.0}""",
        "deed": """
            {S.the} {T} {P} {deed}
            {T!}， {S.the} {P} {deed}
            {P!}， {S.the} {T} {deed}
            据媒体报道， {S.the} {T} {P} {deed}""",
        "deed not": """
            {S.the} {T} 没有 {P} {deed.not}
            {T!}， {S.the} 没有 {P} {deed.not}
            据媒体报道， {S.the} {T} 没有 {P} {deed.not}""",
        "dealing": """
            {S.the} {T} {F.0} 了 {O.the}
            {T!}， {S.the} {F.0} 了 {O.the}
            {O.the} {T} 受到了 {S.the} 的 {F.0}
            {T!}， {O.the} 被 {S.the} {F.0} 了""",
        "dealing not": """
            {S.the} {T} 没有 {F.0} {O.the}
            {O.the} {T} 没有被 {S.the} {F.0}""",
        "match": """
            {W} {T} 击败了 {L}
            {T!}， {W} 打败了 {L}
            {W} {T} 在比赛中战胜了 {L}
            {L} {T} 输给了 {W}
            {L} {T} 在比赛中负于 {W}
            {T!}， {L} 被 {W} 击败""",
        "weather": """
            {T} {P.bare} {F.0}
            {P.bare} {T} {F.0}
            {T!}， {P.bare} {F.0}""",
        "weather not": """
            {T} {P.bare} {F.1}
            {P.bare} {T} {F.1}""",
    }

    def noun_phrase(self, entry: Entry, phrase: Phrase, form: str) -> str:
        """A noun as this language builds it; see ``Language.noun_phrase``."""
        measure, name = entry.forms
        if phrase.quality:
            name = self.words.qualities[phrase.quality][0].forms[0] + name
        if form in ("place", "bare", "of") or (form == "the" and phrase.noun in inv.INSTITUTIONS):
            return name
        if form == "the":
            return f"这{measure}{name}"
        if phrase.noun in inv.MASS:
            return name
        number = _NUMBERS[phrase.count] if phrase.count < len(_NUMBERS) else str(phrase.count)
        return f"{_NUMBERS[0] if phrase.count == SOME else number}{measure}{name}"

    def extras(self, saying: Saying) -> tuple[str, ...]:
        """The conditions of every language and its own."""
        lasting = bool(saying.verb.forms and saying.verb.forms[0].endswith("着"))
        return (*super().extras(saying), "lasting" if lasting else "going")

    def relation(self, entry: Entry, mark: str, form: str) -> str:
        """A place by its landmark."""
        return f"{'' if form == 'bare' else '在'}{mark}{entry.forms[0]}"

    def place(self, entry: Entry, form: str, saying: Saying) -> str:
        """A place, without its preposition in the form ``bare``."""
        return f"{'' if form == 'bare' else '在'}{entry.forms[0]}"

    def slot_prog(self, form: str, saying: Saying) -> str:
        """The marker of what goes on, shorter before a place."""
        if saying.verb.forms[0].endswith("着"):
            return ""
        return "正" if saying.scene.place and form != "bare" else "正在"

    def slot_noprog(self, form: str, saying: Saying) -> str:
        """The denied marker of what goes on."""
        return "没有" if saying.scene.place or saying.verb.forms[0].endswith("着") else "没有在"

    def slot_by(self, form: str, saying: Saying) -> str:
        """By how much a quantity changed, in per cent, or nothing."""
        return f"百分之{saying.scene.amount}" if saying.scene.amount else ""

    def slot_deed(self, form: str, saying: Saying) -> str:
        """What an institution did; denied in the form ``not``."""
        return saying.verb.forms[0].replace("*", "" if form == "not" else "了")

    def slot_at(self, form: str, saying: Saying) -> str:
        """Where a disaster was: ``在`` alone or around the country."""
        return f"{self.slot_P('', saying)}的" if saying.scene.place else "在"
