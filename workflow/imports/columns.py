"""The columns an import knows, by kind of file, with the headers other programs give them, in English and Chinese.

Decision: a header counts when it is the name itself or an alias, whatever its case, spaces and signs; a column that
nobody knows is kept as received, never dropped. ``personal`` columns are masked in every report.
Authority: UX notes 6.2.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from ...states.codes import Described


class ImportKind(Described):
    """What a file holds."""

    CLAIMS = "claims", "claims to be filed, screened and triaged"
    CERTIFICATES = "certificates", "certificates of insurance of sellers"
    PROCEEDS = "proceeds", "gross proceeds of sellers by month"
    RESPONSES = "responses", "answers of sellers and insurers to claims"
    EVIDENCE = "evidence", "files of evidence of claims, as a manifest lists them"
    PAYMENTS = "payments", "payments confirmed, failed or reversed, and money that came back"


@dataclass(frozen=True, slots=True)
class Column:
    """What a column means: how its value is read, its other names, whether a row needs it and may be shown."""

    reads: str  #: text, id, date, instant, amount, currency, choice, list, fact, days, month, digest, name
    aliases: tuple[str, ...] = ()
    needed: bool = False
    personal: bool = False
    choices: Mapping[str, tuple[str, ...]] | None = None  #: value to how people write it


_KINDS: Mapping[str, tuple[str, ...]] = {
    "property_damage": ("property damage", "property", "pd", "damage", "财产损失", "财损", "物损"),
    "personal_injury": ("personal injury", "bodily injury", "injury", "pi", "bi", "人身伤害", "人伤", "人身损害"),
    "both": ("property damage and personal injury", "财产损失和人身伤害", "两者"),
}
_POSITIONS: Mapping[str, tuple[str, ...]] = {
    "accept": ("accepted", "agree", "yes", "接受", "同意"),
    "reject": ("rejected", "dispute", "disputed", "deny", "denied", "拒绝", "不接受", "不同意"),
    "information": ("info", "more information", "question", "需要信息", "询问"),
    "offer": ("offered", "报价"),
}
_TYPES: Mapping[str, tuple[str, ...]] = {
    "paid": ("payment", "confirmed", "confirm", "success", "succeeded", "支付成功", "已付", "已支付"),
    "failed": ("failure", "fail", "declined", "支付失败", "失败"),
    "reversed": ("reversal", "returned", "chargeback", "冲正", "退回"),
    "recovered": ("recovery", "reimbursement", "recoupment", "追回", "追偿", "扣回"),
}
#: What a letter can call a file (``workflow/texts/words.toml``), and how people write it.
EVIDENCE_KINDS: Mapping[str, tuple[str, ...]] = {
    "photo": ("picture", "image", "照片", "图片"),
    "video": ("film", "视频", "录像"),
    "receipt": ("收据",),
    "invoice": ("bill", "发票", "账单"),
    "repair_quote": ("repair quote", "repair estimate", "维修报价"),
    "report": ("police report", "medical report", "expert report", "报告", "病历"),
    "test_report": ("test report", "lab report", "检测报告"),
    "document": ("file", "letter", "email", "文件", "信件", "邮件"),
}
_SOURCE = {
    "source": Column("id", ("source system", "来源", "来源系统")),
    "source_id": Column(
        "id",
        (
            "ticket id",
            "ticket",
            "ticket number",
            "case id",
            "case number",
            "工单号",
            "工单编号",
            "索赔编号",
            "案件编号",
        ),
    ),
}
_SELLER = Column(
    "id", ("seller", "merchant", "merchant token", "merchant id", "卖家编号", "卖家", "卖家id", "商家编号")
)
_MARKETPLACE = Column("id", ("market", "store country", "站点", "市场", "国家站点"))
_AMOUNT = ("amount", "sum", "total")
_CURRENCY = Column("currency", ("currency code", "币种", "货币"))
_ORDER = ("order", "order number", "order no", "amazon order id", "订单号", "订单编号")

#: Columns by kind of file.
COLUMNS: Mapping[str, Mapping[str, Column]] = {
    ImportKind.CLAIMS: {
        **_SOURCE,
        "programme": Column("id", ("program", "计划")),
        "marketplace": _MARKETPLACE,
        "filed_at": Column(
            "instant",
            ("created at", "created", "claim date", "date reported", "reported at", "报案时间", "创建时间", "报案日期"),
            needed=True,
        ),
        "incident_on": Column(
            "date",
            ("date of loss", "dol", "loss date", "incident date", "出险日期", "事故日期", "发生日期"),
            needed=True,
        ),
        "delivered_on": Column("date", ("delivered", "delivery date", "送达日期", "签收日期")),
        "kind": Column(
            "choice",
            ("claim type", "loss type", "类型", "索赔类型", "损失类型"),
            needed=True,
            personal=True,  # a value nobody knows may say how a person was hurt
            choices=_KINDS,
        ),
        "seller_id": _SELLER,
        "order_id": Column("id", _ORDER, needed=True),
        "asin": Column("id", ("item asin", "product id", "商品编码")),
        "product_title": Column(
            "text", ("title", "product", "item", "product name", "商品名称", "商品标题", "产品名称")
        ),
        "amount": Column(
            "amount",
            ("claim amount", "claimed amount", "amount claimed", "loss amount", "索赔金额", "金额", "损失金额"),
        ),
        "currency": _CURRENCY,
        "heads": Column("heads", ("heads of loss", "breakdown", "损失明细")),
        "claimant_ref": Column(
            "text", ("buyer id", "customer id", "customer ref", "买家编号", "买家id", "客户编号"), personal=True
        ),
        "description": Column("text", ("story", "details", "subject", "描述", "说明", "事故描述"), personal=True),
        "language": Column("id", ("locale", "语言")),
        "evidence": Column("list", ("attachments", "files", "证据", "附件")),
    },
    ImportKind.CERTIFICATES: {
        **_SOURCE,
        "seller_id": Column("id", _SELLER.aliases, needed=True),
        "marketplace": _MARKETPLACE,
        "number": Column(
            "text",
            ("certificate number", "certificate no", "cover number", "保单号", "保险单号", "证书编号"),
            needed=True,
        ),
        "type": Column(
            "choice",
            ("cover type", "险种", "保险类型"),
            choices={
                "commercial_general": ("commercial general", "commercial general liability", "cgl", "商业综合责任险"),
                "umbrella": ("伞式",),
                "excess": ("超额",),
                "other": ("其他",),
            },
        ),
        "basis": Column(
            "choice",
            ("承保基础",),
            choices={"occurrence": ("occurrence basis", "事故发生制"), "claims_made": ("claims made", "索赔提出制")},
        ),
        "per_occurrence": Column("amount", ("each occurrence", "each occurrence limit", "每次事故限额")),
        "aggregate": Column("amount", ("general aggregate", "aggregate limit", "累计限额")),
        "deductible": Column("amount", ("免赔额",)),
        "currency": _CURRENCY,
        "deductible_listed": Column("fact"),
        "covers": Column("list", ("承保范围",)),
        "all_products": Column("fact", ("all products", "所有产品")),
        "excluded_asins": Column("list", ("excluded products", "除外商品")),
        "covers_usa": Column("fact", ("covers us", "covers the us")),
        "additional_insured": Column("name", ("additional insured", "附加被保险人")),
        "certificate_holder": Column("name", ("holder", "证书持有人")),
        "insured_name": Column("text", ("insured", "named insured", "被保险人")),
        "insurer": Column("text", ("carrier", "insurer name", "保险公司", "承保人")),
        "am_best": Column("text", ("am best", "am best rating")),
        "sp": Column("text", ("s&p", "s&p rating")),
        "global_claims_handling": Column("fact"),
        "local_equivalent": Column("fact", ("local rating equivalent", "local equivalent rating")),
        "cancellation_notice_days": Column("days", ("cancellation notice", "notice days")),
        "complete": Column("fact", ("完整",)),
        "signed": Column("fact", ("已签字",)),
        "acord": Column("fact"),
        "file_name": Column("text", ("file", "document", "文件名")),
        "starts_on": Column("date", ("effective", "effective date", "inception", "生效日期", "起保日期")),
        "ends_on": Column("date", ("expiry", "expiration", "expiry date", "expiration date", "到期日期", "终止日期")),
        "submitted_at": Column("instant_or_date", ("submitted", "submitted on", "received", "提交日期", "提交时间")),
    },
    ImportKind.PROCEEDS: {
        **_SOURCE,
        "seller_id": Column("id", _SELLER.aliases, needed=True),
        "marketplace": _MARKETPLACE,
        "month": Column("month", ("period", "sales month", "月份"), needed=True),
        "amount": Column(
            "amount",
            ("gross proceeds", "proceeds", "gross sales", "sales", "销售总额", "销售额", *_AMOUNT),
            needed=True,
        ),
        "currency": _CURRENCY,
        "crossed_on": Column("date", ("crossed", "line crossed on", "超过日期")),
    },
    ImportKind.RESPONSES: {
        **_SOURCE,
        "claim": Column("id", ("claim id", "claim number")),
        "order_id": Column("id", _ORDER),
        "seller_id": _SELLER,
        "position": Column(
            "choice", ("answer", "response", "decision", "回复", "意见", "立场"), needed=True, choices=_POSITIONS
        ),
        "by": Column(
            "choice",
            ("answered by", "party", "回复方"),
            choices={"seller": ("merchant", "卖家"), "insurer": ("carrier", "保险公司")},
        ),
        "grounds": Column("text", ("text", "reason", "comment", "comments", "理由", "说明"), personal=True),
        "amount": Column("amount", ("offer", "offered amount", "报价金额", *_AMOUNT)),
        "currency": _CURRENCY,
        "evidence": Column("list", ("attachments", "files", "证据", "附件")),
    },
    ImportKind.EVIDENCE: {
        **_SOURCE,
        "claim": Column("id", ("claim id", "claim number")),
        "order_id": Column("id", _ORDER),
        "seller_id": _SELLER,
        "path": Column("text", ("file", "file name", "file path", "文件", "文件名", "路径", "文件路径"), personal=True),
        "kind": Column("choice", ("file type", "evidence type", "类型", "证据类型"), choices=EVIDENCE_KINDS),
        "captured_at": Column("instant_or_date", ("captured", "taken at", "date taken", "拍摄时间", "拍摄日期")),
        "sha256": Column("digest", ("sha 256", "digest", "checksum", "hash", "校验和", "哈希")),
    },
    ImportKind.PAYMENTS: {
        **_SOURCE,
        "claim": Column("id", ("claim id", "claim number")),
        "order_id": Column("id", _ORDER),
        "seller_id": _SELLER,
        "type": Column("choice", ("payment type", "transaction type", "类型", "交易类型"), needed=True, choices=_TYPES),
        "ref": Column(
            "id", ("reference", "settlement id", "transaction id", "payment id", "结算编号", "流水号", "交易号")
        ),
        "amount": Column("amount", ("paid amount", "金额", *_AMOUNT)),
        "currency": _CURRENCY,
        "from": Column(
            "choice", ("payer", "付款方"), choices={"seller": ("merchant", "卖家"), "insurer": ("carrier", "保险公司")}
        ),
        "reason": Column("text", ("理由", "原因"), personal=True),
    },
}

#: Facts of the filing as the contract names them whose values are personal.
_PERSONAL_ROOTS = frozenset({"claimant", "injury", "description", "findings", "grounds", "text", "source_fields"})
_LINE_NAMES = frozenset({"programme", "marketplace", "filed_at", "seller", "screening"})


def folded(header: str) -> str:
    """A header without case, width, spaces and signs: ``Ticket-ID `` and ``ticket id`` are the same."""
    plain = unicodedata.normalize("NFKC", header).casefold()
    return "".join(c for c in plain if c.isalnum() or c == "&")


@cache
def aliases(kind: str) -> Mapping[str, str]:
    """Folded header to column."""
    found: dict[str, str] = {}
    for name in COLUMNS[kind]:
        found[folded(name)] = name
    for name, column in COLUMNS[kind].items():
        for alias in column.aliases:
            found.setdefault(folded(alias), name)
    return found


@cache
def filing_names() -> frozenset[str]:
    """The names a filing may hold in any programme, at the top: what the contract's dotted columns begin with."""
    from .. import places, registry  # noqa: PLC0415  # programmes load only where rows are read

    found = set(_LINE_NAMES)
    for name in registry.names():
        programme = registry.programme(name)
        if name == registry.SELLER_FILE:
            continue
        payloads = import_module(f"{places.package_of(name)}.payloads")
        found |= set(payloads.adapter_of(programme.opening).json_schema().get("properties", {}))
    return frozenset(found)


