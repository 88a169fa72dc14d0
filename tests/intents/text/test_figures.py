import pytest

from intents.text.figures import NAMED_DAYS, in_figures
from intents.text.spoken import tokens


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("for a fortnight", "for 2 weeks"),
        ("a couple of bags", "2 bags"),
        ("twelve months", "1 year"),
        ("on december the twenty sixth", "on boxingday"),
        ("on boxing day", "on boxingday"),
        ("ten grand", "10000"),
        ("1.5 million", "1500000"),
        ("form p60", "form 60"),
        ("november's bill", "november bill"),
        ("twice", "2 times"),
        ("eight weeks", "2 months"),
        ("30 days", "1 month"),
        ("48 hours", "2 days"),
        ("24 hours", "24 hours"),
        ("0 minutes", "0 minutes"),
        ("a fiver", "5 pounds"),
        ("one tenth more", "10 percent more"),
        ("half a day", "12 hours"),
        ("an hour and a half", "90 minutes"),
        ("one and a half hours", "90 minutes"),
        ("1.6 litres", "1600 milliliters"),
        ("1600 cc", "1600 milliliters"),
        ("one metre eighty", "180 centimeters"),
        ("2 meters", "2 meters"),
        ("sixty gigs", "60 gigabytes"),
        ("twenty quid", "20 pounds"),
        ("five k", "5000"),
        ("before midday", "in morning"),
        ("the day after christmas", "the boxingday"),
        ("quarterly", "every 3 months"),
        ("the under fives", "the under 5"),
        ("which ones", "which ones"),
        ("a couple of hundred pounds", "200 pounds"),
        ("three quarters of an hour", "45 minutes"),
        ("two dozen", "24"),
        ("seven nights", "1 week"),
        ("the under 12s", "the under 12"),
        ("do oh 800 lines cost", "do 0800 lines cost"),
        ("3.5 tonnes", "3500 kilograms"),
        ("nothing here", "nothing here"),
    ],
)
def test_in_figures(said: str, meant: str) -> None:
    assert in_figures(tokens(said)) == tuple(meant.split())


def test_named_days() -> None:
    assert {"boxingday", "christmaseve"} <= NAMED_DAYS
    assert not NAMED_DAYS & {"midnight", "christmas", "yesterday"}
