"""In which other words do shoppers name an amount?"""

from shopkeeper.knowledge import Unit

UNITS = (
    Unit("kg", {"en": ("kg", "kilo", "kilos"), "zh-Hans": ("公斤", "千克", "kg")}),
    Unit("g", {"en": ("g", "grams", "gram"), "zh-Hans": ("克", "g")}, "kg", 1000.0),
    Unit("cm", {"en": ("cm", "centimetres"), "zh-Hans": ("厘米", "cm", "公分")}, "m", 100.0),
    Unit("mm", {"en": ("mm", "millimetres"), "zh-Hans": ("毫米", "mm")}, "cm", 10.0),
    Unit("m", {"en": ("m", "metres", "metre"), "zh-Hans": ("米", "m")}),
    Unit("ml", {"en": ("ml", "millilitres"), "zh-Hans": ("毫升", "ml")}, "l", 1000.0),
    Unit("l", {"en": ("l", "litres", "litre", "liter"), "zh-Hans": ("升", "L")}),
    Unit("W", {"en": ("w", "watts", "watt"), "zh-Hans": ("瓦", "W")}),
    Unit("h", {"en": ("hours", "h", "hrs"), "zh-Hans": ("小时", "h")}),
    Unit("inch", {"en": ("inch", '"', "in"), "zh-Hans": ("英寸", "寸")}),
    Unit("GB", {"en": ("gb", "gigabytes"), "zh-Hans": ("GB", "G")}, "TB", 1000.0),
    Unit("lm", {"en": ("lumens", "lm"), "zh-Hans": ("流明", "lm")}),
    Unit("mAh", {"en": ("mah",), "zh-Hans": ("毫安", "mAh")}),
    Unit("persons", {"en": ("person", "man", "people"), "zh-Hans": ("人", "人用")}),
    Unit("pieces", {"en": ("pack", "pieces", "pcs"), "zh-Hans": ("件", "片", "个装")}),
    Unit("years", {"en": ("years", "year old"), "zh-Hans": ("岁",)}),
    Unit("°C", {"en": ("degrees", "°c", "celsius"), "zh-Hans": ("度", "°C")}),
    Unit("MP", {"en": ("mp", "megapixels"), "zh-Hans": ("00万像素",)}),
)
