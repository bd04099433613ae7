"""Carts: how they are filled, what they cost, why they are refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from emulators.ovh.world import DEMO
from ovh_sniper.gateways.errors import Kind, Refused, Unreachable
from ovh_sniper.gateways.ovh import Host, Ovh, shelf
from ovh_sniper.tests.buyer import (
    DATACENTERS,
    PLANS,
    account_of,
    best_row,
    empty_cart,
    filled_cart,
    now,
    put_on_sale,
)

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator


def kind_of_refusal(account: Ovh, cart_id: str) -> Kind:
    with pytest.raises(Refused) as caught:
        account.checkout(cart_id)
    return caught.value.kind


# --- Filled


@pytest.mark.parametrize("host", list(Host))
def test_a_cart_is_filled(ovh_emulator: OvhEmulator, host: Host) -> None:
    account = account_of(DEMO[host])
    row = best_row(host)
    subsidiary = account.me().subsidiary
    until = now(ovh_emulator) + timedelta(days=30)
    cart = account.create_cart(subsidiary, "t1-w1", until)
    assert (cart.description, cart.item_ids, cart.is_ordered) == ("t1-w1", (), False)
    assert cart.expires_at == until.replace(microsecond=0)
    account.assign(cart.id)
    item_id = account.add_item(cart.id, row.plan_code)
    offered = {option.plan_code: option for option in account.options(cart.id, row.plan_code)}
    chosen = shelf(host).catalogue(subsidiary).addons_of(row)
    assert chosen is not None
    for family, code in chosen.items():
        assert offered[code].family == family
        assert offered[code].monthly is not None
        account.add_option(cart.id, item_id, code)
    item = account.item(cart.id, item_id)
    assert (item.plan_code, item.duration, item.mode) == (row.plan_code, "P1M", "default")
    options = [account.item(cart.id, number) for number in item.option_ids]
    assert {option.plan_code for option in options} == set(chosen.values())
    assert {option.parent_id for option in options} == {item_id}
    assert set(account.cart(cart.id).item_ids) == {item_id, *item.option_ids}


@pytest.mark.parametrize("host", list(Host))
def test_what_must_be_configured(ovh_emulator: OvhEmulator, host: Host) -> None:
    account = account_of(DEMO[host])
    cart_id = empty_cart(account, account.me().subsidiary)
    item_id = account.add_item(cart_id, PLANS[host])
    labels = {one.label: one for one in account.requirements(cart_id, item_id)}
    assert {"dedicated_datacenter", "dedicated_os", "region"} <= set(labels)
    assert DATACENTERS[host] in labels["dedicated_datacenter"].allowed
    # it says so, and it is not true
    assert not labels["dedicated_datacenter"].is_required


@pytest.mark.parametrize("host", list(Host))
def test_a_quote_is_what_the_catalogue_says(ovh_emulator: OvhEmulator, host: Host) -> None:
    account = account_of(DEMO[host])
    quote = account.quote(filled_cart(account, host))
    catalogue = shelf(host).catalogue(account.me().subsidiary)
    chosen = catalogue.addons_of(best_row(host))
    assert chosen is not None
    price = catalogue.price(PLANS[host], chosen.values(), at=now(ovh_emulator))
    assert price is not None
    assert (quote.currency, quote.without_tax, quote.tax, quote.with_tax) == (
        price.currency,
        price.without_tax,
        price.tax,
        price.with_tax,
    )
    assert quote.with_tax > 0
    assert sum(line.total for line in quote.lines) == quote.without_tax


# --- Refused


def test_sold_out(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    put_on_sale(ovh_emulator, Host.EU, "unavailable")
    assert kind_of_refusal(buyer, filled_cart(buyer, Host.EU)) is Kind.OUT_OF_STOCK


def test_shown_and_yet_refused(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    cart_id = filled_cart(buyer, Host.EU)
    ovh_emulator.fault("ghost")
    assert kind_of_refusal(buyer, cart_id) is Kind.OUT_OF_STOCK
    assert not buyer.cart(cart_id).is_ordered


def test_a_cart_must_be_assigned(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    cart = buyer.create_cart("FR", "", now(ovh_emulator) + timedelta(days=1))
    buyer.add_item(cart.id, PLANS[Host.EU])
    with pytest.raises(Refused) as caught:
        buyer.quote(cart.id)
    assert caught.value.kind is Kind.NOT_ASSIGNED
    assert kind_of_refusal(buyer, cart.id) is Kind.NOT_ASSIGNED


def test_a_datacenter_must_be_set_once(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    cart_id = empty_cart(buyer, "FR")
    item_id = buyer.add_item(cart_id, PLANS[Host.EU])
    assert kind_of_refusal(buyer, cart_id) is Kind.CONFIGURATION_MISSING
    for place in ("gra", "rbx"):
        buyer.configure(cart_id, item_id, "dedicated_datacenter", place)
    assert kind_of_refusal(buyer, cart_id) is Kind.CONFIGURATION_DUPLICATED


def test_a_subsidiary_of_another_host(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    with pytest.raises(Refused) as caught:
        buyer.create_cart("US", "", now(ovh_emulator) + timedelta(days=1))
    assert caught.value.kind is Kind.WRONG_SUBSIDIARY


def test_another_subsidiary_of_the_same_host(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    cart = buyer.create_cart("DE", "", now(ovh_emulator) + timedelta(days=1))
    with pytest.raises(Refused) as caught:
        buyer.assign(cart.id)
    assert caught.value.kind is Kind.CART_GONE


def test_a_cart_that_was_thrown_away(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    cart_id = empty_cart(buyer, "FR")
    buyer.delete_cart(cart_id)
    assert ovh_emulator.carts("eu") == []
    with pytest.raises(Refused) as caught:
        buyer.cart(cart_id)
    assert caught.value.kind is Kind.CART_GONE


def test_a_plan_that_is_not_sold(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    with pytest.raises(Refused) as caught:
        buyer.add_item(empty_cart(buyer, "FR"), "27sk99")
    assert caught.value.kind is Kind.PLAN_UNKNOWN


def test_a_duration_that_is_not_sold_looks_like_an_outage(
    ovh_emulator: OvhEmulator, buyer: Ovh
) -> None:
    with pytest.raises(Unreachable):
        buyer.add_item(empty_cart(buyer, "FR"), PLANS[Host.EU], duration="P7D")


def test_options_left_out_are_filled_with_defaults(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    full = filled_cart(buyer, Host.EU)
    cart_id = empty_cart(buyer, "FR")
    item_id = buyer.add_item(cart_id, PLANS[Host.EU])
    buyer.configure(cart_id, item_id, "dedicated_datacenter", "gra")
    buyer.configure(cart_id, item_id, "dedicated_os", "none_64.en")
    # this is what `item` is for: the quote alone looks whole
    assert buyer.item(cart_id, item_id).option_ids == ()
    assert len(buyer.quote(cart_id).lines) == len(buyer.quote(full).lines)
    assert buyer.quote(cart_id).without_tax < buyer.quote(full).without_tax


def test_a_year_in_advance(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    cart_id = empty_cart(buyer, "FR")
    item_id = buyer.add_item(cart_id, PLANS[Host.EU], duration="P1Y", mode="upfront12", quantity=2)
    item = buyer.item(cart_id, item_id)
    assert (item.duration, item.mode, item.quantity) == ("P1Y", "upfront12", 2)


def test_promotions_are_in_the_price_and_in_the_quote(
    ovh_emulator: OvhEmulator, buyer: Ovh
) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    ovh_emulator.add_promotion("eu", PLANS[Host.EU], "0")
    catalogue = shelf(Host.EU).catalogue("FR")
    chosen = catalogue.addons_of(best_row(Host.EU))
    assert chosen is not None
    price = catalogue.price(PLANS[Host.EU], chosen.values(), at=now(ovh_emulator))
    assert price is not None
    assert price.setup == Decimal(0)
    assert buyer.quote(filled_cart(buyer, Host.EU)).with_tax == price.with_tax
