"""From a cart to priced lines, with the refusals that come late: at the quote or the checkout."""

from collections import Counter
from dataclasses import dataclass

from emulators.ovh.carts import plan_of
from emulators.ovh.items import market_of_cart, price_rows, sold_as
from emulators.ovh.models import Cart, Item, Line
from emulators.ovh.money import CENT, show, tax_of
from emulators.ovh.parts import describe
from emulators.ovh.plans import Addon, Plan
from emulators.ovh.pricing import Price, find_terms
from emulators.ovh.state import State
from emulators.ovh.wire import ApiError
from emulators.wsgi import Json

CONTRACTS = {
    "eu": ("General terms of service", "Dedicated server special conditions\t", "Data processing"),
    "ca": ("General terms of service", "Dedicated server special conditions\t", "Data processing"),
    "us": ("Terms of service", "Service specific terms\t", "AUP", "Privacy notice", "DPA\t"),
}


@dataclass(frozen=True, slots=True)
class Server:
    """One plan item with the parts it will really be built of."""

    item: Item
    plan: Plan
    parts: tuple[tuple[Addon, Item | None], ...]  # None: filled in by default
    datacenter: str

    @property
    def fqn(self) -> str:
        """The configuration in the stock list."""
        names = dict.fromkeys(("memory", "storage", "system-storage"), "")
        for addon, _ in self.parts:
            for name in names:
                if addon in self.plan.family(name):
                    names[name] = addon.product
        pieces = (self.plan.code, *names.values(), self.plan.gpu)
        return ".".join(piece for piece in pieces if piece)

    def refusal(self) -> ApiError:
        """Sold out."""
        return ApiError(400, f"{self.plan.code} is not available in {self.datacenter}")


def servers_of(cart: Cart) -> list[Server]:
    """What a cart orders, checked as late as the real API checks it; raises ApiError 400."""
    if not cart.owner:
        raise ApiError(400, "This cart hasn't been assigned yet")
    top = [item for item in cart.items.values() if item.parent is None]
    if not top:
        raise ApiError(400, "This cart is empty")
    return [read_server(cart, item) for item in top]


def read_server(cart: Cart, item: Item) -> Server:
    """One plan item of a cart; raises ApiError 400."""
    plan = plan_of(cart, item)
    labels = Counter(label for label, _ in item.configuration.values())
    for label, count in labels.items():
        if count > 1:
            raise ApiError(400, f"Custom field {label} is duplicated for product {plan.code}")
    if "dedicated_datacenter" not in labels:
        raise ApiError(
            400, "in customFields there must be a field with name 'dedicated_datacenter'"
        )
    if "dedicated_os" not in labels:
        raise ApiError(400, f"Custom field dedicated_os is mandatory for product {plan.code}")
    datacenter = dict(item.configuration.values())["dedicated_datacenter"]
    return Server(item, plan, tuple(chosen_parts(cart, item, plan)), datacenter)


def chosen_parts(cart: Cart, item: Item, plan: Plan) -> list[tuple[Addon, Item | None]]:
    """Options of an item; mandatory families that were left out get their default."""
    parts: list[tuple[Addon, Item | None]] = []
    options = [cart.items[number] for number in item.options]
    for family in plan.families:
        codes = {addon.code: addon for addon in family.addons}
        picked = [
            (codes[option.plan_code], option) for option in options if option.plan_code in codes
        ]
        if family.is_exclusive and len(picked) > 1:
            raise ApiError(400, f"Option family {family.name} is exclusive for product {plan.code}")
        parts.extend(picked)
        if not picked and family.default is not None:
            parts.append((family.default, None))
    return parts


def lines_of(state: State, cart: Cart, servers: list[Server]) -> list[Line]:
    """Priced lines: setup and first period of each plan, first period of each option."""
    lines = []
    for at, server in enumerate(servers):
        found = item_lines(state, cart, server, server.item)
        for number, (addon, option) in enumerate(server.parts, 1):
            for line in item_lines(state, cart, server, option or stand_in(server.item, addon)):
                line.option = number
                found.append(line)
        for line in found:
            line.server = at
        lines += found
    return lines


def stand_in(item: Item, addon: Addon) -> Item:
    """What the cart would hold had the default been chosen."""
    return Item(item.id, addon.code, item.duration, item.mode, item.quantity, parent=item.id)


def item_lines(state: State, cart: Cart, server: Server, item: Item) -> list[Line]:
    """One or two lines of an item."""
    sold = sold_as(cart, item)
    terms = find_terms(price_rows(state, cart, sold), item.duration, item.mode)
    if terms is None:
        raise ApiError(503, "Service is temporarily unavailable")
    is_plan = isinstance(sold, Plan)
    label = sold.label if isinstance(sold, Plan) else describe(sold.product)
    percent = max((state.coupons.get(coupon, 0) for coupon in cart.coupons), default=0)
    lines = []
    for price, kind in zip(terms, ("INSTALLATION", "DURATION"), strict=True):
        if kind == "INSTALLATION" and not is_plan and not price.before:
            continue  # only plans show a free setup
        lines.append(
            Line(
                item_id=item.id,
                plan_code=item.plan_code,
                description=describe_line(label, kind, price),
                kind=kind,
                quantity=item.quantity,
                unit=price.after * (100 - percent) // 100 // CENT * CENT,
                unit_before=price.before,
                product=sold.product,
                duration=item.duration,
                mode=item.mode,
                configuration=list(server.item.configuration.values()) if is_plan else [],
            )
        )
    return lines


def describe_line(label: str, kind: str, price: Price) -> str:
    """`KS-15 | AMD Ryzen 5600 - Installation fees`."""
    if kind == "INSTALLATION":
        return f"{label} - Installation fees"
    months = price.term.months
    return f"{label} - {months} month{'s' if months > 1 else ''}"


def show_quote(cart: Cart, lines: list[Line]) -> Json:
    """An Order without id and url."""
    market = market_of_cart(cart)
    without_tax = sum(line.total for line in lines)
    before = sum(line.before for line in lines)
    tax = tax_of(without_tax, market)
    amounts = {
        "withoutTax": without_tax,
        "tax": tax,
        "withTax": without_tax + tax,
        "originalWithoutTax": before,
        "reduction": before - without_tax,
    }
    return {
        "orderId": None,
        "url": None,
        "prices": {name: show(amount, market) for name, amount in amounts.items()},
        "details": [
            {
                "cartItemID": line.item_id,
                "description": line.description,
                "detailType": line.kind,
                "domain": "*",
                "quantity": line.quantity,
                "unitPrice": show(line.unit, market),
                "totalPrice": show(line.total, market),
                "originalTotalPrice": show(line.before, market),
                "reductionTotalPrice": show(line.before - line.total, market),
                "reductions": reductions(line, cart),
            }
            for line in lines
        ],
        "contracts": [
            {
                "name": name,
                "url": f"https://contracts.example/{cart.host}/{at}.pdf",
                "content": name.strip(),
            }
            for at, name in enumerate(CONTRACTS[cart.host], 1)
        ],
    }


def reductions(line: Line, cart: Cart) -> list[Json]:
    """What made a line cheaper."""
    if line.before == line.total:
        return []
    market = market_of_cart(cart)
    return [
        {
            "context": "voucher" if cart.coupons else "promotion",
            "description": "Reduction",
            "price": show(line.total, market),
            "type": "fixed_amount",
            "value": show(line.before - line.total, market),
        }
    ]
