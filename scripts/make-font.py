"""Makes fonts/DejaVuSans.ttf: the part of DejaVu Sans that labels need, so that PNGs have text on machines without fonts.

Usage: python scripts/make-font.py path/to/DejaVuSans.ttf   (version 2.37; needs fonttools)
"""
import sys

from fontTools import subset

ranges = [
    (0x20, 0x7E), (0xA0, 0x17F),                    # Latin
    (0x370, 0x3FF), (0x400, 0x45F),                 # Greek, Cyrillic
    (0x2010, 0x2027), (0x2030, 0x205E),             # dashes, quotation marks, double bars
    (0x2070, 0x209F), (0x20AC, 0x20AC),             # superscripts, subscripts, euro
    (0x2190, 0x2193), (0x2200, 0x2265),             # arrows, mathematics
    (0xFFFD, 0xFFFD),                               # the sign for what cannot be shown
]  # fmt: skip
options = subset.Options(hinting=False, layout_features=["kern"], notdef_outline=True)
font = subset.load_font(sys.argv[1], options)
subsetter = subset.Subsetter(options)
subsetter.populate(unicodes=[code for first, last in ranges for code in range(first, last + 1)])
subsetter.subset(font)
font.recalcTimestamp = False
subset.save_font(font, "fonts/DejaVuSans.ttf", options)
