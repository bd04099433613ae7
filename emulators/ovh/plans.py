"""What is sold: plans with their families of addons."""

from dataclasses import dataclass

from emulators.ovh.parts import Cpu, addon_code


@dataclass(frozen=True, slots=True)
class Addon:
    """One orderable option. `month` is in 1e-8 currency units at list price, without tax."""

    code: str
    product: str
    month: int


@dataclass(frozen=True, slots=True)
class Family:
    """Options of one kind; the first one is the default of a mandatory family."""

    name: str
    addons: tuple[Addon, ...]
    mandatory: bool = True

    @property
    def is_exclusive(self) -> bool:
        """An order takes at most one addon of the family."""
        return not self.name.endswith("-license")

    @property
    def default(self) -> Addon | None:
        """What an order gets when it names nothing."""
        return self.addons[0] if self.mandatory else None


@dataclass(frozen=True, slots=True)
class Plan:
    """One commercial plan. A plan without a price is sold on quotation: it stands in the stock
    list and in no catalogue."""

    code: str
    product: str
    name: str
    cpu: Cpu
    families: tuple[Family, ...]
    datacenters: tuple[str, ...]
    month: int
    most: int = 10  # per cart
    line: str | None = None  # kimsufi, soyoustart, rise, advance
    gpu: str | None = None

    @property
    def label(self) -> str:
        """`KS-15 | AMD Ryzen 5600`."""
        return f"{self.name} | {self.cpu.label}"

    @property
    def is_sold(self) -> bool:
        """It has a public price."""
        return self.month > 0

    def family(self, name: str) -> tuple[Addon, ...]:
        """Addons of one family, none when the plan lacks it."""
        return next((family.addons for family in self.families if family.name == name), ())

    def find(self, code: str) -> tuple[Family, Addon] | None:
        """The addon with this code and its family."""
        for family in self.families:
            for addon in family.addons:
                if addon.code == code:
                    return family, addon
        return None


def family_of(
    name: str, suffix: str, parts: dict[str, int], *, mandatory: bool = True, short: bool = False
) -> Family:
    """A family from part names and monthly prices."""
    addons = (
        Addon(addon_code(part, suffix, short_memory=short), part, month)
        for part, month in parts.items()
    )
    return Family(name, tuple(addons), mandatory)
