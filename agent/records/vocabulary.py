"""The words of enumerations and open vocabularies in files, Chinese and English. Pure.

Of each word the first Chinese one is what templates offer; all of them are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from evaluators.model import alerts
from evaluators.model.bodies import Attendance, Channel, Difficulty, Performer, Result, Severity
from evaluators.model.episodes import State

Words = Mapping[str, tuple[str, ...]]
"""The Chinese words of each word."""

ENUMERATIONS: Mapping[type[StrEnum], Words] = {
    Result: {"normal": ("正常", "合格", "通过"), "abnormal": ("异常", "不正常", "不合格", "不通过")},
    Performer: {
        "in-house": ("自有人员", "自有", "本单位"),
        "maker": ("原厂", "厂家", "制造单位"),
        "specialist": ("专业公司", "专业单位", "维保单位"),
        "other": ("其他", "其它"),
    },
    Attendance: {
        "authority": ("消防救援机构", "消防部门", "消防大队"),
        "in-house": ("本单位消防部门", "内部消防部门"),
        "none": ("无", "未参加"),
    },
    Difficulty: {"inquiry": ("咨询", "问询"), "simple": ("简单", "简单需求"), "complex": ("复杂", "复杂需求")},
    Channel: {"on-site": ("现场", "当面"), "phone": ("电话", "热线"), "online": ("网络", "线上", "在线")},
    Severity: {"general": ("一般", "普通", "一般投诉"), "major": ("重大", "重大投诉")},
    alerts.Stage: {
        "running": ("计时中",),
        "due_soon": ("即将到期",),
        "lapsed": ("漏做", "逾期未做"),
        "breached": ("超时",),
        "not_met": ("不达标",),
        "unknown": ("数据不明",),
    },
    alerts.Severity: {
        "emergency": ("紧急",),
        "breach": ("违约", "超限"),
        "warning": ("预警", "警告"),
        "info": ("提示",),
    },
    State: {"planned": ("计划检修", "计划维护", "计划"), "not_required": ("停用", "不要求使用", "无需使用")},
}
"""Closed: anything else is refused. Of `State` only what can be declared."""

YES = ("是", "yes", "y", "true", "t", "1", "√", "✓", "✔", "有", "对")
NO = ("否", "no", "n", "false", "f", "0", "×", "✗", "✘", "x", "无", "错")

_CYCLES = {
    "day": ("日", "每日"),
    "week": ("周", "每周"),
    "half-month": ("半月",),
    "month": ("月", "月度", "每月"),
    "quarter": ("季度", "季"),
    "half-year": ("半年",),
    "year": ("年", "年度"),
}
_POSTS = {
    "project-manager": ("项目经理", "项目负责人"),
    "customer-service": ("客户服务", "客服"),
    "engineering": ("工程", "工程技术", "工程维护"),
    "security": ("安全", "安防", "秩序维护"),
    "environment": ("环境", "环境管理"),
}
_DOCUMENTS = {
    "customer-service-manual": ("客户服务手册",),
    "maintenance-manual": ("设备维护手册", "设施设备维护手册"),
    "emergency-plan": ("应急预案",),
    "environment-standard": ("环境管理标准", "环境标准"),
    "energy-policy": ("能源管理制度", "节能制度"),
    "intelligent-systems-manual": ("智能化系统手册", "智能化系统运维手册"),
    "charter": ("组织章程", "章程"),
    "yearly-goals": ("年度目标",),
    "coordination": ("协调机制", "跨部门协调机制"),
    "programme": ("服务方案", "方案"),
}

OPEN: Mapping[tuple[str, str], Words] = {
    ("service", "level"): _CYCLES,
    ("test", "level"): _CYCLES | {"inspection": ("定期检验",), "self-test": ("自行检测", "自检")},
    ("test", "part_kind"): {
        "smoke": ("感烟探测器", "烟感"),
        "heat": ("感温探测器", "温感"),
        "sprinkler": ("喷淋", "自动喷水灭火"),
        "fire-door": ("防火门",),
        "emergency-light": ("应急照明", "应急灯"),
    },
    ("plan", "levels"): {
        "daily": ("日常", "日常巡检"),
        "monthly": ("月度", "月度保养"),
        "annual": ("年度", "年度检修"),
    },
    ("drill", "subject"): {
        "fire": ("消防", "消防演练"),
        "rescue": ("救援", "困人救援"),
        "flood": ("防汛",),
    },
    ("drill", "covers"): {"all": ("全部", "全楼", "全员")},
    ("staff", "post"): _POSTS,
    ("certificate", "certificate"): {
        "property-manager": ("物业经理", "物业管理师", "物业经理证书"),
        "intermediate-title": ("中级职称",),
        "senior-title": ("高级职称",),
        "electromechanical": ("机电工程师", "机电专业职称"),
        "fire-facility-operator": ("消防设施操作员",),
    },
    ("certificate", "level"): {
        "elementary": ("初级", "初级工"),
        "intermediate": ("中级", "中级工"),
        "senior": ("高级", "高级工"),
        "technician": ("技师",),
        "senior-technician": ("高级技师",),
    },
    ("training", "subject"): {
        "service-awareness": ("服务意识",),
        "emergency-skills": ("应急技能", "应急处置"),
        "etiquette-communication": ("礼仪与沟通", "礼仪沟通"),
    },
    ("document", "document"): _DOCUMENTS,
    ("review", "document"): _DOCUMENTS,
    ("review", "review"): {
        "legal": ("法务评审", "法律评审"),
        "expert": ("专家评审",),
        "revision": ("修订",),
    },
    ("document", "covers"): {
        "decision": ("决策", "决策层"),
        "execution": ("执行", "执行层"),
        "supervision": ("监督", "监督层"),
        **{post: words for post, words in _POSTS.items() if post != "project-manager"},
    },
    ("duty", "place"): {"hotline": ("客服热线", "热线"), "control-room": ("消防控制室", "消控室")},
    ("duty", "post"): {"agent": ("坐席", "客服坐席"), "duty-manager": ("值班经理",)},
    ("oversight", "activity"): {
        "quality-inspection": ("品质检查", "质量检查"),
        "satisfaction-survey": ("满意度调查",),
        "follow-up": ("整改跟踪", "跟踪整改"),
        "management-review": ("管理评审",),
    },
}
"""Of text columns, by kind and field: what the catalogue looks for. Anything else is taken as it stands."""
