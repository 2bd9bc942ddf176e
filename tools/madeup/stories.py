"""What was bought and how it went wrong; who bought it."""

from __future__ import annotations

from typing import NamedTuple


class Product(NamedTuple):
    """What was bought, which losses its story makes, how it hurt (or not), and the story."""

    title: str
    heads: tuple[str, ...]
    injury: str
    story: str


#: title | heads of loss | kind of injury | story
STORIES = """
USB-C charger, 65 W, two ports | property_damage | | It melted on the desk and left a burn mark.
Power bank 20000 mAh | property_damage | | It swelled in a drawer and scorched the wood.
Ceramic space heater 1500 W | property_damage medical | trauma | The plug overheated and charred the socket.
Glass baking dish with lid, 3 l | purchase_price medical | trauma | It burst when taken out of the oven.
Pressure cooker, 6 quarts | property_damage medical | trauma | The lid opened under pressure.
Folding step ladder, 5 steps | medical lost_earnings | trauma | A rivet gave way on the third step.
Wall shelf set, oak, 3 pieces | property_damage | | The bracket broke; the shelf fell onto the television.
Braided washing machine hose, 1.5 m | property_damage | | The fitting split and flooded the laundry room.
Under-sink water filter | property_damage | | The housing cracked; cabinet and floor were soaked.
Electric kettle, 1.7 l | property_damage | | It did not cut out and burnt into the worktop.
Hair straightener, ceramic | medical | trauma | The cord sparked at the handle.
Scented candle in glass, 3 wicks | property_damage | | The glass cracked and hot wax ran over the piano.
LED strip lights, 10 m | property_damage | | The adapter smoked and stained wallpaper and curtain.
Television wall mount, up to 75 inch | property_damage | | The arm bent and the television came down.
Bicycle child seat | medical | trauma | A strap buckle broke during a ride.
Vitamin D3 drops, 30 ml | medical lost_earnings | ingestion | Nausea for two days after the first dose.
Nail glue, 5 g | medical | exposure | The skin of two fingers blistered.
Face cream with retinol, 50 ml | medical | exposure | A rash that needed a doctor.
Garden hose reel, 30 m | property_damage | | The coupling burst and flooded the cellar.
Aquarium heater 300 W | property_damage | | It kept heating until the glass cracked.
Electric bicycle battery 48 V | property_damage medical | trauma | It caught fire while charging in the garage.
Hoverboard with lights | property_damage | | The battery smoked in the hall.
Robot vacuum with dock | property_damage | | The dock short-circuited and burnt the carpet.
Baby gate, extra wide | medical | trauma | The latch opened by itself; a fall down four stairs.
Office chair, mesh, black | medical lost_earnings | trauma | The gas lift collapsed.
Blender, 2 l glass jar | property_damage medical | trauma | The jar shattered while running.
Humidifier, 4 l | property_damage | | It leaked over night into the floor boards.
桌面加湿器（静音） | property_damage | | 漏水，书桌和笔记本电脑受损。
儿童护眼台灯 LED | property_damage | | 灯座过热，桌面烧焦。
陶瓷炖锅 3L「家用」 | property_damage | | 加热时锅底开裂，灶台进水。
Wasserkocher mit Temperaturwahl, 1,7 l | property_damage medical | trauma | Der Deckel sprang auf.
Lampe à pince « Céleste » | property_damage | | La douille a fondu sur l'étagère.
Tostapane a due fette | property_damage | | Si è incendiato e ha annerito il pensile.
加熱式アイマスク | medical | trauma | 低温やけどで通院した。
Szklany czajnik z podświetleniem | property_damage medical | trauma | Szkło pękło przy wrzeniu.
"""


def products() -> tuple[Product, ...]:
    """The table above, read."""
    rows = [[cell.strip() for cell in row.split("|")] for row in STORIES.strip().splitlines()]
    return tuple(Product(title, tuple(heads.split()), injury, story) for title, heads, injury, story in rows)


PRODUCTS = products()

FIRST = (
    "Alma", "Bao", "Carla", "Dmitri", "Elif", "Femi", "Greta", "Hana", "Imran", "Jonas", "Kaia", "Luis", "Mei", "Nils",
    "Oona", "Priya", "Quentin", "Rosa", "Søren", "Tomás", "Uma", "Vera", "Wanda", "Ximena", "Yusuf", "Zoë", "晓雨",
    "志强",
)  # fmt: skip
FAMILY = ("Example", "Sample", "Muster", "Placeholder", "Doe", "Nobody", "示例", "Specimen")