@cache
def kinds_at(programme: str, path: str) -> frozenset[str]:
    """The JSON types that a filing of a programme may hold at a dotted name; empty when nothing is known of it."""
    from .. import places, registry  # noqa: PLC0415

    found = registry.programme(programme)
    payloads = import_module(f"{places.package_of(programme)}.payloads")
    root: Mapping[str, Any] = payloads.adapter_of(found.opening).json_schema()
    nodes = [root]
    for part in path.split("."):
        inner = [n for node in nodes for n in _branches(node, root)]
        if part.isdigit():
            nodes = [n["items"] for n in inner if "items" in n]
        else:
            nodes = [n["properties"][part] for n in inner if part in n.get("properties", {})]
    return frozenset(str(n["type"]) for node in nodes for n in _branches(node, root) if "type" in n)


def _branches(node: Mapping[str, Any], root: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a schema stands for: the definition it names, and each of its alternatives."""
    if "$ref" in node:
        return _branches(root.get("$defs", {}).get(str(node["$ref"]).rpartition("/")[2], {}), root)
    return [n for one in node.get("anyOf", ()) for n in _branches(one, root)] or [node]


def is_path(header: str) -> bool:
    """Whether a header is a dotted name of the contract, such as ``losses.0.amount``."""
    root, _, rest = header.partition(".")
    parts = rest.split(".") if rest else []
    return root in filing_names() and all((p.isascii() and p.isidentifier()) or p.isdigit() for p in parts)


def known(kind: str, header: str) -> bool:
    """Whether a header means something in this kind of file."""
    return folded(header) in aliases(kind) or (kind == ImportKind.CLAIMS.value and is_path(header))


def is_personal(kind: str, field: str) -> bool:
    """Whether the values of a column are masked in reports; of an unknown column they are."""
    column = COLUMNS[kind].get(field)
    if column is not None:
        return column.personal
    return not is_path(field) or field.partition(".")[0] in _PERSONAL_ROOTS
