"""The price categories of generated plans."""

from rowlock.seating.model import Category

VIP = Category("VIP", "#7a3ff2")
PREMIUM = Category("Premium", "#c2410c")
REGULAR = Category("Regular", "#1d6fd8")
ECONOMY = Category("Economy", "#0f8a5f")
CATEGORIES = (VIP, PREMIUM, REGULAR, ECONOMY)
